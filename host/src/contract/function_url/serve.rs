//! One request for a function, from the door to the response.
//!
//! Checks come in this order: the id, a browser that asks, who may call, the tenant, the body. Then the
//! function runs. Whoever may not call learns nothing of the function, but that its id is right.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_SECURITY_POLICY;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::address::{self, Addressed, Form};
use super::cors::{self, Page};
use super::event;
use super::head::Malformed;
use super::reply;
use super::streaming::{self, NoResponse};
use crate::contract::api::Api;
use crate::contract::error::{ErrorCode, WireError};
use crate::contract::headers::TRACE_ID;
use crate::contract::operations::Operation;
use crate::contract::passage::Passage;
use crate::contract::run_to_end::run_to_end;
use crate::contract::streamed_response::Streamed;
use crate::contract::trace_header::Trace;
use crate::domain::attachments::{Cors, FunctionUrl};
use crate::domain::{
    FunctionArn, FunctionRecord, LogType, Outcome, Payload, Qualifier, Refusal, RequestId, policy,
};
use crate::invoker::{Call, RunGuest};
use crate::limits::INLINE_PARSE_BYTES_MAX;

/// Takes a page that came by a path away from the origin that it shares with the API: it must not read
/// there what its owner could.
const NO_ORIGIN: HeaderValue = HeaderValue::from_static(
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts",
);

/// Any request for a function.
pub(in crate::contract) async fn serve<G: RunGuest>(
    api: Arc<Api<G>>,
    passage: Passage,
    addressed: Addressed,
    request: Request,
) -> Response {
    let trace = Trace::continued(request.headers().get(TRACE_ID));
    let shown_trace = trace.answer.clone();
    let by_path = addressed.form == Form::Path;
    let mut response = match Target::of(&api, addressed) {
        Some(target) => target.answered(api, passage, request, trace).await,
        None => WireError::other_account().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(TRACE_ID, shown_trace);
    if by_path {
        headers.append(CONTENT_SECURITY_POLICY, NO_ORIGIN);
    }
    response
}

/// What a request is for.
struct Target {
    record: Arc<FunctionRecord>,
    /// What the URL is attached to.
    place: Qualifier,
    url: FunctionUrl,
    /// What is left of the path.
    path: String,
}

impl Target {
    fn of<G>(api: &Api<G>, addressed: Addressed) -> Option<Self> {
        let (record, place) = api.catalog.with_url(&addressed.id)?;
        let url = record.attached(Some(&place)).url.clone()?;
        Some(Self {
            record,
            place,
            url,
            path: addressed.path,
        })
    }

    async fn answered<G: RunGuest>(
        self,
        api: Arc<Api<G>>,
        passage: Passage,
        request: Request,
        trace: Trace,
    ) -> Response {
        let page = Page::of(request.headers());
        let cors: Option<Cors> = self.url.cors.clone();
        if let Some(cors) = &cors
            && page.asks(request.method())
        {
            return cors::preflight(cors, &page);
        }
        let invoked = self.invoked(api, passage, request, trace).await;
        let mut response = invoked.unwrap_or_else(WireError::into_response);
        if let Some(cors) = &cors {
            cors::apply(cors, &page, response.headers_mut());
        }
        response
    }

    async fn invoked<G: RunGuest>(
        self,
        api: Arc<Api<G>>,
        passage: Passage,
        request: Request,
        trace: Trace,
    ) -> Result<Response, WireError> {
        let id = passage.id;
        self.authorize(api.open_function_urls)?;
        self.refuse_without_tenant()?;
        let (parts, body) = request.into_parts();
        let limit = Operation::InvokeFunctionUrl.body_limit();
        let received = api.bodies.receive(body, limit).await?;
        let target = self.arn(&api);
        let resolved = api.invoker.resolve(&target).map_err(without_names)?;
        let streams = self.url.invoke_mode.as_deref() == Some("RESPONSE_STREAM");
        let is_head_request = parts.method == Method::HEAD;
        let request = self.received(passage, parts, received.bytes.clone(), &trace);
        let call = Call {
            target,
            request_id: id,
            payload: Payload::Web(Arc::new(request)),
            trace_id: Some(trace.guest),
            client_context: None,
            tenant_id: None,
            log_type: LogType::None,
        };
        if streams {
            let streamed = Streamed::begin(Arc::clone(&api.invoker), resolved, call, received);
            let response = streaming::response(streamed, is_head_request).await;
            return response.or_else(|reason| without_response(reason, id));
        }
        let completion = run_to_end(async move { api.invoker.run(resolved, call).await });
        match completion.await.map_err(without_names)?.report.outcome {
            Outcome::Returned(answer) => rendered(answer, id).await,
            Outcome::Failed(_) => Ok(failed()),
        }
    }

    /// Whether anybody may call: nobody can say who they are yet.
    fn authorize(&self, is_open: bool) -> Result<(), WireError> {
        let attached = self.record.attached(Some(&self.place));
        let is_allowed = is_open || policy::allows_function_url(&attached.policy, "NONE");
        let is_there = self.record.has(Some(&self.place));
        match self.url.auth_type == "NONE" && is_there && is_allowed {
            true => Ok(()),
            false => Err(forbidden()),
        }
    }

    /// An address has no way to name a tenant, so that functions which need one cannot be called here.
    fn refuse_without_tenant(&self) -> Result<(), WireError> {
        if let Some(version) = self.record.shown(Some(&self.place)) {
            version.settings.tenant(None)?;
        }
        Ok(())
    }

    fn arn<G>(&self, api: &Api<G>) -> FunctionArn {
        let alias = Some(&self.place).filter(|place| **place != Qualifier::LATEST);
        api.account
            .function_arn(&self.record.latest.function, alias)
    }

    fn received(
        self,
        passage: Passage,
        parts: Parts,
        body: Bytes,
        trace: &Trace,
    ) -> event::Received {
        event::Received {
            path: self.path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            host: address::host(&parts.uri, &parts.headers).to_owned(),
            // A server that is not ours may not tell who is connected to it.
            caller: passage.peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            method: parts.method,
            version: parts.version,
            headers: parts.headers,
            body,
            url_id: self.url.id,
            request_id: passage.id,
            trace: trace.guest.clone(),
            time: SystemTime::now(),
        }
    }
}

async fn rendered(answer: Bytes, id: RequestId) -> Result<Response, WireError> {
    let rendered = aside(answer.len(), move || reply::buffered(answer)).await?;
    Ok(rendered.unwrap_or_else(|malformed| no_response(malformed, id)))
}

fn without_response(reason: NoResponse, id: RequestId) -> Result<Response, WireError> {
    match reason {
        NoResponse::Refused(refusal) => Err(without_names(refusal)),
        NoResponse::Failed => Ok(failed()),
        NoResponse::Malformed(malformed) => Ok(no_response(malformed, id)),
    }
}

fn no_response(Malformed(reason): Malformed, id: RequestId) -> Response {
    tracing::debug!(request_id = %id, reason, "what a function returned is no response");
    failed()
}

/// Does `work` on `bytes`; with many of them on a thread that may be busy for a while.
async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WireError> {
    if bytes <= INLINE_PARSE_BYTES_MAX {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "the answer of a function could not be worked on");
        WireError::from(Refusal::Internal)
    })
}

/// The response where the function failed, or answered with what is no response.
fn failed() -> Response {
    (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response()
}

fn forbidden() -> WireError {
    WireError::new(
        ErrorCode::AccessDenied,
        "Forbidden. For troubleshooting Function URL authorization issues, see: \
         https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    )
}

/// What is gone meanwhile is like what may not be called: its name is not for everybody.
fn without_names(refusal: Refusal) -> WireError {
    match refusal {
        Refusal::FunctionNotFound(_) => forbidden(),
        other => other.into(),
    }
}
