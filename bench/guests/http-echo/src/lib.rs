//! Answers with the body of the request: the least that a server for HTTP can do.
//!
//! Both sides of a comparison run this very file, and it knows neither: all that it uses is WASI's interface
//! for HTTP, with as few calls to its host as an echo can have.

#[cfg(target_os = "wasi")]
mod echo;
