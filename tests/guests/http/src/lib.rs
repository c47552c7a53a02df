//! A server for HTTP that does what the path of its request says, well or badly.
//!
//! It knows nothing of Sparkler: all that it uses is WASI's interface for HTTP.

#[cfg(target_os = "wasi")]
mod request;
#[cfg(target_os = "wasi")]
mod response;
#[cfg(target_os = "wasi")]
mod server;
