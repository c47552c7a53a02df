//! Hostile guests: each reaches for something, and gets no further than its limit.
//!
//! What every test shows besides: the host outlives the guest and serves the next one.

mod abi;
mod code;
mod compile;
mod deadline;
mod deploys;
mod http_guests;
mod files;
mod held_by_the_host;
mod jail;
mod lasting;
mod memory;
mod outbound;
mod output;
mod reach;
mod residue;
mod streaming;

use sparkler_tests::{Reply, TestHost, wat};

/// Deploys a guest of `tests/guests/wat` and invokes it once.
#[track_caller]
fn invoke_once(guest: &str, event: impl ToString) -> Reply {
    TestHost::shared().deploy(wat::guest(guest)).invoke(event)
}

/// The function failed with this error; the host did not.
#[track_caller]
fn assert_failed(reply: &Reply, error_type: &str) {
    assert_eq!(
        reply.status,
        200,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    assert_eq!(
        reply.function_error().as_deref(),
        Some(error_type),
        "{}",
        reply.text()
    );
}

/// The host still runs functions.
#[track_caller]
fn assert_serving(host: &TestHost) {
    let reply = host.deploy(wat::guest("answer_of_size.wat")).invoke(3);
    assert_eq!((reply.status, reply.text()), (200, "111"));
}

#[test]
fn every_text_is_a_component() {
    for file in std::fs::read_dir(wat::folder()).expect("the folder of the texts") {
        let name = file
            .expect("a file")
            .file_name()
            .into_string()
            .expect("a name");
        if name != "shell.wat" {
            assert!(
                wat::guest(&name).starts_with(b"\0asm\x0d\0\x01\0"),
                "{name}"
            );
        }
    }
}
