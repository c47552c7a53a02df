//! Function URLs: a function as a small web server.
//!
//! A request is for a function where its host name or its path says so. It becomes an event, of the
//! payload format 2.0, the function's answer becomes the response, and what web pages may do with it is
//! for the function's owner to say.
//!
//! ```text
//! door ─▶ address ─▶ serve ─▶ event ─▶ invoker ─▶ reply ─▶ cors
//! ```

pub(super) mod address;
mod compact;
mod cors;
mod event;
mod head;
mod reply;
mod serve;
mod stream_reply;
mod streaming;

pub(super) use address::{Addressed, addressed};
pub(super) use serve::serve;
