//! Signature Version 4, as AWS documents it: how a request says who sends it, and how that is verified.
//!
//! Knows neither clients nor servers: a request is its method, path, query, headers and body.

mod canonical;
mod key;
mod signing;
mod terms;
#[cfg(feature = "server")]
mod verifying;

#[cfg(feature = "server")]
pub(crate) use key::SigningKey;
pub use signing::{Credentials, Signable, headers};
#[cfg(feature = "server")]
pub(crate) use verifying::{Claim, Denial, PathForm, Presented, Proof, Rules};
