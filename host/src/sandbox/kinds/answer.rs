//! What a guest answers with.

use crate::domain::{Outcome, WebHead, WebResponse};
use crate::sandbox::bindings::sparkler::function::types;

/// The answer of a guest: what it did not stream, or its error.
pub(in crate::sandbox) type Answer = Result<Returned, types::FunctionError>;

/// What a guest returned.
#[derive(Debug)]
pub(in crate::sandbox) struct Returned {
    /// The head of a response to a request from the web, whose body the bytes are; `None` where they are all.
    pub(in crate::sandbox) head: Option<WebHead>,
    pub(in crate::sandbox) bytes: Vec<u8>,
}

impl Returned {
    pub(in crate::sandbox) fn into_outcome(self) -> Outcome {
        let body = self.bytes.into();
        match self.head {
            None => Outcome::Returned(body),
            Some(head) => Outcome::Web(Box::new(WebResponse { head, body })),
        }
    }
}

impl From<Vec<u8>> for Returned {
    fn from(bytes: Vec<u8>) -> Self {
        Self { head: None, bytes }
    }
}
