//! TLS, as this host speaks it: 1.2 and 1.3, with a certificate of its owner, who may have clients show one, too.
//!
//! ```text
//! accepted → handshake, on threads of its own, within its time → HTTP, on a thread that serves
//! ```
//!
//! Nothing is kept here of what was agreed on: clients take up a session again with a ticket that they keep themselves,
//! and that is good until the files change. Where clients have to show certificates, they do so for each connection.

mod config;
mod current;
mod files;
mod handshake;
mod movable;
#[cfg(test)]
mod tests;

pub use config::TlsConfig;
pub(crate) use current::Tls;
pub(crate) use handshake::Handshakes;
