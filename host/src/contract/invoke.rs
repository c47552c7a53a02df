//! Invoke: the request becomes a call, the completion becomes the answer.
//!
//! Checks come in this order: web pages, size, constraints, region and account, qualifier, existence, state, the
//! event and the client context, the tenant, what this host lacks. Then the function runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri};

use super::body::{BodyLimit, Purpose};
use super::error::WireError;
use super::invoke_headers::{InvocationType, InvokeHeaders};
use super::reference::{NameShape, Reference};
use super::run_to_end::run_to_end;
use super::trace_header::Trace;
use super::{Api, answer, client_context, event_json, invoke_event, invoke_reply, query, web_page};
use crate::domain::{Account, Qualifier, RequestId, VersionId};
use crate::events::NewEvent;
use crate::invoker::{Call, RunGuest};
use crate::limits::SYNC_PAYLOAD_BYTES_MAX;

const LIMIT: BodyLimit = BodyLimit {
    bytes_max: SYNC_PAYLOAD_BYTES_MAX,
    operation: "InvokeFunction",
    purpose: Purpose::Event,
};

/// The event of an invocation without a body.
const EMPTY_EVENT: Bytes = Bytes::from_static(b"{}");

/// What AWS names in the text for a missing function when no qualifier was asked for.
pub(super) const LATEST: Qualifier = Qualifier::Version(VersionId::Latest);

/// `POST /2015-03-31/functions/{FunctionName}/invocations`
pub(super) async fn invoke<G: RunGuest>(
    State(api): State<Arc<Api<G>>>,
    request: Request,
) -> Response {
    let (id, chosen) = match chosen_id(request.headers().get(answer::REQUEST_ID)) {
        Ok(id) => (id.unwrap_or_else(RequestId::random), Ok(())),
        Err(error) => (RequestId::random(), Err(error)),
    };
    let answered = match chosen {
        Ok(()) => answered(api, request, id).await,
        Err(error) => Err(error),
    };
    let mut response = answered.unwrap_or_else(WireError::into_response);
    answer::identify(&mut response, id);
    response
}

async fn answered<G: RunGuest>(
    api: Arc<Api<G>>,
    request: Request,
    id: RequestId,
) -> Result<Response, WireError> {
    web_page::refuse(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let received = api.bodies.receive(body, LIMIT).await?;
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| WireError::unknown_operation())?;
    let headers = InvokeHeaders::parse(&parts.headers)?;
    let is_event = headers.invocation_type == InvocationType::Event;
    if is_event {
        invoke_event::check_size(received.bytes.len())?;
    }
    let reference = reference(&params, &parts.uri, &api.account)?;
    let target = reference.arn(&api.account, Some(&LATEST))?;
    let resolved = api.invoker.resolve(&target)?;
    let payload = payload_of(&received.bytes);
    event_json::checked(&payload).await?;
    // An asynchronous event has none: the header is not even looked at, as at AWS.
    let client_context = headers
        .client_context
        .filter(|_| !is_event)
        .map(client_context::decoded)
        .transpose()?;
    let tenant_id = resolved.version.settings.tenant(headers.tenant())?;
    headers.refuse_what_is_lacking()?;
    if headers.invocation_type == InvocationType::DryRun {
        return Ok(answer::empty(StatusCode::NO_CONTENT));
    }
    let trace = Trace::continued(headers.trace);
    if is_event {
        let event = NewEvent {
            function: target.name,
            qualifier: target.qualifier,
            request_id: id,
            trace_id: Some(trace.guest),
            tenant_id,
            payload,
        };
        api.events.accept(event).await?;
        return Ok(invoke_event::accepted(Some(trace.answer)));
    }
    let call = Call {
        target,
        request_id: id,
        payload,
        trace_id: Some(trace.guest),
        client_context,
        tenant_id,
        log_type: headers.log_type,
    };
    let completion = run_to_end(async move { api.invoker.run(resolved, call).await }).await?;
    Ok(invoke_reply::rendered(completion, id, trace.answer))
}

/// The event, or what stands for none.
pub(super) fn payload_of(body: &Bytes) -> Bytes {
    match body.is_empty() {
        true => EMPTY_EVENT,
        false => body.clone(),
    }
}

pub(super) fn reference(
    params: &RawPathParams,
    uri: &Uri,
    account: &Account,
) -> Result<Reference, WireError> {
    let (_, name) = params
        .iter()
        .next()
        .ok_or_else(WireError::unknown_operation)?;
    let qualifier = query::value(uri, "Qualifier");
    Reference::parse(NameShape::Namespaced, name, qualifier.as_deref(), account)
}

/// The id that the caller chose for the invocation, if it did.
pub(super) fn chosen_id(header: Option<&HeaderValue>) -> Result<Option<RequestId>, WireError> {
    let Some(header) = header else {
        return Ok(None);
    };
    // Only the form with dashes: the id appears in log lines, where readers look for it as it was sent.
    let text = header.to_str().ok().filter(|text| text.len() == 36);
    match text.and_then(|text| uuid::Uuid::try_parse(text).ok()) {
        Some(id) => Ok(Some(RequestId(id))),
        None => Err(WireError::invalid_content(
            "The value of x-amzn-RequestId is not a UUID, such as \
             6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_may_choose_the_id_if_it_is_a_uuid() {
        let id = "6B1CDD3E-7A3F-4B8E-9D59-0C2F8A4DE8F1";
        let chosen = chosen_id(Some(&HeaderValue::from_static(id)));
        let chosen = chosen.expect("it is a UUID").expect("it is there");
        assert_eq!(chosen.to_string(), id.to_lowercase());
        assert_eq!(chosen_id(None), Ok(None));
        for text in ["", "7", "6b1cdd3e7a3f4b8e9d590c2f8a4de8f1", "ü"] {
            let header = HeaderValue::from_bytes(text.as_bytes()).expect("headers may hold it");
            assert!(chosen_id(Some(&header)).is_err(), "{text}");
        }
    }
}
