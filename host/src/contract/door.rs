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

use super::api::Api;
use super::body::{self, ReadBefore, RequestBody};
use super::callers::{Connected, Peer, Purpose};
use super::error::WireError;
use super::function_url::{self, Addressed, Visit};
use super::handlers::Handlers;
use super::invoking::Sender;
use super::invoking_path::{self, Asked, Invoking};
use super::operations::Operation;
use super::passage::Passage;
use super::path_names::PathNames;
use super::permission::{self, Asking};
use super::protocol::Protocol;
use super::request_counts::RequestCounts;
use super::routes::Routes;
use super::signed::{self, Signed};
use super::{
    answer, cloudwatch, invoke, invoke_async, invoke_stream, invoking, single_headers, web_page,
};
use crate::deployer::CompileGuest;
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
    api: Arc<Api<G>>,
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
pub(crate) fn door<G: RunGuest + CompileGuest + PrepareGuest>(api: Api<G>) -> Door<G> {
    let connected = api.peers.connected(None);
    Door {
        rooms: Arc::new(Rooms {
            api: Arc::new(api),
            routes: Routes::new(),
            handlers: Handlers::new(),
        }),
        connected,
    }
}

impl<G: RunGuest> Door<G> {
    /// The requests that were answered here.
    pub(crate) fn requests(&self) -> &RequestCounts {
        &self.rooms.api.requests
    }

    /// The door for the requests of one connection.
    #[must_use]
    pub fn for_caller(&self, address: SocketAddr) -> Self {
        self.of(&self.rooms.api.peers.connected(Some(address.ip())))
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
        let region = &rooms.api.account.region;
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
        let (passage, problem) =
            Passage::of(operation, connected.address, &self.api.proxies, parts);
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
        self.api.host_names.check(operation, parts)?;
        web_page::check(operation, &parts.headers)?;
        match &self.api.identities {
            None => Ok(None),
            Some(identities) => {
                signed::claimed(identities, passage, parts, &self.api.account.region)
            }
        }
    }

    /// What is done for every request after it was handled.
    fn leave(&self, passage: Passage, answered: Result<Response, WireError>) -> Response {
        let refused = |error| passage.protocol.refused(error, passage.id);
        let mut response = answered.unwrap_or_else(refused);
        answer::identify(&mut response, passage.id);
        self.api
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
        let answered = self.invoked(parts, body, asked, sender).await;
        Ok(self.leave(passage, answered))
    }

    async fn invoked<B: RequestBody>(
        &self,
        parts: &Parts,
        body: B,
        asked: Asked<'_>,
        sender: Sender<'_>,
    ) -> Result<Response, WireError> {
        let (api, peer) = (&self.api, sender.peer);
        let checked = invoking::checked(api, parts, body, &asked, sender).await?;
        match asked.invoking {
            Invoking::Invoke => invoke::answered(api, checked, peer).await,
            Invoking::Stream => Box::pin(invoke_stream::answered(api, checked, peer)).await,
            Invoking::Async => Box::pin(invoke_async::answered(api, checked, peer)).await,
        }
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
        let visit = Visit {
            parts,
            body,
            addressed,
            passage,
            peer: self.peer(&passage, connected),
        };
        let answered = function_url::serve(Arc::clone(&self.api), visit).await;
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
        parts.extensions.insert(passage);
        parts.extensions.insert(names);
        parts.extensions.insert(Arc::clone(&peer));
        let answered = match signed {
            None => match self.catch_up(operation).await {
                Ok(()) => self.handled(operation, parts, body).await,
                Err(error) => Err(error),
            },
            Some(signed) => self.permitted(signed, &passage, parts, body, &peer).await,
        };
        let held = answered.and_then(|answer| peer.hold_answer(Purpose::Control, None, answer));
        Ok(self.leave(passage, held))
    }

    /// A request whose sender has to be believed, and allowed what it asks for, before anything is done.
    async fn permitted(
        &self,
        signed: Box<Signed>,
        passage: &Passage,
        mut parts: Parts,
        body: Body,
        peer: &Arc<Peer>,
    ) -> Result<Response, WireError> {
        let operation = passage.operation;
        let asked = async {
            let mut hidden = None;
            let received = body::receive(body, signed::body_limit(operation), peer).await?;
            let signer = signed.proven(&received.bytes).await?;
            self.catch_up(operation).await?;
            if let Some(operation) = operation {
                let asking = Asking::of(&signer, passage, &parts.headers, &self.api.account);
                permission::check(&self.api, &asking, operation, &parts, &received.bytes).await?;
                hidden = permission::hidden_tags(&self.api, &asking, operation, &parts)?;
            }
            Ok::<_, WireError>((received, hidden))
        };
        let asked = asked.await;
        let (received, hidden) =
            asked.map_err(|error| signed::in_protocol(passage.protocol, error))?;
        if let Some(hidden) = hidden {
            parts.extensions.insert(hidden);
        }
        parts.extensions.insert(ReadBefore::of(received));
        self.handled(operation, parts, Body::empty()).await
    }

    /// Hosts that share their functions answer as one: what another has answered is seen from here on, also in what
    /// the policies of functions say.
    async fn catch_up(&self, operation: Option<Operation>) -> Result<(), WireError> {
        if operation.is_some_and(Operation::reads_catalog) {
            let caught_up = self.api.catalog.catch_up().await;
            caught_up.map_err(WireError::outdated)?;
        }
        Ok(())
    }

    async fn handled(
        &self,
        operation: Option<Operation>,
        parts: Parts,
        body: Body,
    ) -> Result<Response, WireError> {
        let Some(handler) = operation.and_then(|operation| self.handlers.of(operation)) else {
            return Ok(unknown(&parts));
        };
        let request = Request::from_parts(parts, body);
        Ok(handler(request, Arc::clone(&self.api)).await)
    }

    /// What is held for whoever sends a request, who need not be at the other end of the connection.
    fn peer(&self, passage: &Passage, connected: &Connected) -> Arc<Peer> {
        match passage.caller.address == connected.address {
            true => Arc::clone(&connected.peer),
            false => self.api.peers.peer(passage.caller.address),
        }
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
