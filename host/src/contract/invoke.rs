//! Invoke: the request becomes a call, the completion becomes the answer.
//!
//! Checks come in this order: web pages, size, constraints, region and account, qualifier, existence, state, the
//! event and the client context, the tenant, what this host lacks. Then the function runs.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};

use super::api::Api;
use super::body::RequestBody;
use super::body::{BodyLimit, Purpose, Received};
use super::error::WireError;
use super::headers::REQUEST_ID;
use super::invoke_headers::{InvocationType, InvokeHeaders};
use super::reference::{NameShape, Reference};
use super::run_to_end::run_to_end;
use super::trace_header::Trace;
use super::{answer, client_context, event_json, invoke_async, invoke_reply, query, web_page};
use crate::domain::{Account, Qualifier, RequestId};
use crate::events::NewEvent;
use crate::invoker::{Call, Resolved, RunGuest};
use crate::limits::SYNC_PAYLOAD_BYTES_MAX;

const INVOKE: Operation = Operation {
    limit: BodyLimit {
        bytes_max: SYNC_PAYLOAD_BYTES_MAX,
        operation: "InvokeFunction",
        purpose: Purpose::Event,
    },
    headers: |headers| InvokeHeaders::parse(headers),
};

/// The event of an invocation without a body.
const EMPTY_EVENT: Bytes = Bytes::from_static(b"{}");

/// What differs between the operations that invoke.
pub(super) struct Operation {
    pub(super) limit: BodyLimit,
    pub(super) headers: fn(&HeaderMap) -> Result<InvokeHeaders<'_>, WireError>,
}

/// An invocation whose request was checked.
pub(super) struct Checked {
    pub(super) invocation_type: InvocationType,
    pub(super) resolved: Resolved,
    pub(super) call: Call,
    /// The tracing header of the answer.
    pub(super) trace: HeaderValue,
    /// The body, which has its share of the memory for as long as this lives.
    pub(super) received: Received,
}

/// `POST /2015-03-31/functions/{FunctionName}/invocations`
pub(super) async fn invoke<G: RunGuest>(
    api: Arc<Api<G>>,
    request: Request<impl RequestBody>,
    name: &str,
) -> Response {
    under_chosen_id(request, |request, id| answered(api, request, name, id)).await
}

/// Answers a request under the id that its caller chose, or under a new one.
pub(super) async fn under_chosen_id<B, F>(
    request: Request<B>,
    answered: impl FnOnce(Request<B>, RequestId) -> F,
) -> Response
where
    F: Future<Output = Result<Response, WireError>>,
{
    let (id, chosen) = match chosen_id(request.headers().get(REQUEST_ID)) {
        Ok(id) => (id.unwrap_or_else(RequestId::random), Ok(())),
        Err(error) => (RequestId::random(), Err(error)),
    };
    let answered = match chosen {
        Ok(()) => answered(request, id).await,
        Err(error) => Err(error),
    };
    let mut response = answered.unwrap_or_else(WireError::into_response);
    answer::identify(&mut response, id);
    response
}

async fn answered<G: RunGuest>(
    api: Arc<Api<G>>,
    request: Request<impl RequestBody>,
    name: &str,
    id: RequestId,
) -> Result<Response, WireError> {
    let Checked {
        invocation_type,
        resolved,
        call,
        trace,
        received: _received,
    } = checked(&api, request, name, id, &INVOKE).await?;
    match invocation_type {
        InvocationType::DryRun => Ok(answer::empty(StatusCode::NO_CONTENT)),
        InvocationType::Event => {
            api.events.accept(event(call)).await?;
            Ok(invoke_async::accepted(Some(trace)))
        }
        InvocationType::RequestResponse => {
            let run = run_to_end(async move { api.invoker.run(resolved, call).await });
            Ok(invoke_reply::rendered(run.await?, id, trace))
        }
    }
}

/// A call that is to be made later.
pub(super) fn event(call: Call) -> NewEvent {
    NewEvent {
        function: call.target.name,
        qualifier: call.target.qualifier,
        request_id: call.request_id,
        trace_id: call.trace_id,
        tenant_id: call.tenant_id,
        payload: call.payload.event(),
    }
}

/// Checks a request for the function of this name; nothing has happened by then.
pub(super) async fn checked<G: RunGuest>(
    api: &Api<G>,
    request: Request<impl RequestBody>,
    name: &str,
    id: RequestId,
    operation: &Operation,
) -> Result<Checked, WireError> {
    web_page::refuse(request.headers())?;
    let (parts, body) = request.into_parts();
    let received = api.bodies.receive(body, operation.limit).await?;
    let headers = (operation.headers)(&parts.headers)?;
    let is_event = headers.invocation_type == InvocationType::Event;
    if is_event {
        invoke_async::check_size(received.bytes.len())?;
    }
    let reference = reference(name, &parts.uri, &api.account)?;
    // What AWS names in the text for a missing function when no qualifier was asked for.
    let target = reference.arn(&api.account, Some(&Qualifier::LATEST))?;
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
    let trace = Trace::continued(headers.trace);
    let call = Call {
        target,
        request_id: id,
        payload: payload.into(),
        trace_id: Some(trace.guest),
        client_context,
        tenant_id,
        log_type: headers.log_type,
    };
    Ok(Checked {
        invocation_type: headers.invocation_type,
        resolved,
        call,
        trace: trace.answer,
        received,
    })
}

/// The event, or what stands for none.
fn payload_of(body: &Bytes) -> Bytes {
    match body.is_empty() {
        true => EMPTY_EVENT,
        false => body.clone(),
    }
}

fn reference(name: &str, uri: &Uri, account: &Account) -> Result<Reference, WireError> {
    let qualifier = query::value(uri, "Qualifier");
    Reference::parse(NameShape::Namespaced, name, qualifier.as_deref(), account)
}

/// The id that the caller chose for the invocation, if it did.
fn chosen_id(header: Option<&HeaderValue>) -> Result<Option<RequestId>, WireError> {
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
