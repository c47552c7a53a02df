//! Signature Version 4, as AWS documents it: how a request says who sends it.
//!
//! Knows neither clients nor servers: a request is its method, path, query, headers and body.

mod signing;

pub use signing::Credentials;
pub(crate) use signing::{Signable, headers};
