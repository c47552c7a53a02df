//! Write Sparkler functions in Rust.
//!
//! A handler is an ordinary function from an event and a [`Context`] to a [`Result`]. The
//! [`handler`] attribute makes it the entry point of a WebAssembly component:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use sparkler_guest::{Context, FunctionError, handler};
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     item: String,
//!     pieces: u32,
//! }
//!
//! #[derive(Debug, PartialEq, Serialize)]
//! struct Receipt {
//!     text: String,
//! }
//!
//! #[handler]
//! fn take_order(order: Order, context: Context) -> Result<Receipt, FunctionError> {
//!     println!("order {} asks for {}", context.request_id, order.item);
//!     if order.pieces == 0 {
//!         return Err(FunctionError::new("EmptyOrder", "An order needs at least one piece."));
//!     }
//!     Ok(Receipt { text: format!("{} × {}", order.pieces, order.item) })
//! }
//!
//! // It is still an ordinary function, which plain `cargo test` can call.
//! let order = Order { item: "tea".into(), pieces: 2 };
//! let receipt = take_order(order, Context::default()).unwrap();
//! assert_eq!(receipt, Receipt { text: "2 × tea".into() });
//! ```
//!
//! The package is a library of the kind `cdylib` (and `rlib`, for integration tests), built with
//! `sparkler build`, or with `cargo build --release --target wasm32-wasip2`:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//! ```
//!
//! # Forms of a handler
//!
//! ```
//! # mod two { use serde_json::Value; use sparkler_guest::{Context, Error, LambdaEvent, handler};
//! #[handler]
//! fn with_context(event: Value, context: Context) -> Result<Value, Error> {
//! #   Ok(event) }}
//! # mod one { use serde_json::Value; use sparkler_guest::{Context, Error, LambdaEvent, handler};
//! #[handler]
//! fn without_context(event: Value) -> Result<Value, Error> {
//! #   Ok(event) }}
//! # mod three { use serde_json::Value; use sparkler_guest::{Context, Error, LambdaEvent, handler};
//! #[handler]
//! async fn as_on_aws(event: LambdaEvent<Value>) -> Result<Value, Error> {
//! #   Ok(event.payload) }}
//! ```
//!
//! Each may be `async` or not. The event is any type that serde deserialises, the answer any that
//! it serialises (`()` answers `null`), and the error any that converts into a [`FunctionError`].
//! Any other signature is refused when it is compiled:
//!
//! ```compile_fail
//! #[sparkler_guest::handler]
//! fn generic<T>(event: T) -> Result<(), sparkler_guest::Error> {
//!     Ok(())
//! }
//! ```
//!
//! # From `lambda_runtime`
//!
//! A function for AWS's Rust runtime becomes one for Sparkler by its imports: [`LambdaEvent`],
//! [`Context`], [`Error`] and [`Diagnostic`] have the names and members they have there. Its `main`,
//! with `service_fn` and `run`, makes room for the attribute. The types of the crate
//! `aws_lambda_events` are events and answers like any other.
//!
//! # Async
//!
//! A sandbox serves one event with one thread, so the SDK polls an `async` handler to its end in
//! place. That suits futures that are ready when they are polled, and those that wake themselves.
//! A future that waits for something else would wait forever, since nobody else is there to wake
//! it: that is a panic with a clear message rather than a hang. Libraries that wait for WASI bring
//! an executor that does; in a handler that is not `async`, call it, such as
//! `wstd::runtime::block_on(async { … })`.
//!
//! # Streaming
//!
//! A [`streaming_handler`] writes its response piece by piece while it runs, up to 200 MB, through a
//! [`ResponseStream`]; callers that stream, as with InvokeWithResponseStream, get each piece at once.
//!
//! ```
//! use std::io::Write as _;
//! use sparkler_guest::{Error, ResponseStream, streaming_handler};
//!
//! #[streaming_handler]
//! fn count(until: u32, mut response: ResponseStream) -> Result<(), Error> {
//!     for number in 1..=until {
//!         writeln!(response, "{number}")?;
//!     }
//!     Ok(())
//! }
//!
//! // A test reads what was written.
//! let (response, written) = ResponseStream::collected();
//! count(3, response).unwrap();
//! assert_eq!(written.text(), "1\n2\n3\n");
//! ```
//!
//! # Before the first event
//!
//! A function that reads tables or builds what it looks into can do so ahead of its events, once:
//!
//! ```
//! use std::sync::OnceLock;
//! use sparkler_guest::{Error, handler};
//!
//! static WORDS: OnceLock<Vec<String>> = OnceLock::new();
//!
//! fn load() -> Result<(), Error> {
//!     let words = "tea coffee".split(' ').map(str::to_owned).collect();
//!     WORDS.set(words).map_err(|_| "the words are loaded once".into())
//! }
//!
//! #[handler(init = load)]
//! fn count(_event: serde_json::Value) -> Result<usize, Error> {
//!     Ok(WORDS.get().map_or(0, Vec::len))
//! }
//! ```
//!
//! `init` runs in each sandbox that starts from nothing. Of a version that is published with SnapStart it
//! runs when the version is published, and every sandbox of the version starts from what it left: its
//! statics hold what `init` put there. `#[handler(init = load, after_restore = renew)]` names besides what
//! runs in each sandbox that starts from a snapshot, before its event. Both are functions without
//! parameters that return nothing or a [`Result`]; either can be left out, and [`streaming_handler`] takes
//! them as well.
//!
//! What is read of the environment, of clocks and of random bytes in `init` is the same in all sandboxes.
//! Random bytes that are asked of the host after that, as the crate `getrandom` does each time, are fresh;
//! a generator that was seeded in `init` has to be seeded again in `after_restore`. The keys of the standard
//! library's `HashMap` are random bytes that it asks for once: where `init` makes a map, they are shared by
//! all sandboxes of the version, and nobody outside knows them. An [`Instant`](std::time::Instant) of
//! `init` lies before any that is taken later, by no length that means anything.
//!
//! # Failures
//!
//! An error that the handler returns becomes the invocation's error, with `errorType`,
//! `errorMessage` and `stackTrace`: see [`FunctionError`]. A panic does too: its type is
//! `Runtime.Panic`, its message that of the panic, and its trace begins with the place in the
//! source. The panic ends the sandbox, so nothing of it is left for another invocation. An event
//! that does not fit the handler's type is an error of the type `Runtime.UnmarshalError`, an answer
//! that cannot be serialised one of the type `Runtime.MarshalError`.
//!
//! # Features
//!
//! `anyhow`: a handler may fail with `anyhow::Error`.

#![deny(missing_docs)]

mod call;
mod client_context;
mod context;
mod conversion;
mod env_config;
mod error;
mod event;
mod executor;
mod http_head;
mod response;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod lifecycle_component;
#[cfg(target_family = "wasm")]
mod log;
#[cfg(target_family = "wasm")]
mod standard_streams;
#[cfg(target_family = "wasm")]
mod streaming_component;
#[cfg(any(test, target_family = "wasm"))]
mod panic;

pub use client_context::{ClientApplication, ClientContext, CognitoIdentity};
pub use context::Context;
pub use env_config::{Config, RefConfig};
pub use error::{Diagnostic, Error, FunctionError};
pub use event::LambdaEvent;
pub use http_head::HttpHead;
pub use response::{ResponseStream, Written};
pub use sparkler_guest_macro::{handler, streaming_handler};

/// What the expansions of the attributes name; no part of the interface, and free to change.
#[doc(hidden)]
pub mod __private {
    pub use std::result::Result;
    pub use std::vec::Vec;

    pub use crate::call::{Call, Hook, StreamingCall, done, end, read, same, write};
    pub use crate::context::RawContext;
    pub use crate::executor::block_on;

    #[cfg(target_family = "wasm")]
    pub use crate::component::{Guest, answer, bindings, export_function, wire};
    #[cfg(target_family = "wasm")]
    pub use crate::lifecycle_component::{
        Guest as LifecycleGuest, bindings as lifecycle_bindings, export_lifecycle, prepare,
    };
    #[cfg(target_family = "wasm")]
    pub use crate::streaming_component::{
        Guest as StreamingGuest, bindings as streaming_bindings, export_streaming_function, stream,
    };
}
