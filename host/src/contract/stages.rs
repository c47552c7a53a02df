//! The last stage of an invocation on its own, for the benchmark that measures it.

use axum::response::Response;

use super::trace_header::Trace;
use super::{answer, invoke_reply};
use crate::domain::RequestId;
use crate::invoker::Completion;

/// The answer for `completion`, as a caller of Invoke gets it.
pub fn reply(completion: Completion, trace: ReplyTrace, id: RequestId) -> Response {
    let mut response = invoke_reply::rendered(completion, id, trace.0.answer);
    answer::identify(&mut response, id);
    response
}

/// What an answer says of its trace. Making one belongs to another stage.
pub struct ReplyTrace(Trace);

impl ReplyTrace {
    /// A new trace.
    pub fn begun() -> Self {
        Self(Trace::continued(None))
    }
}
