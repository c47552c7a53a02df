//! What is attached to a function, on real sockets and under writers that meet.

use serde_json::{Value, json};
use sparkler_tests::lambda::ARN_PREFIX;
use sparkler_tests::{NewFunction, Reply, Request, TestHost, guests};

use super::{assert_refused, behaviours};

fn call(method: &str, target: &str, body: &Value) -> Reply {
    Request::new(method, target)
        .header("Content-Type", "application/json")
        .body(body.to_string())
        .send(TestHost::shared().address())
}

fn get(target: &str) -> Reply {
    Request::new("GET", target).send(TestHost::shared().address())
}

fn tags_of(function: &str) -> String {
    let arn = format!("{ARN_PREFIX}{function}").replace(':', "%3A");
    format!("/2017-03-31/tags/{arn}")
}

fn policy_of(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/policy")
}

fn grant(statement: usize) -> Value {
    json!({
        "StatementId": format!("statement-{statement}"),
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    })
}

/// Sends one request from each of eight threads at once.
fn at_once(send: impl Fn(usize) -> Reply + Sync) -> Vec<Reply> {
    std::thread::scope(|scope| {
        let sending: Vec<_> = (0..8)
            .map(|number| {
                let send = &send;
                scope.spawn(move || send(number))
            })
            .collect();
        let replies = sending.into_iter().map(|sent| sent.join());
        replies.map(|reply| reply.expect("an answer")).collect()
    })
}

#[test]
fn tags_of_many_writers_are_all_kept() {
    let function = TestHost::shared().deploy(guests::echo());
    let target = tags_of(function.name());
    let replies = at_once(|writer| {
        let tags = json!({ "Tags": { format!("writer-{writer}"): "was here" } });
        call("POST", &target, &tags)
    });
    for reply in replies {
        assert_eq!((reply.status, reply.text()), (204, ""));
    }
    let tags = get(&target).json()["Tags"].clone();
    assert_eq!(tags.as_object().map(|tags| tags.len()), Some(8), "{tags}");
    let found = TestHost::shared().lambda().get(function.name()).json();
    assert_eq!(found["Tags"], tags);
    assert_eq!(function.invoke("[1]").text(), "[1]");
}

#[test]
fn of_writers_that_have_read_the_same_policy_one_wins() {
    let function = TestHost::shared().deploy(guests::echo());
    let target = policy_of(function.name());
    assert_eq!(call("POST", &target, &grant(100)).status, 201);
    let read = get(&target).json()["RevisionId"].clone();
    let replies = at_once(|writer| {
        let mut grant = grant(writer);
        grant["RevisionId"] = read.clone();
        call("POST", &target, &grant)
    });
    let (won, lost): (Vec<Reply>, Vec<Reply>) =
        replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(won.len(), 1);
    for reply in lost {
        let text = "Call the GetPolicy API to retrieve the latest Revision Id";
        assert_refused(&reply, 412, "PreconditionFailedException", text);
    }
    let policy = get(&target).json()["Policy"].clone();
    let policy: Value =
        serde_json::from_str(policy.as_str().expect("a text")).expect("a policy is JSON");
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_policy_cannot_grow_without_bound() {
    let function = TestHost::shared().deploy(guests::echo());
    let target = policy_of(function.name());
    let refused = (0..200).find_map(|statement| {
        let mut grant = grant(statement);
        grant["SourceArn"] = format!("arn:aws:events:::{}", "r".repeat(1_000)).into();
        let reply = call("POST", &target, &grant);
        (reply.status != 201).then_some(reply)
    });
    let refused = refused.expect("200 statements of a kilobyte are too many");
    let text = "is bigger than the limit (20480).";
    assert_refused(&refused, 400, "PolicyLengthExceededException", text);
    assert!(
        get(&target).json()["Policy"]
            .as_str()
            .expect("a text")
            .len()
            <= 20 * 1024
    );
}

#[test]
fn records_go_to_functions_that_exist() {
    let host = TestHost::shared();
    let (function, other) = (host.deploy(guests::echo()), host.deploy(guests::echo()));
    let target = format!(
        "/2019-09-25/functions/{}/event-invoke-config",
        function.name()
    );
    let to = |name: &str| {
        let arn = format!("{ARN_PREFIX}{name}");
        json!({ "DestinationConfig": { "OnFailure": { "Destination": arn } } })
    };
    let reply = call("PUT", &target, &to(other.name()));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(
        get(&target).json()["DestinationConfig"],
        json!({
            "OnSuccess": {},
            "OnFailure": { "Destination": format!("{ARN_PREFIX}{}", other.name()) },
        })
    );
    let name = "InvalidParameterValueException";
    let text = "You can't specify the function as a destination for itself.";
    assert_refused(&call("PUT", &target, &to(function.name())), 400, name, text);
    let text = format!("The destination ARN {ARN_PREFIX}nowhere is invalid.");
    assert_refused(&call("PUT", &target, &to("nowhere")), 400, name, &text);
}

#[test]
fn a_guest_is_told_for_which_tenant_it_runs() {
    let host = TestHost::shared();
    let name = "isolated-by-tenant";
    let mut new = NewFunction::new(name, guests::behaviours()).request();
    new["TenancyConfig"] = json!({ "TenantIsolationMode": "PER_TENANT" });
    let made = call("POST", "/2015-03-31/functions", &new);
    assert_eq!(made.status, 201, "{}", made.text());
    host.settled(name);
    let invoke = |name: &str, tenant: Option<&str>| {
        let target = format!("/2015-03-31/functions/{name}/invocations");
        let request = Request::new("POST", target).body(json!({ "do": "context" }).to_string());
        match tenant {
            Some(tenant) => request.header("X-Amz-Tenant-Id", tenant),
            None => request,
        }
        .send(host.address())
    };
    for tenant in ["blue", "green"] {
        let reply = invoke(name, Some(tenant));
        assert_eq!(reply.json()["tenant_id"], tenant, "{}", reply.text());
    }
    let refused = "InvalidParameterValueException";
    let text = "is enabled with tenancy configuration";
    assert_refused(&invoke(name, None), 400, refused, text);
    let text = "is not enabled with tenancy configuration";
    let shared = behaviours().name();
    assert_refused(&invoke(shared, Some("blue")), 400, refused, text);
}
