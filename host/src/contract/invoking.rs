//! What the operations that invoke have in common: the request becomes an invocation.
//!
//! Checks come in this order: size, who sends it, constraints, region and account, qualifier, whether they may,
//! existence, state, the event and the client context, the tenant, what this host lacks. Then nothing has happened yet.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};

use super::api::Api;
use super::body::{self, Received, RequestBody};
use super::callers::Peer;
use super::error::WireError;
use super::invoke_headers::{InvocationType, InvokeHeaders};
use super::invoking_path::{Asked, Invoking};
use super::passage::Passage;
use super::permission::{self, Asking};
use super::reference::{NameShape, Reference};
use super::signed::Signed;
use super::trace_header::Trace;
use super::{client_context, event_json, query};
use crate::domain::{Account, Invocation, Qualifier};
use crate::events::NewEvent;
use crate::invoker::{Resolved, RunGuest};
use crate::limits::EVENT_PAYLOAD_BYTES_MAX;

/// The event of an invocation without a body.
const EMPTY_EVENT: Bytes = Bytes::from_static(b"{}");

/// An invocation whose request was checked.
pub(super) struct Checked {
    pub(super) invocation_type: InvocationType,
    pub(super) resolved: Resolved,
    pub(super) invocation: Invocation,
    /// The tracing header of the answer.
    pub(super) trace: HeaderValue,
    /// The body, which has its share of the memory for as long as this lives.
    pub(super) received: Received,
}

/// Who sends a request for an invocation.
pub(super) struct Sender<'a> {
    pub(super) passage: Passage,
    /// What is held for it.
    pub(super) peer: &'a Arc<Peer>,
    /// What it says of itself, where the host asks.
    pub(super) signed: Option<Box<Signed>>,
}

/// Checks a request for an invocation.
pub(super) async fn checked<G: RunGuest>(
    api: &Api<G>,
    parts: &Parts,
    body: impl RequestBody,
    asked: &Asked<'_>,
    sender: Sender<'_>,
) -> Result<Checked, WireError> {
    let limit = asked.invoking.operation().body_limit();
    let received = body::receive(body, limit, sender.peer).await?;
    let signer = match sender.signed {
        Some(signed) => Some(Box::pin(signed.proven(&received.bytes)).await?),
        None => None,
    };
    let headers = headers(asked.invoking, &parts.headers)?;
    let is_event = headers.invocation_type == InvocationType::Event;
    if is_event {
        check_size(received.bytes.len())?;
    }
    let asking = signer.as_ref();
    let asking =
        asking.map(|signer| Asking::of(signer, &sender.passage, &parts.headers, &api.account));
    if let Some(asking) = &asking {
        permission::to_leave_account(api, asking, asked.invoking.operation(), &asked.name)?;
    }
    let reference = reference(&asked.name, &parts.uri, &api.account)?;
    if let Some(asking) = asking {
        permission::to_invoke(api, asking, asked.invoking.operation(), &reference)?;
    }
    // What AWS names in the text for a missing function when no qualifier was asked for.
    let target = reference.arn(&api.account, Some(&Qualifier::LATEST))?;
    let resolved = api.invoker.resolve(&target)?;
    let event = event_json::parsed(payload_of(&received.bytes)).await?;
    // An asynchronous event has none: the header is not even looked at, as at AWS.
    let client_context = headers
        .client_context
        .filter(|_| !is_event)
        .map(client_context::decoded)
        .transpose()?;
    let tenant_id = resolved.version.settings.tenant(headers.tenant())?;
    headers.refuse_what_is_lacking()?;
    let trace = Trace::continued(headers.trace);
    let invocation = Invocation {
        target,
        request_id: sender.passage.id,
        payload: event.into(),
        trace_id: Some(trace.guest),
        client_context,
        tenant_id,
        log_type: headers.log_type,
    };
    Ok(Checked {
        invocation_type: headers.invocation_type,
        resolved,
        invocation,
        trace: trace.answer,
        received,
    })
}

/// An invocation that is to be made later.
pub(super) fn event(invocation: Invocation) -> NewEvent {
    NewEvent {
        function: invocation.target.name,
        qualifier: invocation.target.qualifier,
        request_id: invocation.request_id,
        trace_id: invocation.trace_id,
        tenant_id: invocation.tenant_id,
        payload: invocation.payload.event().expect("it came as an event"),
    }
}

fn headers(invoking: Invoking, headers: &HeaderMap) -> Result<InvokeHeaders<'_>, WireError> {
    match invoking {
        Invoking::Invoke => InvokeHeaders::parse(headers),
        Invoking::Stream => InvokeHeaders::parse_streaming(headers),
        Invoking::Async => Ok(InvokeHeaders::of_invoke_async()),
    }
}

/// Refuses an event that is larger than an asynchronous one may be.
fn check_size(bytes: usize) -> Result<(), WireError> {
    match bytes <= EVENT_PAYLOAD_BYTES_MAX {
        true => Ok(()),
        false => Err(WireError::event_too_large(bytes, EVENT_PAYLOAD_BYTES_MAX)),
    }
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
