//! What an invocation is: fresh unless its owner wants it otherwise, measured truthfully, and reported in
//! full.

mod commands;
mod embedding;
mod environment;
mod failures;
mod http_guests;
mod https;
mod files;
mod known_code;
mod log;
mod outbound;
mod plugins;
mod prepared;
mod python;
mod python_http;
mod report;
mod reused;
mod secrets;
mod streamed;

use std::sync::OnceLock;

use serde_json::Value;
use sparkler_tests::{Function, Reply, TestHost, guests};

/// The function that does what its event says, shared by the tests of this suite.
fn behaviours() -> &'static Function<'static> {
    static BEHAVIOURS: OnceLock<Function<'static>> = OnceLock::new();
    BEHAVIOURS.get_or_init(|| TestHost::shared().deploy(guests::behaviours()))
}

#[track_caller]
fn behave(event: &Value) -> Reply {
    behaviours().invoke(event)
}
