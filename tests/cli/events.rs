//! Asynchronous events and the process that keeps them: nothing accepted is lost, and a person can see
//! what is left.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};
use sparkler_tests::lambda::event;
use sparkler_tests::{Connection, Request, Server, guests};

use crate::{Workbench, assert_fails, assert_succeeds};

/// Events of the test that kills the server.
const EVENTS: u64 = 1_500;

const AT_ONCE: [&str; 2] = ["--event-retry-delays", "0ms,0ms"];

fn failing() -> String {
    json!({ "do": "fail", "type": "Sad", "message": "no luck" }).to_string()
}

/// Sends events over several connections and gives their request ids.
#[track_caller]
fn send(server: &Server, function: &str, payload: &str, events: u64) -> BTreeSet<String> {
    let connections = 10;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(server.address);
                    let request = event(function, payload);
                    let ids = (0..events / connections).map(|_| {
                        let reply = connection.exchange(&request);
                        assert_eq!(reply.status, 202, "{}", reply.text());
                        let id = reply.header("x-amzn-requestid");
                        id.expect("a request id").to_owned()
                    });
                    ids.collect::<Vec<_>>()
                })
            })
            .collect();
        let ids = threads.into_iter().map(|thread| thread.join());
        ids.flat_map(|ids| ids.expect("answers")).collect()
    })
}

#[track_caller]
fn page(server: &Server, query: &str) -> Value {
    Request::new("GET", format!("/sparkler/events{query}"))
        .send(server.address)
        .json()
}

/// The counts, as soon as they are `wanted`.
#[track_caller]
fn counts(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut connection = Connection::open(server.address);
    let request = Request::new("GET", "/sparkler/events?after=9000000000");
    loop {
        let counts = connection.exchange(&request).json()["counts"].clone();
        if wanted(&counts) {
            return counts;
        }
        thread::yield_now();
    }
}

fn dead(counts: &Value) -> u64 {
    counts["dead"].as_u64().expect("a count")
}

/// The request ids of all dead events, each as often as it is there.
fn dead_ids(server: &Server) -> Vec<String> {
    let (mut ids, mut query) = (Vec::new(), "?state=dead".to_owned());
    loop {
        let page = page(server, &query);
        let events = page["events"].as_array().expect("a list");
        ids.extend(events.iter().map(|event| {
            let id = event["requestId"].as_str();
            id.expect("a request id").to_owned()
        }));
        match page["next"].as_str() {
            Some(next) => query = format!("?state=dead&after={next}"),
            None => return ids,
        }
    }
}

#[test]
fn no_accepted_event_is_lost_when_the_server_is_killed_while_they_run() {
    let bench = Workbench::new();
    let data = bench.text("data");
    // Long enough that the last event has not died when its answer is there.
    let arguments = ["--data-dir", &data, "--event-retry-delays", "2s,500ms"];
    let mut server = Server::start(arguments);
    server.deploy("sad", guests::behaviours(), &[]);
    let accepted = send(&server, "sad", &failing(), EVENTS);
    for kill in 0..5 {
        let reached = counts(&server, |counts| dead(counts) >= kill * EVENTS / 6);
        assert!(
            dead(&reached) < EVENTS,
            "all had ended before it was killed"
        );
        server.kill();
        server = Server::start(arguments);
    }
    counts(&server, |counts| dead(counts) == EVENTS);
    let dead = dead_ids(&server);
    assert_eq!(dead.len(), accepted.len());
    assert_eq!(dead.into_iter().collect::<BTreeSet<_>>(), accepted);
}

#[test]
fn events_that_wait_outlive_a_server_that_is_asked_to_leave() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    server.deploy("sad", guests::behaviours(), &[]);
    let accepted = send(&server, "sad", &failing(), 10);
    counts(&server, |counts| counts["retrying"] == 10);
    assert!(server.stop().success());

    let server = Server::start(data_dir);
    let waiting = page(&server, "");
    assert_eq!(waiting["counts"]["retrying"], 10);
    let events = waiting["events"].as_array().expect("a list");
    for event in events {
        let id = event["requestId"].as_str().unwrap_or_default();
        assert!(accepted.contains(id), "{id}");
        assert_eq!(event["invokeCount"], 1);
    }
}

#[test]
fn dead_letters_become_files_and_dead_events_are_managed_by_command() {
    let bench = Workbench::new();
    let server = Server::start([
        "--ephemeral",
        AT_ONCE[0],
        AT_ONCE[1],
        "--destinations",
        &bench.text("out"),
    ]);
    server.deploy("sad", guests::behaviours(), &[]);
    send(&server, "sad", &failing(), 10);
    counts(&server, |counts| dead(counts) == 10);

    let list = server.run(["events", "list", "--function", "sad"]);
    assert_succeeds(&list);
    assert!(list.stderr.contains("10 dead"), "{}", list.stderr);
    assert_eq!(list.stdout.lines().count(), 11, "{}", list.stdout);
    assert!(list.stdout.contains("no luck"), "{}", list.stdout);
    let json = server.run(["events", "list", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let id = json["events"][0]["id"].as_str().expect("an id");

    let purged = server.run(["events", "purge", "--id", id]);
    assert_succeeds(&purged);
    assert!(
        purged.stderr.contains("1 dead event removed"),
        "{}",
        purged.stderr
    );

    let letters = json!({ "DeadLetterConfig":
        { "TargetArn": "arn:aws:sqs:us-east-1:123456789012:letters" } });
    assert_eq!(server.lambda().update_settings("sad", &letters).status, 200);
    let settled = server.run([
        "deploy",
        "sad",
        &bench.file("sad.wasm", guests::behaviours()),
    ]);
    assert_succeeds(&settled);
    let redriven = server.run(["events", "redrive", "--all"]);
    assert_succeeds(&redriven);
    assert!(
        redriven.stderr.contains("9 dead events"),
        "{}",
        redriven.stderr
    );
    counts(&server, |counts| {
        ["running", "waiting", "retrying", "delivering", "dead"]
            .iter()
            .all(|member| counts[member] == 0)
    });
    let letters = std::fs::read_dir(bench.path("out").join("letters")).expect("a folder");
    assert_eq!(letters.count(), 9);
}

#[test]
fn commands_about_events_say_what_they_need() {
    let server = Server::ephemeral();
    let list = server.run(["events", "list"]);
    assert_succeeds(&list);
    assert!(list.stderr.contains("0 dead"), "{}", list.stderr);
    let unselected = server.run(["events", "purge"]);
    assert_fails(&unselected, 2, &["--all", "--function"]);
    let none = server.run(["events", "redrive", "--all"]);
    assert_succeeds(&none);
    assert!(none.stderr.contains("no dead event"), "{}", none.stderr);
    let missing = server.run(["events", "purge", "--id", "99"]);
    assert_fails(&missing, 1, &["\"99\"", "sparkler events list"]);
    let refused = server.run(["events", "redrive", "--function", "a b"]);
    assert_fails(&refused, 1, &["is not the name of a function"]);
}
