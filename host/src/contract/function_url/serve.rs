//! One request for a function, from the door to the response.
//!
//! Checks come in this order: the id, a browser that asks, who may call, the tenant, the body. Then the
//! function runs. Whoever may not call learns nothing of the function, but that its id is right.

use std::sync::Arc;
use std::time::SystemTime;

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_SECURITY_POLICY;
use http::request::Parts;
use http::{HeaderValue, Request};

use super::address::{self, Addressed, Form};
use super::cors::{self, Page};
use super::event::{self, Received, Told, Waiting};
use super::head::{self, Malformed, Takes};
use super::reply;
use super::streaming::{self, NoResponse};
use crate::contract::api::Api;
use crate::contract::aside::aside;
use crate::contract::body::{self, RequestBody};
use crate::contract::callers::{Peer, Purpose, bytes_of, held};
use crate::contract::client_certificate::ClientCertificate;
use crate::contract::condition_keys::{self, AUTH_TYPE, BY_URL, FUNCTION_ARN};
use crate::contract::error::{ErrorCode, WireError};
use crate::contract::forwarded::Caller;
use crate::contract::headers::TRACE_ID;
use crate::contract::operations::Operation;
use crate::contract::passage::Passage;
use crate::contract::permission::Asking;
use crate::contract::refused::About;
use crate::contract::run_to_end::run_to_end;
use crate::contract::signed::{self, Signed};
use crate::contract::streamed_response::Streamed;
use crate::contract::trace_header::Trace;
use crate::domain::attachments::{FunctionUrl, InvokeMode, UrlAuthType};
use crate::domain::audit::clipped;
use crate::domain::policy::{self, Context, Identity, OwnPolicies, Reason, decide};
use crate::domain::{
    FunctionArn, FunctionRecord, Invocation, LogType, Named as _, Outcome, Payload, Qualifier,
    Refusal, RequestId, WebBody, WebRequest,
};
use crate::invoker::{How, Invoker, Resolved, RunGuest};
use crate::sigv4::Denial;

/// Takes a page that came by a path away from the origin that it shares with the API: it must not read
/// there what its owner could.
const NO_ORIGIN: HeaderValue = HeaderValue::from_static(
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts",
);

/// What whoever calls an address has to be allowed to do: to call it, and to invoke its function by that.
const URL_ACTIONS: [&str; 2] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

/// A request for a function, as it came to the door. It is kept in a box, since it is moved some times on its way.
pub(in crate::contract) struct Visit<B> {
    pub(in crate::contract) parts: Parts,
    pub(in crate::contract) body: B,
    pub(in crate::contract) addressed: Addressed,
    pub(in crate::contract) passage: Passage,
    /// What its caller has shown, where TLS asks for it.
    pub(in crate::contract) certificate: Option<Arc<ClientCertificate>>,
    /// What is held for its caller.
    pub(in crate::contract) peer: Arc<Peer>,
}

/// Any request for a function.
pub(in crate::contract) async fn serve<G: RunGuest>(
    api: Arc<Api<G>>,
    visit: Box<Visit<impl RequestBody>>,
) -> Response {
    let trace = Trace::continued(visit.parts.headers.get(TRACE_ID));
    let shown_trace = trace.answer.clone();
    let form = visit.addressed.form;
    let found = api.catalog.with_url(&visit.addressed.id);
    let target = found.as_ref();
    let mut response = match target.and_then(|(record, place)| Target::of(record, place)) {
        Some(target) => target.answered(&api, visit, trace).await,
        None => WireError::other_account().into_response(),
    };
    head::bound(&mut response);
    let headers = response.headers_mut();
    headers.insert(TRACE_ID, shown_trace);
    if form == Form::Path {
        headers.append(CONTENT_SECURITY_POLICY, NO_ORIGIN);
    }
    head::end_behind(&mut response);
    response
}

/// What a request is for.
struct Target<'a> {
    record: &'a FunctionRecord,
    /// What the URL is attached to.
    place: &'a Qualifier,
    url: &'a FunctionUrl,
}

impl<'a> Target<'a> {
    fn of(record: &'a FunctionRecord, place: &'a Qualifier) -> Option<Self> {
        let url = record.attached(Some(place)).url.as_ref()?;
        Some(Self { record, place, url })
    }

    async fn answered<G: RunGuest>(
        &self,
        api: &Arc<Api<G>>,
        visit: Box<Visit<impl RequestBody>>,
        trace: Trace,
    ) -> Response {
        let cors = self.url.cors.as_ref();
        let cors = cors.map(|cors| (cors, Page::of(&visit.parts.headers)));
        if let Some((cors, page)) = &cors
            && page.asks(&visit.parts.method)
        {
            return cors::preflight(cors, page);
        }
        let invoked = self.invoked(api, visit, trace).await;
        let resource = |about: &mut About| {
            let arn = || clipped(&self.arn(api).text());
            about.resource.get_or_insert_with(arn);
            // Whoever has the function is told, where nobody is known who asks.
            about.account.get_or_insert_with(|| api.account.owner());
        };
        let invoked = invoked.map_err(|refused| refused.knowing(resource));
        let mut response = invoked.unwrap_or_else(WireError::into_response);
        if let Some((cors, page)) = &cors {
            cors::apply(cors, page, response.headers_mut());
        }
        response
    }

    async fn invoked<G: RunGuest>(
        &self,
        api: &Arc<Api<G>>,
        visit: Box<Visit<impl RequestBody>>,
        trace: Trace,
    ) -> Result<Response, WireError> {
        let signed = self.authorize(api, &visit)?;
        if signed.is_none() {
            self.refuse_without_tenant()?;
        }
        let Visit {
            parts,
            body,
            addressed,
            passage,
            certificate,
            peer,
        } = *visit;
        let Passage { id, caller, .. } = passage;
        let limit = Operation::InvokeFunctionUrl.body_limit();
        let mut body = body::receive(body, limit, &peer).await?;
        let signer = match signed {
            Some(signed) => {
                let signer = Box::pin(signed.proven(&body.bytes)).await?;
                let asking = Asking::of(&signer, &passage, &parts.headers, &api.account);
                self.permit(api, asking)?;
                self.refuse_without_tenant()?;
                // No signature is over what follows a body.
                body.trailers = None;
                Some(signer)
            }
            None => None,
        };
        let target = self.arn(api);
        let resolved = api.invoker.resolve(&target).map_err(without_names)?;
        let takes = Takes::of(&parts);
        let received = Received {
            request: told(parts, &mut body, &addressed, caller, &trace.guest),
            url_id: addressed.id,
            request_id: id,
            caller: event::address_of(caller),
            signer,
            certificate,
            time: SystemTime::now(),
        };
        let invocation = Invocation {
            target,
            request_id: id,
            payload: Payload::Web(Arc::new(Waiting::new(received))),
            trace_id: Some(trace.guest),
            client_context: None,
            tenant_id: None,
            log_type: LogType::None,
        };
        if self.url.invoke_mode == Some(InvokeMode::ResponseStream) {
            let room = peer.expect_stream()?;
            let streamed = Streamed::begin(Arc::clone(&api.invoker), resolved, invocation, body);
            let response = streaming::response(streamed, takes).await;
            let response = response.or_else(|reason| without_response(reason, id))?;
            return Ok(held(room, response));
        }
        let expected = api.host.answers.of(&resolved.version);
        let room = peer.expect_answer(expected.bytes())?;
        let invoker = Arc::clone(&api.invoker);
        let response = buffered(invoker, resolved, invocation, body, takes).await?;
        api.host.answers.note(expected, bytes_of(&response));
        peer.hold_answer(Purpose::Call, room, response)
    }

    /// Whether whoever sends a request may call, as far as that is known without its body. Where they have to say
    /// who they are, this is what they say.
    fn authorize<G, B>(
        &self,
        api: &Api<G>,
        visit: &Visit<B>,
    ) -> Result<Option<Box<Signed>>, WireError> {
        if !self.record.has(Some(self.place)) {
            return Err(forbidden());
        }
        match (self.url.auth_type, &api.host.identities) {
            (UrlAuthType::None, _)
                if api.host.open_function_urls || self.is_allowed_to_all(api, visit) =>
            {
                Ok(None)
            }
            (UrlAuthType::AwsIam, Some(identities)) => {
                let scope = ("lambda", &*api.account.region);
                let source = visit.passage.sender();
                match signed::read(identities, &visit.parts, source, scope) {
                    Ok(signed) => Ok(Some(Box::new(signed))),
                    Err(refused) if refused.denial == Denial::NothingSigned => Err(forbidden()),
                    Err(refused) => Err(refused.into()),
                }
            }
            (UrlAuthType::None, _) | (UrlAuthType::AwsIam, None) => Err(forbidden()),
        }
    }

    /// Whether somebody who has signed may call.
    fn permit<G>(&self, api: &Api<G>, asking: Asking<'_>) -> Result<(), WireError> {
        let policy = &self.record.attached(Some(self.place)).policy;
        let resource = self.arn(api).text();
        let asking = asking.knowing(|context| self.known(context, &resource));
        let asked = asking.all(&URL_ACTIONS, &resource, policy);
        asked.map_err(|denied| forbidden().in_place_of(denied))
    }

    /// What policies may ask about a call of an address.
    fn known(&self, context: Context, arn: &str) -> Context {
        let context = context
            .with(AUTH_TYPE, self.url.auth_type.name())
            .with(BY_URL, "true")
            .with(FUNCTION_ARN, arn);
        condition_keys::with_tags(context, self.record)
    }

    fn is_allowed_to_all<G, B>(&self, api: &Api<G>, visit: &Visit<B>) -> bool {
        let policy = &self.record.attached(Some(self.place)).policy;
        let (identity, own) = (Identity::anonymous(), OwnPolicies::default());
        let resource = self.arn(api).text();
        let (passage, headers) = (&visit.passage, &visit.parts.headers);
        let context = condition_keys::of_request(passage, headers, &api.account.region);
        let context = self.known(context, &resource);
        let decided = URL_ACTIONS.map(|action| {
            let request = policy::Request {
                identity: &identity,
                action,
                resource: &resource,
                context: &context,
            };
            decide(request, &own, policy).reason
        });
        // Addresses that were open before AWS asked for the second action are so still: there it only must not be denied.
        matches!(
            decided,
            [
                Reason::Allowed(_),
                Reason::Allowed(_) | Reason::NotAllowed(_)
            ]
        )
    }

    /// An address has no way to name a tenant, so that functions which need one cannot be called here.
    fn refuse_without_tenant(&self) -> Result<(), WireError> {
        if let Some(version) = self.record.shown(Some(self.place)) {
            version.settings.tenant(None)?;
        }
        Ok(())
    }

    fn arn<G>(&self, api: &Api<G>) -> FunctionArn {
        let alias = Some(self.place).filter(|place| **place != Qualifier::LATEST);
        api.account
            .function_arn(&self.record.latest.function, alias)
    }
}

/// The request as the function gets it: under its own address, and told what the host knows.
pub(super) fn told(
    parts: Parts,
    body: &mut body::Received,
    addressed: &Addressed,
    caller: Caller,
    trace: &str,
) -> WebRequest {
    let host = address::host_header(&parts.uri, &parts.headers);
    let mut request = Request::new(WebBody {
        bytes: body.bytes.clone(),
        trailers: body.trailers.take(),
    });
    *request.method_mut() = parts.method;
    *request.version_mut() = parts.version;
    *request.uri_mut() = addressed.target(parts.uri).into();
    *request.headers_mut() = parts.headers;
    let told = Told {
        host,
        trace,
        caller,
    };
    event::tell(request.headers_mut(), told);
    request
}

/// The response of a function that answers whole. Its request's body is held until it has run, also where the
/// caller has left meanwhile.
async fn buffered<G: RunGuest>(
    invoker: Arc<Invoker<G>>,
    resolved: Resolved,
    invocation: Invocation,
    body: body::Received,
    takes: Takes,
) -> Result<Response, WireError> {
    let id = invocation.request_id;
    let run = run_to_end(async move {
        let _held = body;
        invoker.run(resolved, invocation, How::default()).await
    });
    match run.await.map_err(without_names)?.report.outcome {
        Outcome::Web(response) => Ok(head::given(*response, takes)),
        Outcome::Returned(answer) => rendered(answer, id).await,
        Outcome::Failed(_) => Ok(head::failed()),
    }
}

async fn rendered(answer: Bytes, id: RequestId) -> Result<Response, WireError> {
    let rendered = aside(answer.len(), move || reply::buffered(answer)).await?;
    Ok(rendered.unwrap_or_else(|malformed| no_response(malformed, id)))
}

fn without_response(reason: NoResponse, id: RequestId) -> Result<Response, WireError> {
    match reason {
        NoResponse::Refused(refusal) => Err(without_names(refusal)),
        NoResponse::Failed => Ok(head::failed()),
        NoResponse::Malformed(malformed) => Ok(no_response(malformed, id)),
    }
}

fn no_response(Malformed(reason): Malformed, id: RequestId) -> Response {
    tracing::debug!(request_id = %id, reason, "what a function returned is no response");
    head::failed()
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
