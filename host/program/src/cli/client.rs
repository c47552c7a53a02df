//! A small blocking client of the Lambda API, for the commands that talk to a server.
//!
//! It signs requests where the environment has a key, as AWS's tools do, and speaks HTTP and HTTPS.

mod address;
mod audit;
mod connection;
mod error;
mod events;
mod functions;
mod logs;
mod signer;
mod trust;
mod wire;

pub(super) use address::{NotPlain, plain as plain_address};
pub(super) use audit::{AuditEntry, AuditSelection};
pub(super) use connection::Client;
pub(super) use error::ClientError;
pub(super) use events::{EventPage, EventSelection, ShownEvent};
pub(super) use functions::{Invocation, Invoked};
pub(super) use logs::{EventQuery, LogEvent};
pub(super) use trust::Trust;
pub(super) use wire::FunctionConfiguration;

#[cfg(test)]
mod tests;
