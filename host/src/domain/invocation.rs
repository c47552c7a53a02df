//! One call of a function, checked and typed.

use std::fmt;

use uuid::Uuid;

use super::named::named;
use super::payload::Payload;
use super::terms::Terms;

/// The id of an invocation: what the caller, the guest and the log see.
///
/// Callers may choose it, so it is not unique: never a key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

named! {
    /// Whether the answer carries the end of the log.
    #[derive(Default)]
    pub enum LogType {
        /// It does not.
        #[default]
        None = "None",
        /// The last 4 KB.
        Tail = "Tail",
    }
}

/// What a guest is given for one call.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What the caller, the guest and the log call this invocation.
    pub request_id: RequestId,
    /// The ARN as the caller asked for it.
    pub invoked_arn: String,
    /// The event, or the web request.
    pub payload: Payload,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub trace_id: Option<String>,
    /// The caller's client context: the text of a JSON object.
    pub client_context: Option<String>,
    /// The tenant that the caller named.
    pub tenant_id: Option<String>,
    /// What it is run on, beyond what the function is set to.
    pub terms: Terms,
}
