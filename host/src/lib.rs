//! Sparkler runs functions behind AWS Lambda's HTTP contract, each call in a fresh WebAssembly
//! sandbox. It is a program, and this library: what a program needs that runs other people's code.
//!
//! # In a program
//!
//! [`Host::start`] gives a host, [`Host::load`] a [`Function`] of it, and every call of that has a sandbox of its
//! own, which ends with it: nothing is left for the next one, whatever the code does.
//!
//! ```
//! use std::time::Duration;
//!
//! use sparkler::{Host, HostConfig, Limits};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Any component with a handler will do; this one writes its event to its log and answers with it.
//!     let component = wat::parse_str(include_str!(concat!(
//!         env!("CARGO_MANIFEST_DIR"),
//!         "/src/embed/echo.wat"
//!     )))?;
//!
//!     let host = Host::start(HostConfig::default()).await?;
//!     let limits = Limits {
//!         timeout: Duration::from_millis(500),
//!         memory_mb: 16,
//!         ..Limits::default()
//!     };
//!     let echo = host.load("echo", component, limits).await?;
//!
//!     let report = echo.invoke(r#"{"text":"hi"}"#).await?;
//!     assert_eq!(report.answer()?, r#"{"text":"hi"}"#);
//!     assert_eq!(report.log_text(), r#"{"text":"hi"}"#);
//!     assert!(report.duration < limits.timeout);
//!     assert!(report.memory_bytes_peak <= 16 * 1024 * 1024);
//!     Ok(())
//! }
//! ```
//!
//! That a function fails, runs out of its time or its memory, or breaks off, is an outcome in its
//! [`Report`]; an error is what kept it from being run. More of a call is said with [`Function::call`]:
//!
//! ```
//! # use sparkler::{FunctionConfig, Host, HostConfig};
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let component = wat::parse_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/embed/echo.wat")))?;
//! use std::sync::mpsc;
//!
//! let host = Host::start(HostConfig::default()).await?;
//! let config = FunctionConfig::default().with_variable("GREETING", "Hello");
//! let echo = host.load("echo", component, config).await?;
//!
//! // The log while it is written.
//! let (lines, written) = mpsc::sync_channel(64);
//! let call = echo.call("1").on_log(move |piece| {
//!     // Nobody waits for a listener: what there is no room for is not for this program.
//!     let _ = lines.try_send(piece.to_vec());
//! });
//! call.run().await?.answer()?;
//! assert_eq!(written.recv()?, b"1");
//!
//! // The response while it is written.
//! let mut response = echo.call("2").stream()?;
//! while let Some(piece) = response.next().await {
//!     assert_eq!(piece, "2");
//! }
//! response.report().await?.answer()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`HostConfig::with_interface`] gives functions what only this program can do, and [`Host::serve`] opens the
//! Lambda API to the same functions.
//!
//! # In this crate
//!
//! Read the modules in the order in which they stand here. Arrows point one way:
//! `cli → embed → app → contract → events → {invoker, deployer} → {catalog, logs, storage, package} →
//! domain`; `sandbox` stands behind the traits of `invoker` and `deployer`.
//!
//! What is absent, by intent: `domain` knows neither wasm nor tokio nor a wire, and of HTTP only the plain
//! types of requests and responses (`domain::web`); only `contract` (and the command line's client) speaks it; only `sandbox` knows wasmtime; only `catalog` and
//! `events` know SQL. Without the feature `compiler` there is no compiler: such a host runs what
//! `sparkler compile` made, and is much smaller.

pub mod domain;
pub mod limits;
mod sigv4;
pub mod turns;
pub mod catalog;
pub mod storage;
pub mod package;
pub mod logs;
pub mod sandbox;
pub mod invoker;
pub mod deployer;
pub mod events;
pub mod contract;
pub mod app;
pub mod embed;
pub mod toolchain;
pub mod cli;

#[cfg(feature = "measure")]
#[doc(hidden)]
pub use app::stages;
pub use app::{Host, HostConfig, StartError, Storage, Stores};
pub use contract::Operation;
pub use domain::{FunctionError, Outcome, Refusal, Report, RequestId};
pub use embed::{Calling, Function, FunctionConfig, Limits, LoadError, StreamedResponse};
pub use sandbox::{Caller, Interface, component};
