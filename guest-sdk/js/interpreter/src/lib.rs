//! The interpreter of functions in JavaScript.
//!
//! QuickJS with Node's modules, and the calls between it and WASI, are generated when this crate is built (`build.rs`).
//! Of the crate itself are the component's exports, which hand events over as text, and in `runtime` what makes an
//! AWS Lambda of it: how a handler is found, its context, errors and the log.

include!(concat!(env!("OUT_DIR"), "/generated/src/part.rs"));

mod answer;
mod exports;
mod runtime;

use exports::Interpreter;

bindings::export!(Interpreter with_types_in bindings);
