//! The wire, byte by byte: what a client's library hides, on real sockets.

mod callers;
mod concurrency;
mod configuration;
mod conformance;
mod function_urls;
mod destinations;
mod events;
mod functions;
mod heads;
mod http;
mod invoke;
mod packages;
mod provisioned;
mod refusals;
mod snapstart;
mod sources;
mod streaming;
mod versions;

use std::sync::OnceLock;

use sparkler_tests::{Function, Reply, TestHost, guests};

/// The function that answers its event, shared by the tests of this suite.
fn echo() -> &'static Function<'static> {
    static ECHO: OnceLock<Function<'static>> = OnceLock::new();
    ECHO.get_or_init(|| TestHost::shared().deploy(guests::echo()))
}

/// The function that does what its event says, shared by the tests of this suite.
fn behaviours() -> &'static Function<'static> {
    static BEHAVIOURS: OnceLock<Function<'static>> = OnceLock::new();
    BEHAVIOURS.get_or_init(|| TestHost::shared().deploy(guests::behaviours()))
}

/// The call was refused, by this name and with this text.
#[track_caller]
fn assert_refused(reply: &Reply, status: u16, name: &str, text: &str) {
    assert_eq!(reply.refusal(), (status, name), "{}", reply.text());
    let body = reply.json();
    let message = body["message"].as_str().or(body["Message"].as_str());
    let message = message.unwrap_or_default();
    assert!(message.contains(text), "{text:?} is not in {message:?}");
    assert!(reply.header("x-amzn-requestid").is_some());
}
