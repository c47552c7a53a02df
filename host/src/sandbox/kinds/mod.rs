//! The kinds of guests: how each is entered, given its event, and read for its answer.

pub(in crate::sandbox) mod entry;
pub(in crate::sandbox) mod kind;
pub(in crate::sandbox) mod input;
pub(in crate::sandbox) mod answer;
pub(in crate::sandbox) mod call;
pub(in crate::sandbox) mod function;
pub(in crate::sandbox) mod streaming_function;
pub(in crate::sandbox) mod command;
pub(in crate::sandbox) mod http_guest;
pub(in crate::sandbox) mod lifecycle;
