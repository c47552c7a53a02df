//! What lies outside of the sandbox: nothing that the function's configuration does not grant.

use std::net::TcpListener;

use serde_json::{Value, json};
use sparkler_tests::{Reply, TestHost, guests};

#[track_caller]
fn behave(event: &Value) -> Reply {
    TestHost::shared()
        .deploy(guests::behaviours())
        .invoke(event)
}

/// The guest asked its system and was told no; nothing else went wrong.
#[track_caller]
fn assert_denied(event: &Value) {
    let reply = behave(event);
    let error = reply.function_error();
    assert_eq!(
        error.as_deref(),
        Some("std::io::Error"),
        "{event}: {}",
        reply.text()
    );
}

#[test]
fn files_of_the_host_are_not_there() {
    for path in [
        "/etc/passwd",
        "Cargo.toml",
        "/",
        "../../etc/hostname",
        "/proc/self/environ",
    ] {
        assert_denied(&json!({ "do": "open-file", "path": path }));
    }
}

#[test]
fn files_cannot_be_made_but_in_tmp() {
    for path in ["/var/sparkler-tests-made", "made-here"] {
        assert_denied(&json!({ "do": "write-file", "path": path, "bytes": 1 }));
    }
}

#[test]
fn sockets_are_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = listener.local_addr().expect("the address").to_string();
    assert_denied(&json!({ "do": "connect", "address": address }));
    listener.set_nonblocking(true).expect("do not wait");
    assert!(listener.accept().is_err(), "a connection came through");
}

#[test]
fn names_are_not_resolved() {
    assert_denied(&json!({ "do": "connect", "address": "localhost:80" }));
}

#[test]
fn variables_of_the_host_are_not_seen() {
    let host = std::env::vars().map(|(name, _)| name);
    let seen = behave(&json!({ "do": "environment" })).json();
    let seen = seen.as_object().expect("the guest's variables");
    for name in host.filter(|name| !["LANG", "TZ"].contains(&name.as_str())) {
        assert!(!seen.contains_key(&name), "{name} of the host is seen");
    }
    assert!(seen.contains_key("AWS_LAMBDA_FUNCTION_NAME"), "{seen:?}");
}
