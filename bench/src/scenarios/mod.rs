//! What our own server does when it is called in ways that a plain echo under load does not show: first
//! calls, many functions, guests that sleep or never end, events that must outlive a crash.
//!
//! Each scenario starts servers of its own and leaves nothing behind. They share a client (`client`), a
//! server with functions in it (`deployment`) and guests (`guests`).

mod asleep;
pub(crate) mod client;
mod deployment;
mod durable_events;
mod first_call;
mod guests;
mod many_functions;
mod memory_calls;
mod spinning;

use std::pin::Pin;

use crate::finding::Finding;
use crate::setup::Setup;

/// The event of each call.
const EVENT: &[u8] = br#"{"name":"World"}"#;

/// A measurement of our server alone.
pub(crate) struct Scenario {
    /// What it is about, for messages.
    pub(crate) name: &'static str,
    /// Measures. An error is this scenario's alone: others can still run.
    pub(crate) run: for<'a> fn(&'a Setup) -> Measuring<'a>,
}

type Measuring<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Vec<Finding>>> + Send + 'a>>;

/// All of them, those that must not be disturbed by a disk that still writes first.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "system calls for memory",
        run: |setup| Box::pin(memory_calls::run(setup)),
    },
    Scenario {
        name: "32 guests that never end",
        run: |setup| Box::pin(spinning::run(setup)),
    },
    Scenario {
        name: "1,000 guests asleep",
        run: |setup| Box::pin(asleep::run(setup)),
    },
    Scenario {
        name: "first calls",
        run: |setup| Box::pin(first_call::run(setup)),
    },
    Scenario {
        name: "durable events",
        run: |setup| Box::pin(durable_events::run(setup)),
    },
    Scenario {
        name: "10,000 functions",
        run: |setup| Box::pin(many_functions::run(setup)),
    },
];
