//! Sparkler runs functions behind AWS Lambda's HTTP contract, each call in a fresh WebAssembly
//! sandbox. This library is what a program needs that runs other people's code; the program `sparkler`, which is
//! a crate of its own, stands on it.
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
//! # Features
//!
//! All are on unless `default-features = false`, and each can be left out:
//!
//! - `compiler` compiles components. Without it, a host runs what `sparkler compile` made, and is much smaller.
//! - `server` is the module `contract`, with `Host::serve` and `Host::router`. Without it, functions are called
//!   from the program alone.
//! - `jail` has [`compile_worker`] give up all that it does not need of its system, on Linux, and so does the program
//!   `sparkler` where it serves. Your own process is never confined.
//! - `storage` is `Storage::DataDir`, with SQLite. Without it, all that a host keeps is in memory.

#![cfg_attr(
    not(all(feature = "server", feature = "storage")),
    expect(
        dead_code,
        unused_imports,
        reason = "what only a part that was left out asks of those below it; with all parts, nothing is dead"
    )
)]

mod domain;
mod limits;
mod sigv4;
mod sealing;
mod turns;
#[cfg(feature = "jail")]
mod jail;
mod catalog;
mod storage;
mod package;
mod runtimes;
mod logs;
mod sandbox;
mod invoker;
mod deployer;
mod events;
#[cfg(feature = "server")]
mod owner_files;
#[cfg(feature = "server")]
mod identity;
#[cfg(feature = "server")]
mod contract;
mod app;
mod embed;
#[cfg(all(
    feature = "compiler",
    feature = "server",
    any(test, feature = "fuzzing")
))]
mod any_input;
pub mod internals;

#[cfg(feature = "measure")]
#[doc(hidden)]
pub use app::stages;
pub use app::{Host, HostConfig, StartError, Storage};
#[cfg(feature = "server")]
pub use contract::TlsConfig;
pub use domain::{
    Account, AccountId, FolderAccess, FunctionError, FunctionName, GrantName, HostFolder,
    HostSecret, Outcome, Refusal, Report, RequestId, SecretSource,
};
pub use embed::{Calling, Function, FunctionConfig, Limits, LoadError, StreamedResponse};
pub use events::{Credentials, Destinations, EventsConfig, RetryDelays};
#[cfg(feature = "compiler")]
pub use sandbox::compile_worker;
pub use sandbox::{Caller, CompileIsolation, CompileLimits, Interface, Interfaces, component};
pub use sealing::{MasterKey, NoMasterKey};

/// The contract with functions, in WIT: the package `sparkler:function`, whose worlds a component can have.
pub const WIT: &str = include_str!("../wit/function.wit");
