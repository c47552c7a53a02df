//! The body of a request, as the members that an operation takes.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::api::Api;
use super::body::{self, ReadBefore, Received};
use super::callers::{Charge, Peer};
use super::error::WireError;
use super::passage::Passage;
use super::wire::parse;

/// A body that was read within the bound of its operation, and whose JSON is a `T`.
pub(super) struct JsonBody<T> {
    received: Received,
    members: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send + 'static> JsonBody<T> {
    /// The members, and the body no longer as bytes.
    ///
    /// # Errors
    /// For what is not JSON, and for members of the wrong type.
    pub(super) async fn read(self) -> Result<T, WireError> {
        parse::body(self.received).await
    }

    /// The members, and what is charged for the body, for those who keep a large part of it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn read_charged(self) -> Result<(T, Option<Charge>), WireError> {
        parse::charged_body(self.received).await
    }
}

impl<G: Send + Sync, T> FromRequest<Arc<Api<G>>> for JsonBody<T> {
    type Rejection = WireError;

    async fn from_request(request: Request, api: &Arc<Api<G>>) -> Result<Self, WireError> {
        Ok(Self {
            received: Received::from_request(request, api).await?,
            members: PhantomData,
        })
    }
}

/// The door has said what the request asks for, and so how large its body may be.
impl<G: Send + Sync> FromRequest<Arc<Api<G>>> for Received {
    type Rejection = WireError;

    async fn from_request(request: Request, _: &Arc<Api<G>>) -> Result<Self, WireError> {
        let extensions = request.extensions();
        if let Some(read) = extensions.get::<ReadBefore>().and_then(ReadBefore::take) {
            return Ok(read);
        }
        let operation = Passage::in_request(extensions)?.operation;
        let peer: Option<&Arc<Peer>> = extensions.get();
        let (Some(operation), Some(peer)) = (operation, peer) else {
            return Err(WireError::internal("a handler was reached past the door"));
        };
        let peer = Arc::clone(peer);
        body::receive(request.into_body(), operation.body_limit(), &peer).await
    }
}
