//! What a guest sends out: answers, logs, and what it makes the host do on the way.

use serde_json::json;
use sparkler_tests::{Server, TestHost, guests, wat};

use super::{assert_failed, assert_serving, invoke_once};

/// Six megabytes and 100 bytes.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;

#[test]
fn an_answer_may_have_six_megabytes_and_a_hundred_bytes() {
    let reply = invoke_once("answer_of_size.wat", ANSWER_BYTES_MAX);
    assert_eq!(reply.header("x-amz-function-error"), None);
    assert_eq!(reply.body.len(), ANSWER_BYTES_MAX);
}

#[test]
fn one_byte_more_is_too_much() {
    assert_too_large(ANSWER_BYTES_MAX + 1);
}

#[test]
fn an_answer_that_is_far_too_large_is_not_copied() {
    assert_too_large(100 * 1024 * 1024);
}

#[track_caller]
fn assert_too_large(bytes: usize) {
    let reply = invoke_once("answer_of_size.wat", bytes);
    assert_failed(&reply, "Function.ResponseSizeTooLarge");
    assert_eq!(
        reply.member("errorMessage"),
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    );
}

/// Writing a log must not cost the host memory, however it is cut into pieces.
#[test]
fn a_flood_of_output_is_cut_to_its_tail_and_costs_no_memory() {
    let server = Server::ephemeral();
    server.deploy("flood", &wat::guest("log_flood.wat"), &["--timeout", "3"]);
    let small = "\"0123456789\"".to_owned();
    let large = format!("\"{}\"", "0123456789abcd\\n".repeat(4095));
    // The first call warms up what stays.
    server.lambda().invoke("flood", small.clone());
    let before = server.memory_bytes();
    for event in [small, large] {
        let reply = server.lambda().invoke("flood", event.clone());
        assert_eq!(reply.status, 200);
        let log = reply.log();
        assert_eq!(log.bytes.len(), 4096);
        let report = log.report();
        let tail = log.text();
        let (lines, _) = tail.split_once("\nEND RequestId: ").unwrap_or((&tail, ""));
        assert!(
            lines.len() > 3000,
            "the guest's own lines are kept: {report}"
        );
        assert!(
            event.contains(&lines[lines.len() - 6..]),
            "the last of them: {tail}"
        );
    }
    let grown = server.memory_bytes().saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "the server grew by {grown} bytes");
}

#[test]
fn escape_sequences_of_a_guest_do_not_reach_the_terminal() {
    let server = Server::ephemeral();
    server.deploy("painter", guests::behaviours(), &[]);
    let message = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31mred";
    let event = json!({ "do": "panic", "message": message }).to_string();
    let reply = server.lambda().invoke("painter", event.clone());
    assert!(
        reply.log().text().contains('\u{1b}'),
        "the API passes bytes on as they are"
    );
    let ended = server.run(["invoke", "painter", &event]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    // What is said about the answer goes to a terminal; the answer itself may go on to a program.
    for terminal in [&ended.stderr, &server.said()] {
        let found = terminal.contains(['\u{1b}', '\u{7}', '\u{9b}']);
        assert!(!found, "{terminal:?}");
    }
    assert!(ended.stderr.contains("red"), "{}", ended.stderr);
    let event = json!({ "do": "echo", "event": message }).to_string();
    let reply = server.lambda().invoke("painter", event.clone());
    let piped = server.run(["invoke", "painter", &event]).stdout;
    assert!(piped.contains('\u{9b}'), "{piped:?}");
    assert_eq!(
        piped.trim_end_matches('\n'),
        reply.text(),
        "a pipe gets the answer as it is"
    );
}

#[test]
fn random_bytes_are_given_in_bounded_pieces() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("random_flood.wat"));
    assert_eq!(function.invoke(4096).text(), "null");
    assert_failed(&function.invoke(u32::MAX), "Runtime.ExitError");
    assert_serving(host);
}

#[test]
fn a_host_call_copies_no_more_than_it_may() {
    let host = TestHost::shared();
    let function = host
        .function(wat::guest("hostcall_copy.wat"))
        .memory_mb(256)
        .deploy();
    assert_failed(&function.invoke("{}"), "Runtime.ExitError");
    assert_serving(host);
}

#[test]
fn a_guest_that_hoards_handles_is_stopped() {
    let reply = invoke_once("handle_flood.wat", "{}");
    assert_failed(&reply, "Runtime.ExitError");
    assert_serving(TestHost::shared());
}
