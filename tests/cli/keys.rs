//! Who may call a server: keys that are made, exchanged and revoked while it runs.

use rustix::process::Signal;
use sparkler_tests::key::Key;
use sparkler_tests::server::{Ended, ended, run, sparkler};
use sparkler_tests::{Request, Server};

use crate::{Workbench, text};

/// What the server says to `sparkler list` with this key.
fn list(key: &Key, server: &Server) -> Ended {
    let mut command = sparkler();
    command
        .args(["list", "--endpoint"])
        .arg(format!("http://{}", server.address));
    ended(key.sign(&mut command))
}

/// Asks until the server knows the key, or knows it no more.
fn until(key: &Key, server: &Server, is_known: bool) {
    while (list(key, server).code == Some(0)) != is_known {}
}

#[test]
fn keys_are_exchanged_and_revoked_while_a_server_runs() {
    let bench = Workbench::new();
    let file = bench.text("keys.toml");
    let keys = |arguments: &[&str]| {
        let mut all = vec!["keys", arguments[0], "--keys", &file];
        all.extend(&arguments[1..]);
        run(all)
    };
    let first = Key::printed(&keys(&["new", "--user", "ci", "--policy", "deploy"]));
    let server = Server::start(["--ephemeral", "--keys", &file]);
    assert_eq!(list(&first, &server).code, Some(0));
    let health = Request::new("GET", "/health").send(server.address);
    assert_eq!(health.status, 200);
    let unsigned = Request::new("GET", "/2015-03-31/functions").send(server.address);
    assert_eq!(
        unsigned.refusal(),
        (403, "MissingAuthenticationTokenException")
    );
    let date = unsigned.header("date");
    assert!(
        date.is_some_and(|date| date.ends_with(" GMT")),
        "{unsigned:?}"
    );

    let second = Key::printed(&keys(&["rotate", "--user", "ci"]));
    until(&second, &server, true);
    assert_eq!(list(&first, &server).code, Some(0));
    let third = keys(&["rotate", "--user", "ci"]);
    assert!(third.stderr.contains("2 keys already"), "{}", third.stderr);

    assert_eq!(keys(&["revoke", &first.id]).code, Some(0));
    until(&first, &server, false);
    let refused = list(&first, &server).stderr;
    assert!(refused.contains("UnrecognizedClientException"), "{refused}");
    assert_eq!(list(&second, &server).code, Some(0));
    let listed = keys(&["list"]).stdout;
    assert!(
        listed.contains(&format!("{}  inactive  ci", first.id)),
        "{listed}"
    );

    // A broken file changes nothing, and a signal to read it ends nothing.
    std::fs::write(&file, "[account").expect("write");
    server.signal(Signal::HUP);
    while !server.said().contains("stay as they were") {
        assert_eq!(list(&second, &server).code, Some(0));
    }
    assert_eq!(list(&second, &server).code, Some(0));
    let said = server.last_words();
    for secret in [&first.secret, &second.secret] {
        assert!(!said.contains(secret) && !listed.contains(secret), "{said}");
    }
}

#[test]
fn an_address_that_others_reach_is_refused_without_keys_or_a_word() {
    let refused = run(["serve", "--ephemeral", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("--insecure-no-auth"),
        "{}",
        refused.stderr
    );
    let refused = run(["serve", "--ephemeral", "--auth", "sigv4"]);
    assert!(
        refused.stderr.contains("sparkler keys new"),
        "{}",
        refused.stderr
    );
    let mut command = sparkler();
    let arguments = [
        "serve",
        "--ephemeral",
        "--insecure-no-auth",
        "--listen",
        "0.0.0.0:0",
    ];
    let server = Server::of(command.args(arguments));
    assert!(server.address.ip().is_unspecified());
}

#[test]
fn a_file_of_keys_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Workbench::new();
    let file = bench.path("keys.toml");
    std::fs::write(&file, "").expect("write");
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&file, mode).expect("change the mode");
    let refused = run(["serve", "--ephemeral", "--keys", &text(&file)]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
}
