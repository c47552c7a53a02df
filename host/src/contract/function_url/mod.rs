//! Function URLs: a function as a small web server.
//!
//! A request is for a function where its host name or its path says so. A guest for HTTP gets it as it is, and
//! its response goes out as it gave it; any other gets an event of the payload format 2.0, and its answer becomes
//! the response. What web pages may do with it is for the function's owner to say.
//!
//! ```text
//! door ─▶ address ─▶ serve ─▶ event ─▶ invoker ─▶ reply ─▶ cors
//! ```

pub(super) mod address;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod any_input;
mod compact;
mod cors;
mod event;
mod head;
mod reply;
mod serve;
mod stream_reply;
mod streaming;

pub(super) use address::{Addressed, addressed, host_header};
pub(super) use serve::{Visit, serve};
