//! Asynchronous invocation: the answer comes when the event is kept, and the function runs later.
//!
//! All is checked as for an invocation that is waited for, but for the concurrency: an event that finds
//! no room waits.

use std::sync::Arc;

use axum::response::Response;
use http::header::HeaderValue;
use http::{Request, StatusCode};

use super::answer;
use super::api::Api;
use super::body::RequestBody;
use super::body::{BodyLimit, Purpose};
use super::error::WireError;
use super::headers::{REMAPPED_CONTENT_LENGTH, TRACE_ID};
use super::invoke::{Checked, Operation, checked, event, under_chosen_id};
use super::invoke_headers::InvokeHeaders;
use crate::domain::RequestId;
use crate::events::NewEvent;
use crate::invoker::RunGuest;
use crate::limits::{EVENT_PAYLOAD_BYTES_MAX, INVOKE_ASYNC_PAYLOAD_BYTES_MAX};

const INVOKE_ASYNC: Operation = Operation {
    limit: BodyLimit {
        bytes_max: INVOKE_ASYNC_PAYLOAD_BYTES_MAX,
        operation: "InvokeAsync",
        purpose: Purpose::Event,
    },
    headers: |_| Ok(InvokeHeaders::of_invoke_async()),
};

/// Refuses an event that is larger than an asynchronous one may be.
pub(super) fn check_size(bytes: usize) -> Result<(), WireError> {
    match bytes <= EVENT_PAYLOAD_BYTES_MAX {
        true => Ok(()),
        false => Err(WireError::event_too_large(bytes, EVENT_PAYLOAD_BYTES_MAX)),
    }
}

/// The answer when the event is kept.
pub(super) fn accepted(trace: Option<HeaderValue>) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    let headers = response.headers_mut();
    headers.insert(REMAPPED_CONTENT_LENGTH, HeaderValue::from_static("0"));
    if let Some(trace) = trace {
        headers.insert(TRACE_ID, trace);
    }
    response
}

/// `POST /2014-11-13/functions/{FunctionName}/invoke-async`: the older form, without headers.
pub(super) async fn invoke_async<G: RunGuest>(
    api: Arc<Api<G>>,
    request: Request<impl RequestBody>,
    name: &str,
) -> Response {
    under_chosen_id(request, |request, id| answered(api, request, name, id)).await
}

async fn answered<G: RunGuest>(
    api: Arc<Api<G>>,
    request: Request<impl RequestBody>,
    name: &str,
    id: RequestId,
) -> Result<Response, WireError> {
    let Checked {
        call,
        received: _received,
        ..
    } = checked(&api, request, name, id, &INVOKE_ASYNC).await?;
    let event = NewEvent {
        trace_id: None,
        ..event(call)
    };
    api.events.accept(event).await?;
    Ok(accepted(None))
}
