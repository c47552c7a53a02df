//! One call of a function, checked and typed.

use std::fmt;

use uuid::Uuid;

use super::arn::FunctionArn;
use super::client_context::ClientContext;
use super::named::named;
use super::payload::Payload;

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

/// One call of a function, as it came in: resolved when it runs.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What the caller asked for; the guest is told its text form.
    pub target: FunctionArn,
    /// What the caller, the guest and the log call this invocation.
    pub request_id: RequestId,
    /// The event, `{}` where the body was empty, or the web request.
    pub payload: Payload,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub trace_id: Option<String>,
    /// The caller's client context.
    pub client_context: Option<ClientContext>,
    /// The tenant that the caller named.
    pub tenant_id: Option<String>,
    /// Whether the answer wants the log tail.
    pub log_type: LogType,
}
