//! The host's door: requests for functions go to them, all others to the API.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use tower::Service;

use super::{address, serve};
use crate::contract::{Api, routes};
use crate::deployer::CompileGuest;
use crate::invoker::{PrepareGuest, RunGuest};

/// Everything that the host answers, as one service.
#[derive(Clone)]
pub struct Door {
    api: Router,
    functions: Router,
    caller: Option<IpAddr>,
}

/// Who sent a request, as functions are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) IpAddr);

/// The door of a host.
pub fn door<G: RunGuest + CompileGuest + PrepareGuest>(api: Api<G>) -> Door {
    let api = Arc::new(api);
    Door {
        functions: Router::new()
            .fallback(serve::serve::<G>)
            .with_state(Arc::clone(&api)),
        api: routes(api),
        caller: None,
    }
}

impl Door {
    /// The door for the requests of one connection.
    #[must_use]
    pub fn for_caller(&self, address: SocketAddr) -> Self {
        Self {
            caller: Some(address.ip().to_canonical()),
            ..self.clone()
        }
    }

    /// The caller, also where another server than ours has accepted the connection.
    fn caller(&self, request: &Request) -> Option<Caller> {
        let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let connected = connected.map(|ConnectInfo(address)| address.ip().to_canonical());
        self.caller.or(connected).map(Caller)
    }
}

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if !address::is_for_function(request.uri(), request.headers()) {
            return self.api.call(request);
        }
        if let Some(caller) = self.caller(&request) {
            request.extensions_mut().insert(caller);
        }
        self.functions.call(request)
    }
}
