//! What a guest answers with.

use bytes::Bytes;

use crate::domain::{Outcome, WebResponse};
use crate::sandbox::bindings::sparkler::function::types;

/// The answer of a guest: what it did not stream, or its error.
pub(in crate::sandbox) type Answer = Result<Returned, types::FunctionError>;

/// What a guest returned.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Returned {
    /// Bytes.
    Bytes(Bytes),
    /// A response to a request from the web.
    Web(Box<WebResponse>),
}

impl Returned {
    /// How many bytes it is, without a head.
    pub(in crate::sandbox) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Web(response) => response.body.bytes.len(),
        }
    }

    pub(in crate::sandbox) fn into_outcome(self) -> Outcome {
        match self {
            Self::Bytes(bytes) => Outcome::Returned(bytes),
            Self::Web(response) => Outcome::Web(response),
        }
    }
}

impl From<Vec<u8>> for Returned {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}
