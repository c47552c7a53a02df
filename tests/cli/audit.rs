//! Who has changed what on a server, and who was refused, as `sparkler audit` tells it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread;

use serde_json::Value;
use sparkler_tests::key::Key;
use sparkler_tests::server::{Ended, ended, run, sparkler};
use sparkler_tests::{Request, Server, guests};

use crate::{Workbench, assert_fails, assert_succeeds};

/// What the server says to a command that is signed with this key.
#[track_caller]
fn by(key: &Key, server: &Server, arguments: &[&str]) -> Ended {
    let mut command = sparkler();
    command
        .args(arguments)
        .arg("--endpoint")
        .arg(format!("http://{}", server.address));
    ended(key.sign(&mut command))
}

fn entries(ended: &Ended) -> Vec<Value> {
    assert_succeeds(ended);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
fn changes_and_refusals_are_told_with_who_from_where_and_what() {
    let bench = Workbench::new();
    let file = bench.text("keys.toml");
    let new = |user: &str, policies: &[&str]| {
        let mut arguments = vec!["keys", "new", "--keys", &file, "--user", user];
        for policy in policies {
            arguments.extend(["--policy", policy]);
        }
        Key::printed(&run(arguments))
    };
    let alice = new("alice", &["admin", "operator"]);
    let bob = new("bob", &["invoke"]);
    let server = Server::start(["--ephemeral", "--keys", &file]);
    let echo = bench.echo();
    let deploy = |memory: &str| {
        let variables = ["--env", "TOKEN=a-hidden-value", "--memory", memory];
        let arguments = [&["deploy", "greet", &echo][..], &variables].concat();
        assert_succeeds(&by(&alice, &server, &arguments));
    };
    deploy("128");
    deploy("256");
    let refused = by(&bob, &server, &["delete", "greet"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");

    let table = by(&alice, &server, &["audit"]);
    assert_succeeds(&table);
    let lines: Vec<_> = table.stdout.lines().collect();
    let line = |words: &[&str]| {
        let found = lines
            .iter()
            .find(|line| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("{words:?} are in no line of\n{}", table.stdout));
    };
    line(&[
        "user/alice",
        "127.0.0.1",
        "CreateFunction",
        "greet",
        "+Environment.Variables.TOKEN",
    ]);
    line(&[
        "user/alice",
        "UpdateFunctionConfiguration",
        "MemorySize 128 → 256",
    ]);
    line(&["host", "EndDeployment", "State Pending → Active"]);
    line(&[
        "user/bob",
        "DeleteFunction",
        "greet",
        "refused: AccessDeniedException",
    ]);
    assert!(!table.stdout.contains("a-hidden-value"), "{}", table.stdout);

    let all = entries(&by(&alice, &server, &["audit", "--json"]));
    let of_bob = entries(&by(&alice, &server, &["audit", "--json", "--user", "bob"]));
    let refused = entries(&by(&alice, &server, &["audit", "--json", "--refused"]));
    assert_eq!(of_bob, refused);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0]["keyId"], bob.id);
    assert!(all.len() > refused.len());
    for secret in [&alice.secret, &bob.secret, "a-hidden-value"] {
        assert!(!format!("{all:?}").contains(secret), "{all:?}");
    }
    let none = by(&alice, &server, &["audit", "--function", "other"]);
    assert_succeeds(&none);
    assert_eq!(none.stdout, "");
    assert_fails(
        &by(&bob, &server, &["audit"]),
        1,
        &["sparkler:ListAuditEntries"],
    );
}

/// Entries of a server that asks nobody who they are.
fn told(server: &Server, query: &str) -> Vec<Value> {
    let page = Request::new("GET", format!("/sparkler/audit{query}"));
    let page = page.send(server.address).json();
    page["entries"].as_array().expect("a list").clone()
}

/// How many aliases the function has.
fn aliases(server: &Server) -> usize {
    let (mut all, mut marker) = (0, String::new());
    loop {
        let path = format!("/2015-03-31/functions/f/aliases?MaxItems=50{marker}");
        let page = Request::new("GET", path).send(server.address).json();
        all += page["Aliases"].as_array().expect("a list").len();
        match page["NextMarker"].as_str() {
            Some(next) => marker = format!("&Marker={next}"),
            None => return all,
        }
    }
}

/// Creates one alias after the other until the server is gone; gives how many it has said to be there.
fn create_aliases(server: &Server) -> thread::JoinHandle<usize> {
    let address = server.address;
    thread::spawn(move || {
        let create = |number: usize| {
            let body = format!(r#"{{"Name":"n{number}","FunctionVersion":"$LATEST"}}"#);
            let request = Request::new("POST", "/2015-03-31/functions/f/aliases").body(body);
            request.send(address).status
        };
        let answered = (0..).take_while(|number| {
            let status = std::panic::catch_unwind(|| create(*number));
            status.is_ok_and(|status| status == 201)
        });
        answered.count()
    })
}

#[test]
fn after_a_kill_each_change_that_was_answered_has_its_entry_and_no_other_has() {
    let bench = Workbench::new();
    let folder = bench.text("data");
    let server = Server::start(["--data-dir", &folder]);
    server.deploy("f", guests::echo(), &[]);
    let writer = create_aliases(&server);
    while told(&server, "?operation=CreateAlias").len() < 20 {}
    server.kill();
    let answered = writer.join().expect("it did not panic");
    let server = Server::start(["--data-dir", &folder]);
    let (mut entries, mut after) = (0, 0);
    loop {
        let path = format!("/sparkler/audit?operation=CreateAlias&after={after}");
        let page = Request::new("GET", path).send(server.address).json();
        entries += page["entries"].as_array().expect("a list").len();
        let next = page["next"].as_str().expect("a number");
        after = next.parse().expect("a number");
        if page["hasMore"] == false {
            break;
        }
    }
    let there = aliases(&server);
    assert_eq!(entries, there, "an entry for each");
    // The last one may have been made without an answer.
    assert!(
        there == answered || there == answered + 1,
        "{there} of {answered}"
    );
}

/// A command, ended when it is dropped.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_log_that_is_followed_shows_what_comes_once() {
    let server = Server::ephemeral();
    let child = sparkler()
        .args(["audit", "-f", "--operation", "DeleteFunction"])
        .args(["--endpoint", &format!("http://{}", server.address)])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut following = Following(child.expect("start the binary under test"));
    let stdout = following.0.stdout.take().expect("a piped stream");
    let lines = BufReader::new(stdout).lines();
    // Behind the heading.
    let mut lines = lines.skip(1);
    for name in ["first", "second"] {
        server.deploy(name, guests::echo(), &[]);
        assert_eq!(server.lambda().delete(name).status, 204);
        let line = lines.next().expect("one more line").expect("text");
        assert!(line.contains("anonymous") && line.contains(name), "{line}");
    }
}
