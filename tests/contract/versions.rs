//! Published versions and aliases: their life, their code, and many who change them at once.

use std::thread;

use serde_json::{Value, json};
use sparkler_tests::lambda::{ARN_PREFIX, invocation};
use sparkler_tests::{Connection, Function, Reply, Request, TestHost, guests, wat};

use super::assert_refused;

#[track_caller]
fn call(method: &str, path: &str, body: &Value) -> Reply {
    TestHost::shared().lambda().call(method, path, body)
}

#[track_caller]
fn get(path: &str) -> Value {
    let reply = call("GET", path, &json!({}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[track_caller]
fn publish(function: &Function<'_>) -> Value {
    let reply = call("POST", &format!("{}/versions", function.name()), &json!({}));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// Gives `$LATEST` another description, so that there is something to publish.
#[track_caller]
fn change(function: &Function<'_>, description: &str) {
    let path = format!("{}/configuration", function.name());
    let reply = call("PUT", &path, &json!({ "Description": description }));
    assert_eq!(reply.status, 200, "{}", reply.text());
    TestHost::shared().settled(function.name());
}

#[track_caller]
fn alias(function: &Function<'_>, name: &str, version: &str) -> Value {
    let wanted = json!({ "Name": name, "FunctionVersion": version });
    let reply = call("POST", &format!("{}/aliases", function.name()), &wanted);
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// What a qualifier answers, and the version that ran.
#[track_caller]
fn answer(function: &Function<'_>, qualifier: &str, event: &str) -> (String, String) {
    let name = format!("{}:{qualifier}", function.name());
    let reply = TestHost::shared().lambda().invoke(&name, event);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let executed = reply.header("x-amz-executed-version").unwrap_or_default();
    (reply.text().to_owned(), executed.to_owned())
}

#[track_caller]
fn download(configured: &Value) -> Reply {
    let host = TestHost::shared().address();
    let location = configured["Code"]["Location"].as_str().expect("a location");
    let target = location.replacen(&format!("http://{host}"), "", 1);
    Request::new("GET", target).send(host)
}

/// The component with a custom section, so that no other function has the same package.
fn with_note(component: &[u8], note: &[u8]) -> Vec<u8> {
    let length = u8::try_from(note.len()).expect("a short note");
    [component, &[0, length + 1, length], note].concat()
}

#[test]
fn a_version_goes_on_as_it_was_published_and_its_code_lives_as_long() {
    let host = TestHost::shared();
    let first = with_note(&wat::guest("answer_of_size.wat"), b"versions");
    let function = host.deploy(first.clone());
    let name = function.name();
    assert_eq!(
        publish(&function)["FunctionArn"],
        format!("{ARN_PREFIX}{name}:1")
    );
    alias(&function, "live", "1");
    assert_eq!(host.lambda().update_code(name, guests::echo()).status, 200);
    host.settled(name);
    assert_eq!(publish(&function)["Version"], "2");
    for (qualifier, text, executed) in [
        ("$LATEST", "2", "$LATEST"),
        ("1", "11", "1"),
        ("2", "2", "2"),
        ("live", "11", "1"),
    ] {
        let expected = (text.to_owned(), executed.to_owned());
        assert_eq!(answer(&function, qualifier, "2"), expected, "{qualifier}");
    }
    let configured = get(&format!("{name}?Qualifier=live"));
    assert_eq!(
        configured["Configuration"]["FunctionArn"],
        format!("{ARN_PREFIX}{name}:live")
    );
    assert!(download(&configured).body == first, "another package");

    let version = format!("{name}?Qualifier=1");
    assert_refused(
        &call("DELETE", &version, &json!({})),
        409,
        "ResourceConflictException",
        "aliases reference it: [live]",
    );
    let moved = call(
        "PUT",
        &format!("{name}/aliases/live"),
        &json!({ "FunctionVersion": "2" }),
    );
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(answer(&function, "live", "2").1, "2");
    assert_eq!(call("DELETE", &version, &json!({})).status, 204);
    assert_eq!(
        download(&configured).status,
        404,
        "its code is gone with it"
    );
    assert_refused(
        &host.lambda().invoke(&format!("{name}:1"), "2"),
        404,
        "ResourceNotFoundException",
        &format!("Function not found: {ARN_PREFIX}{name}:1"),
    );
}

#[test]
fn an_alias_with_weights_sends_each_version_its_share() {
    const CALLERS: u32 = 4;
    const CALLS: u32 = 500;
    let function = TestHost::shared().deploy(guests::echo());
    publish(&function);
    change(&function, "changed");
    publish(&function);
    let wanted = json!({
        "Name": "split",
        "FunctionVersion": "1",
        "RoutingConfig": { "AdditionalVersionWeights": { "2": 0.2 } },
    });
    let made = call("POST", &format!("{}/aliases", function.name()), &wanted);
    assert_eq!(made.status, 201, "{}", made.text());
    let name = format!("{}:split", function.name());
    let second: u32 = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| runs_of_second(&name, CALLS)))
            .collect();
        let runs = callers.into_iter().map(|caller| caller.join());
        runs.map(|runs| runs.expect("answers")).sum()
    });
    let share = f64::from(second) / f64::from(CALLERS * CALLS);
    // Six standard deviations: one run in some hundred million is outside.
    assert!((share - 0.2).abs() < 0.054, "{share}");
}

fn runs_of_second(name: &str, calls: u32) -> u32 {
    let mut connection = Connection::open(TestHost::shared().address());
    let request = invocation(name, "{}");
    (0..calls)
        .map(|_| {
            let reply = connection.exchange(&request);
            match reply.header("x-amz-executed-version") {
                Some("1") => 0,
                Some("2") => 1,
                other => panic!("{other:?}: {}", reply.text()),
            }
        })
        .sum()
}

/// What each of many got who sent the same request in the same moment.
fn at_once(method: &str, path: &str, body: &Value) -> Vec<u16> {
    thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| call(method, path, body).status))
            .collect();
        let statuses = writers.into_iter().map(|writer| writer.join());
        statuses.map(|status| status.expect("an answer")).collect()
    })
}

#[track_caller]
fn assert_one_wins(statuses: &[u16], losses: &[u16]) {
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(won, 1, "{statuses:?}");
    let lost = statuses.iter().filter(|status| losses.contains(status));
    assert_eq!(lost.count(), statuses.len() - 1, "{statuses:?}");
}

#[test]
fn of_many_who_change_an_alias_from_one_revision_one_succeeds() {
    let function = TestHost::shared().deploy(guests::echo());
    publish(&function);
    let mut alias = alias(&function, "contested", "1");
    let path = format!("{}/aliases/contested", function.name());
    for round in 0..10 {
        let description = format!("round {round}");
        let change = json!({ "Description": description, "RevisionId": alias["RevisionId"] });
        assert_one_wins(&at_once("PUT", &path, &change), &[412]);
        let after = get(&path);
        assert_ne!(after["RevisionId"], alias["RevisionId"]);
        assert_eq!(after["Description"], description);
        alias = after;
    }
}

#[test]
fn of_many_who_change_settings_from_one_revision_one_succeeds() {
    let function = TestHost::shared().deploy(guests::echo());
    let path = format!("{}/configuration", function.name());
    for round in 0..5 {
        let before = get(&path);
        let description = format!("round {round}");
        let change = json!({ "Description": description, "RevisionId": before["RevisionId"] });
        // While the winner's update goes on the others are told so, and afterwards that they are late.
        assert_one_wins(&at_once("PUT", &path, &change), &[409, 412]);
        TestHost::shared().settled(function.name());
        assert_eq!(get(&path)["Description"], description);
    }
}

#[test]
fn of_many_who_publish_the_same_all_get_one_version() {
    let function = TestHost::shared().deploy(guests::echo());
    let path = format!("{}/versions", function.name());
    assert_eq!(at_once("POST", &path, &json!({})), [201; 8]);
    let listed = get(&path);
    assert_eq!(
        listed["Versions"].as_array().map(Vec::len),
        Some(2),
        "{listed}"
    );
}

#[test]
fn what_was_written_is_what_is_read_next() {
    let function = TestHost::shared().deploy(guests::echo());
    let name = function.name();
    for round in 1..=5 {
        change(&function, &format!("round {round}"));
        let published = publish(&function);
        let number = published["Version"].as_str().expect("a number").to_owned();
        assert_eq!(number, round.to_string());
        assert_eq!(get(&format!("{name}:{number}/configuration")), published);
        let listed = get(&format!("{name}/versions"));
        let last = listed["Versions"].as_array().and_then(|all| all.last());
        assert_eq!(
            last.map(|last| &last["Version"]),
            Some(&published["Version"])
        );
        let made = alias(&function, &format!("alias-{round}"), &number);
        assert_eq!(get(&format!("{name}/aliases/alias-{round}")), made);
        assert_eq!(answer(&function, &format!("alias-{round}"), "{}").1, number);
    }
}
