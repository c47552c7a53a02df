//! HTTP requests that guests send.
//!
//! A request is let out where a rule of its function allows scheme, host and port (`decision`), to an
//! address that was looked up once (`lookup`), is public or named by a rule, and is the one that is
//! connected to (`connect`). Redirects are the guest's own business, and the host's proxy settings are not
//! used. Connections speak HTTP/1.1. They are kept for later requests of the same function and tenant
//! (`pool`), and nothing else of a request outlives its invocation: what a guest has not read by then is
//! closed (`lease`).

mod allowance;
mod body;
mod broken_stream;
mod client;
mod connect;
mod decision;
mod exchange;
mod failure;
mod http;
mod lease;
mod lessons;
mod lookup;
#[cfg(feature = "jail")]
mod needs;
mod network;
mod pool;
mod response_body;
mod target;
mod trust;
mod wasi;

pub(in crate::sandbox) use http::Http;
pub(in crate::sandbox) use lessons::FunctionLessons;
#[cfg(feature = "jail")]
pub(crate) use needs::outbound_needs;
pub(in crate::sandbox) use network::Network;
pub(in crate::sandbox) use wasi::Outbound;
