//! The calls of CloudWatch Logs with which tools read what functions wrote.
//!
//! All are `POST /` in AWS's JSON 1.1 protocol: a header names the operation, errors name themselves in
//! their body. Reading a log blocks, so it happens on threads that may, a few at a time.

mod answer;
pub(super) mod call;
mod error;
mod events;
mod group_name;
mod groups;
mod log_reads;
mod logs;
mod pattern;
mod streams;
pub(super) mod target;
mod token;

pub(super) use group_name::named_by as group_named_by;
pub(crate) use log_reads::LogReads;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use pattern::any_input;
