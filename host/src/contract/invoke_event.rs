//! Asynchronous invocation: the answer comes when the event is kept, and the function runs later.
//!
//! All is checked as for an invocation that is waited for, but for the concurrency: an event that finds
//! no room waits.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::body::{BodyLimit, Purpose};
use super::error::WireError;
use super::invoke::{LATEST, chosen_id, payload_of, reference};
use super::{Api, answer, event_json, web_page};
use crate::domain::RequestId;
use crate::events::NewEvent;
use crate::invoker::RunGuest;
use crate::limits::{EVENT_PAYLOAD_BYTES_MAX, INVOKE_ASYNC_PAYLOAD_BYTES_MAX};

const REMAPPED_CONTENT_LENGTH: HeaderName =
    HeaderName::from_static("x-amzn-remapped-content-length");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

const INVOKE_ASYNC_LIMIT: BodyLimit = BodyLimit {
    bytes_max: INVOKE_ASYNC_PAYLOAD_BYTES_MAX,
    operation: "InvokeAsync",
    purpose: Purpose::Event,
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
    State(api): State<Arc<Api<G>>>,
    request: Request,
) -> Response {
    let id = match chosen_id(request.headers().get(answer::REQUEST_ID)) {
        Ok(id) => Ok(id.unwrap_or_else(RequestId::random)),
        Err(error) => Err(error),
    };
    let (shown, answered) = match id {
        Ok(id) => (id, answered(&api, request, id).await),
        Err(error) => (RequestId::random(), Err(error)),
    };
    let mut response = answered.unwrap_or_else(WireError::into_response);
    answer::identify(&mut response, shown);
    response
}

async fn answered<G: RunGuest>(
    api: &Api<G>,
    request: Request,
    id: RequestId,
) -> Result<Response, WireError> {
    web_page::refuse(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let received = api.bodies.receive(body, INVOKE_ASYNC_LIMIT).await?;
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| WireError::unknown_operation())?;
    let reference = reference(&params, &parts.uri, &api.account)?;
    let target = reference.arn(&api.account, Some(&LATEST))?;
    let resolved = api.invoker.resolve(&target)?;
    let payload = payload_of(&received.bytes);
    event_json::checked(&payload).await?;
    // InvokeAsync is older than tenants, and has no way to name one.
    let tenant_id = resolved.version.settings.tenant(None)?;
    let event = NewEvent {
        function: target.name,
        qualifier: target.qualifier,
        request_id: id,
        trace_id: None,
        tenant_id,
        payload,
    };
    api.events.accept(event).await?;
    Ok(accepted(None))
}
