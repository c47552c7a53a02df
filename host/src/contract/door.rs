//! The host's door: every request comes in here, and what holds for all of them is done here, once.
//!
//! Which operation a request asks for is seen first: functions on the web by their address, invocations by
//! their path, all others by the table of operations. Whatever it is passes the same steps, before it is handled
//! in [`Rooms::enter`], and behind that in [`Rooms::leave`].

mod by_action;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use tower::Service;

use super::accounts::Accounts;
use super::api::Api;
use super::body::{self, ReadBefore, RequestBody};
use super::callers::{Connected, Peer, Purpose};
use super::error::WireError;
use super::forwarded::Caller;
use super::function_url::{self, Addressed, Visit};
use super::handlers::Handlers;
use super::host_api::HostApi;
use super::invoking::Sender;
use super::invoking_path::{self, Asked, Invoking};
use super::operations::{Operation, Resource};
use super::passage::Passage;
use super::path_names::PathNames;
use super::permission::{self, Asking};
use super::protocol::Protocol;
use super::refused::RefusedAnswer;
use super::request_counts::RequestCounts;
use super::routes::Routes;
use super::signed::{self, Signed};
use super::{
    answer, cloudwatch, invoke, invoke_async, invoke_stream, invoking, single_headers, web_page,
};
use crate::deployer::CompileGuest;
use crate::domain::audit::Actor;
use crate::invoker::{PrepareGuest, RunGuest};

/// Everything that the host answers, as one service. A clone is another handle to the same.
pub struct Door<G> {
    rooms: Arc<Rooms<G>>,
    connected: Connected,
}

/// The answer to a request that was let in; or to one that was not, which has left already.
type Answered = Result<Response, Box<Response>>;

/// What is behind the door.
struct Rooms<G> {
    accounts: Arc<Accounts<G>>,
    routes: Routes,
    handlers: Handlers<G>,
}

impl<G> Clone for Door<G> {
    fn clone(&self) -> Self {
        Self {
            rooms: Arc::clone(&self.rooms),
            connected: self.connected.clone(),
        }
    }
}

/// The door of a host.
pub(crate) fn door<G: RunGuest + CompileGuest + PrepareGuest>(
    accounts: Arc<Accounts<G>>,
) -> Door<G> {
    let connected = accounts.host().peers.connected(None);
    Door {
        rooms: Arc::new(Rooms {
            accounts,
            routes: Routes::new(),
            handlers: Handlers::new(),
        }),
        connected,
    }
}

impl<G: RunGuest> Door<G> {
    /// The requests that were answered here.
    pub(crate) fn requests(&self) -> &RequestCounts {
        &self.rooms.host().requests
    }

    /// The door for the requests of one connection.
    #[must_use]
    pub fn for_caller(&self, address: SocketAddr) -> Self {
        self.of(&self.rooms.host().peers.connected(Some(address.ip())))
    }

    /// The same, for one that was accepted here.
    pub(crate) fn of(&self, connected: &Connected) -> Self {
        Self {
            rooms: Arc::clone(&self.rooms),
            connected: connected.clone(),
        }
    }

    /// Answers one request.
    ///
    /// Invoke is what a host does all day: it comes before everything else, and its way is not put into a box as
    /// those of the others are.
    pub async fn answer<B: RequestBody>(self, request: http::Request<B>) -> Response {
        let Self { rooms, connected } = self;
        let (parts, body) = request.into_parts();
        let region = &rooms.own().account.region;
        let addressed = function_url::addressed(&parts.uri, &parts.headers, region);
        let answered = if let Some(addressed) = addressed {
            Box::pin(rooms.visit(&connected, parts, body, addressed)).await
        } else if let Some(asked) = invoking_path::read(&parts.method, parts.uri.path()) {
            rooms.invoke(&connected, &parts, body, asked).await
        } else if Protocol::of(None, &parts) == Protocol::Query {
            Box::pin(rooms.query(&connected, parts, Body::new(body))).await
        } else {
            Box::pin(rooms.route(&connected, parts, Body::new(body))).await
        };
        answered.unwrap_or_else(|refused| *refused)
    }
}

impl<G> Rooms<G> {
    /// The host's own account.
    fn own(&self) -> &Arc<Api<G>> {
        self.accounts.own()
    }

    fn host(&self) -> &HostApi {
        self.accounts.host()
    }
}

impl<G: RunGuest> Rooms<G> {
    /// What is done for every request before it is handled, whatever it asks for, in this order.
    ///
    /// # Errors
    /// The answer to one that is kept out, which has left already.
    fn enter(
        &self,
        operation: Option<Operation>,
        connected: &Connected,
        parts: &Parts,
    ) -> Result<(Passage, Option<Box<Signed>>), Box<Response>> {
        let (passage, problem) = Passage::of(
            operation,
            Caller::of(connected),
            &self.host().proxies,
            parts,
        );
        // What is measured or told of a request begins here, and ends behind its answer.
        match problem.and_then(|()| self.admit(&passage, parts)) {
            Ok(signed) => Ok((passage, signed)),
            Err(error) => Err(Box::new(self.leave(passage, Err(error)))),
        }
    }

    /// What lets a request in or keeps it out, before anything is done for it. Each step may ask what the
    /// steps before it have found.
    fn admit(&self, passage: &Passage, parts: &Parts) -> Result<Option<Box<Signed>>, WireError> {
        let operation = passage.operation;
        single_headers::check(operation, &parts.headers)?;
        self.host().host_names.check(operation, parts)?;
        web_page::check(operation, &parts.headers)?;
        match &self.host().identities {
            None => Ok(None),
            Some(identities) => {
                signed::claimed(identities, passage, parts, &self.own().account.region)
            }
        }
    }

    /// What is done for every request after it was handled.
    fn leave(&self, passage: Passage, answered: Result<Response, WireError>) -> Response {
        let refused = |error| passage.protocol.refused(error, passage.id);
        let mut response = answered.unwrap_or_else(refused);
        if let Some(refused) = response.extensions_mut().remove::<RefusedAnswer>() {
            let account = refused.account();
            let account = account.unwrap_or_else(|| self.own().account.owner());
            self.host().refusals.note(&passage, refused, account);
        }
        answer::identify(&mut response, passage.id);
        self.host()
            .requests
            .count(passage.operation, response.status());
        response
    }

    /// An invocation.
    async fn invoke<B: RequestBody>(
        &self,
        connected: &Connected,
        parts: &Parts,
        body: B,
        asked: Asked<'_>,
    ) -> Answered {
        let (passage, signed) = self.enter(Some(asked.invoking.operation()), connected, parts)?;
        let peer = self.peer(&passage, connected);
        let sender = Sender {
            passage,
            peer: &peer,
            signed,
        };
        let answered = match &sender.signed {
            None => invoked(self.own(), parts, body, asked, sender).await,
            Some(signed) => match self.accounts.named(signed.account(), Some(&asked.name)) {
                Ok(api) => Box::pin(invoked(&api, parts, body, asked, sender)).await,
                Err(error) => Err(error),
            },
        };
        Ok(self.leave(passage, answered))
    }

    /// A request for a function on the web.
    async fn visit<B: RequestBody>(
        &self,
        connected: &Connected,
        parts: Parts,
        body: B,
        addressed: Addressed,
    ) -> Answered {
        // Who has to say who they are is known with the function.
        let (passage, _) = self.enter(Some(Operation::InvokeFunctionUrl), connected, &parts)?;
        let visit = Box::new(Visit {
            parts,
            body,
            addressed,
            certificate: passage.caller.certificate(connected),
            passage,
            peer: self.peer(&passage, connected),
        });
        let api = self.accounts.with_url(&visit.addressed.id);
        let answered = function_url::serve(api, visit).await;
        Ok(self.leave(passage, Ok(answered)))
    }

    /// Any other request.
    async fn route(&self, connected: &Connected, mut parts: Parts, body: Body) -> Answered {
        let found = self.routes.find(&parts.method, &parts.uri, &parts.headers);
        let (operation, names) = match found {
            Some((operation, names)) => (Some(operation), names),
            None => (None, PathNames::default()),
        };
        let (passage, signed) = self.enter(operation, connected, &parts)?;
        let peer = self.peer(&passage, connected);
        let asked = match &signed {
            None => Ok(Arc::clone(self.own())),
            Some(signed) => self.accounts.asked(signed.account(), operation, &names),
        };
        parts.extensions.insert(passage);
        parts.extensions.insert(names);
        parts.extensions.insert(Arc::clone(&peer));
        let answered = match (asked, signed) {
            (Err(error), _) => Err(signed::in_protocol(passage.protocol, error)),
            (Ok(api), None) => match catch_up(&api, operation).await {
                Ok(()) => {
                    parts.extensions.insert(passage.cause(Actor::Anonymous));
                    self.handled(api, operation, parts, body).await
                }
                Err(error) => Err(error),
            },
            (Ok(api), Some(signed)) => {
                let sender = (signed, &passage, &peer);
                self.permitted(api, sender, parts, body).await
            }
        };
        let held = answered.and_then(|answer| peer.hold_answer(Purpose::Control, None, answer));
        Ok(self.leave(passage, held))
    }

    /// A request whose sender has to be believed, and allowed what it asks for, before anything is done.
    async fn permitted(
        &self,
        api: Arc<Api<G>>,
        (signed, passage, peer): (Box<Signed>, &Passage, &Arc<Peer>),
        mut parts: Parts,
        body: Body,
    ) -> Result<Response, WireError> {
        let operation = passage.operation;
        let asked = async {
            let mut hidden = None;
            let received = body::receive(body, signed::body_limit(operation), peer).await?;
            let signer = signed.proven(&received.bytes).await?;
            catch_up(&api, operation).await?;
            if let Some(operation) = operation {
                let asking = Asking::of(&signer, passage, &parts.headers, &api.account);
                permission::check(&api, &asking, operation, &parts, &received.bytes).await?;
                hidden = permission::hidden_tags(&api, &asking, operation, &parts)?;
            }
            Ok::<_, WireError>((received, hidden, signer.actor()))
        };
        let asked = asked.await;
        let (received, hidden, actor) =
            asked.map_err(|error| signed::in_protocol(passage.protocol, error))?;
        if let Some(hidden) = hidden {
            parts.extensions.insert(hidden);
        }
        parts.extensions.insert(passage.cause(actor));
        parts.extensions.insert(ReadBefore::of(received));
        self.handled(api, operation, parts, Body::empty()).await
    }

    async fn handled(
        &self,
        api: Arc<Api<G>>,
        operation: Option<Operation>,
        mut parts: Parts,
        body: Body,
    ) -> Result<Response, WireError> {
        let Some(operation) = operation else {
            return Ok(unknown(&parts));
        };
        let Some(handler) = self.handlers.of(operation) else {
            return Ok(unknown(&parts));
        };
        if operation.resource() == Resource::Host {
            parts.extensions.insert(Arc::clone(&self.accounts));
        }
        Ok(handler(Request::from_parts(parts, body), api).await)
    }

    /// What is held for whoever sends a request, who need not be at the other end of the connection.
    fn peer(&self, passage: &Passage, connected: &Connected) -> Arc<Peer> {
        match passage.caller.address == connected.address {
            true => Arc::clone(&connected.peer),
            false => self.host().peers.peer(passage.caller.address),
        }
    }
}

/// Hosts that share their functions answer as one: what another has answered is seen from here on, also in what the
/// policies of functions say.
async fn catch_up<G>(api: &Api<G>, operation: Option<Operation>) -> Result<(), WireError> {
    if operation.is_some_and(Operation::reads_catalog) {
        let caught_up = api.catalog.catch_up().await;
        caught_up.map_err(WireError::outdated)?;
    }
    Ok(())
}

async fn invoked<G: RunGuest, B: RequestBody>(
    api: &Arc<Api<G>>,
    parts: &Parts,
    body: B,
    asked: Asked<'_>,
    sender: Sender<'_>,
) -> Result<Response, WireError> {
    let peer = sender.peer;
    let checked = invoking::checked(api, parts, body, &asked, sender).await?;
    match asked.invoking {
        Invoking::Invoke => invoke::answered(api, checked, peer).await,
        Invoking::Stream => Box::pin(invoke_stream::answered(api, checked, peer)).await,
        Invoking::Async => Box::pin(invoke_async::answered(api, checked, peer)).await,
    }
}

/// What is answered to a request for no operation of this host.
fn unknown(parts: &Parts) -> Response {
    let logs = cloudwatch::target::unknown(&parts.method, &parts.uri, &parts.headers);
    match logs {
        Some(error) => error.into_response(),
        None => WireError::unknown_operation().into_response(),
    }
}

impl<G: RunGuest> Service<Request> for Door<G> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let door = self.clone();
        Box::pin(async move { Ok(door.answer(request).await) })
    }
}
