//! A guest with one behaviour out of [`BEHAVIOURS`], for conformance checks of Lambda's contract.
//!
//! A checker wants a package for each behaviour. The guest holds them all and is compiled once: which
//! one a package has is a name in its data, put there afterwards in place of [`PLACEHOLDER`].
//!
//! Of the SDK it takes the bindings and not the handler macro, since it does what no handler does: it
//! fails before it is called, passes events on byte by byte, answers with bytes that are no JSON, and
//! reads a client context of any shape.

mod answers;
mod behaviours;
#[cfg(target_family = "wasm")]
mod boundary;
mod call;
mod log;
mod selection;
mod start;
mod states;
mod urls;

pub use behaviours::{BEHAVIOURS, Behaviour};
pub use call::{Answer, Call, Context, Failure};
pub use selection::PLACEHOLDER;
pub use start::Start;
