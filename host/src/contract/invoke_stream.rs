//! InvokeWithResponseStream: as Invoke, only that the answer begins with the first bytes that the function
//! writes, and comes as an event stream.
//!
//! What goes wrong before the first byte is an ordinary error. What goes wrong later is told by the last
//! event, since the status has been sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::{IntoResponse as _, NoContent, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::Frame;

use super::api::Api;
use super::callers::{Peer, held};
use super::error::WireError;
use super::event_stream::{self, InvokeComplete, invoke_complete, payload_chunk};
use super::headers::TRACE_ID;
use super::invoke_headers::InvocationType;
use super::invoke_reply::{EXECUTED_VERSION, version};
use super::invoking::Checked;
use super::streamed_response::{Progress, Streamed};
use crate::domain::{FunctionError, Refusal, RequestId, VersionId};
use crate::invoker::{Completion, RunGuest, error_object as function_error};

/// `POST /2021-11-15/functions/{FunctionName}/response-streaming-invocations`
pub(super) async fn answered<G: RunGuest>(
    api: &Api<G>,
    checked: Checked,
    peer: &Arc<Peer>,
) -> Result<Response, WireError> {
    let Checked {
        invocation_type,
        resolved,
        invocation,
        trace,
        received,
    } = checked;
    if invocation_type == InvocationType::DryRun {
        return Ok(NoContent.into_response());
    }
    let id = invocation.request_id;
    let room = peer.expect_stream()?;
    let mut streamed = Streamed::begin(Arc::clone(&api.invoker), resolved, invocation, received);
    let first = match streamed.next().await {
        Progress::Ended(Err(refusal)) => return Err(refusal.into()),
        first => first,
    };
    let executed = match &first {
        Progress::Ended(Ok(completion)) => Some(completion.executed),
        Progress::Ended(Err(_)) | Progress::Wrote(_) => streamed.executed(),
    };
    let mut events = Events::of(streamed, id);
    events.tell(first);
    let mut response = Response::new(Body::new(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, event_stream::CONTENT_TYPE);
    headers.insert(
        EXECUTED_VERSION,
        version(executed.unwrap_or(VersionId::Latest)),
    );
    headers.insert(TRACE_ID, trace);
    Ok(held(room, response))
}

/// The body of the answer.
struct Events {
    streamed: Streamed,
    id: RequestId,
    /// Frames that are ready to be sent.
    ready: VecDeque<Bytes>,
    is_complete: bool,
}

impl Events {
    fn of(streamed: Streamed, id: RequestId) -> Self {
        Self {
            streamed,
            id,
            ready: VecDeque::new(),
            is_complete: false,
        }
    }

    fn tell(&mut self, progress: Progress) {
        match progress {
            Progress::Wrote(piece) => self.ready.push_back(payload_chunk(&piece.into_bytes())),
            Progress::Ended(ended) => {
                let (rest, complete) = match ended {
                    Ok(completion) => completed(completion, self.id),
                    Err(refusal) => (Bytes::new(), lost(&refusal, self.id)),
                };
                if !rest.is_empty() {
                    self.ready.push_back(payload_chunk(&rest));
                }
                self.ready.push_back(invoke_complete(&complete));
                self.is_complete = true;
            }
        }
    }
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(frame))));
            }
            if self.is_complete {
                return Poll::Ready(None);
            }
            let progress = ready!(self.streamed.poll_next(context));
            self.tell(progress);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_complete && self.ready.is_empty()
    }
}

/// What of the response was not streamed, and the last event.
fn completed(completion: Completion, id: RequestId) -> (Bytes, InvokeComplete) {
    let log_result = completion.log_tail.map(|tail| BASE64_STANDARD.encode(tail));
    match completion.report.outcome.into_answer() {
        Ok(rest) => {
            let complete = InvokeComplete {
                log_result,
                ..InvokeComplete::default()
            };
            (rest, complete)
        }
        Err(error) => {
            let details = function_error::body(&error, id, completion.language);
            let complete = InvokeComplete {
                error_code: Some(error_code(&error)),
                error_details: Some(String::from_utf8_lossy(&details).into_owned()),
                log_result,
            };
            (Bytes::new(), complete)
        }
    }
}

/// An error of the handler's own is `Unhandled`, as in the answers of Invoke.
fn error_code(error: &FunctionError) -> &'static str {
    error.platform_type().unwrap_or("Unhandled")
}

/// The last event of an invocation that the host lost after it had begun to answer.
fn lost(refusal: &Refusal, id: RequestId) -> InvokeComplete {
    tracing::error!(request_id = %id, ?refusal, "a streamed invocation was lost");
    let code = "Sandbox.Failure";
    let message = format!("RequestId: {id} Error: The host lost the invocation; invoke it again.");
    let details = serde_json::json!({ "errorType": code, "errorMessage": message });
    InvokeComplete {
        error_code: Some(code),
        error_details: Some(details.to_string()),
        log_result: None,
    }
}
