//! Bodies on their way out, which count with what belongs to them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty};
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::charge::charged;

/// A body, and what counts for as long as it is there.
pub(super) struct ChargedBody<C> {
    body: HyperOutgoingBody,
    _cost: C,
}

impl<C: Send + Unpin + 'static> ChargedBody<C> {
    pub(super) fn boxed(body: HyperOutgoingBody, cost: C) -> HyperOutgoingBody {
        Self { body, _cost: cost }.boxed_unsync()
    }
}

/// A body of nothing.
pub(super) fn empty() -> HyperOutgoingBody {
    Empty::new()
        .map_err(|never: std::convert::Infallible| match never {})
        .boxed_unsync()
}

impl<C: Unpin> Body for ChargedBody<C> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream into a body. What is written counts until it is gone.
pub(super) struct ChargedStream {
    pub(super) stream: DynOutputStream,
    pub(super) budget: Arc<Budget>,
}

#[wasmtime_wasi::async_trait]
impl OutputStream for ChargedStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let bytes = charged(&self.budget, bytes.into());
        let bytes = bytes.map_err(|spent| StreamError::Trap(spent.into()))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for ChargedStream {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}
