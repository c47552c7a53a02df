//! The host's door: requests for functions on the web go to them, invocations straight to their operations,
//! and all others to the routes of the API.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse as _, Response};
use http::Method;
use tower::{Service, ServiceExt as _};

use super::api::Api;
use super::body::RequestBody;
use super::error::WireError;
use super::function_url::{self, Caller};
use super::invoking_path::{self, Invoking};
use super::{answer, invoke, invoke_async, invoke_stream, routes, web_page};
use crate::deployer::CompileGuest;
use crate::invoker::{PrepareGuest, RunGuest};

/// Everything that the host answers, as one service. A clone is another handle to the same.
pub struct Door<G> {
    rooms: Arc<Rooms<G>>,
    caller: Option<IpAddr>,
}

/// What is behind the door.
struct Rooms<G> {
    api: Arc<Api<G>>,
    routes: Router,
}

impl<G> Clone for Door<G> {
    fn clone(&self) -> Self {
        Self {
            rooms: Arc::clone(&self.rooms),
            caller: self.caller,
        }
    }
}

/// The door of a host.
pub fn door<G: RunGuest + CompileGuest + PrepareGuest>(api: Api<G>) -> Door<G> {
    let api = Arc::new(api);
    Door {
        rooms: Arc::new(Rooms {
            routes: routes(Arc::clone(&api)),
            api,
        }),
        caller: None,
    }
}

impl<G: RunGuest> Door<G> {
    /// The door for the requests of one connection.
    #[must_use]
    pub fn for_caller(&self, address: SocketAddr) -> Self {
        Self {
            caller: Some(address.ip().to_canonical()),
            ..self.clone()
        }
    }

    /// Answers one request.
    ///
    /// Invoke is what a host does all day: it comes before everything else, and nothing is put into a box
    /// for it.
    pub async fn answer<B: RequestBody>(self, request: http::Request<B>) -> Response {
        let Self { rooms, caller } = self;
        if function_url::is_for_function(request.uri(), request.headers()) {
            return Box::pin(rooms.serve(request.map(Body::new), caller)).await;
        }
        let uri = request.uri().clone();
        let Some((operation, name)) = invoking_path::read(uri.path()) else {
            return Box::pin(rooms.route(request.map(Body::new))).await;
        };
        let (&Method::POST, Ok(name)) = (request.method(), name) else {
            return unknown_operation(request.headers()).await;
        };
        let api = Arc::clone(&rooms.api);
        match operation {
            Invoking::Invoke => invoke::invoke(api, request, &name).await,
            Invoking::Stream => Box::pin(invoke_stream::invoke(api, request, &name)).await,
            Invoking::Async => Box::pin(invoke_async::invoke_async(api, request, &name)).await,
        }
    }
}

impl<G: RunGuest> Rooms<G> {
    /// A request for a function.
    async fn serve(&self, mut request: Request, caller: Option<IpAddr>) -> Response {
        // Who is connected, also where another server than ours has accepted the connection.
        let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let connected = connected.map(|ConnectInfo(address)| address.ip().to_canonical());
        if let Some(caller) = caller.or(connected) {
            request.extensions_mut().insert(Caller(caller));
        }
        function_url::serve(Arc::clone(&self.api), request).await
    }

    async fn route(&self, request: Request) -> Response {
        let routed: Result<Response, Infallible> = self.routes.clone().oneshot(request).await;
        match routed {
            Ok(response) => response,
        }
    }
}

async fn unknown_operation(headers: &http::HeaderMap) -> Response {
    let error = web_page::refuse(headers).err();
    let error = error.unwrap_or_else(WireError::unknown_operation);
    answer::identified(error.into_response()).await
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
