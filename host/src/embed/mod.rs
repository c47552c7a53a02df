//! The host as a part of another program: load a component, invoke it within limits, hear what it writes.
//!
//! A [`Function`] that was loaded is a function like any other of its [`Host`](crate::Host): where the host
//! also serves, clients of AWS Lambda call it by the same name. What is here and not on the wire: time limits
//! below a second, memory limits below 128 MB, the log while it is written, and interfaces of the program's
//! own ([`HostConfig::with_interface`](crate::HostConfig::with_interface)).
//!
//! Nothing is granted that is not said: a function sees its event, the variables of its [`FunctionConfig`] and
//! the clock, and writes to its log. What more it may reach is asked for with variables that begin with
//! `SPARKLER_`, the same as in any function's configuration.

mod calling;
mod config;
mod function;
mod load;
#[cfg(feature = "compiler")]
mod precompile;
mod streamed;

pub use calling::Calling;
pub use config::{FunctionConfig, Limits};
pub use function::Function;
pub use load::LoadError;
pub use streamed::StreamedResponse;
