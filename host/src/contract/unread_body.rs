//! What a request's sender still sends when its body is no longer wanted: it is listened to.
//!
//! Most clients read no answer before they have sent everything, and a connection that is closed on
//! unread bytes loses the answer. So the rest of a body that was dropped is read behind the answer,
//! and thrown away, within bounds.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::Request;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::callers::Connection;
use crate::limits::{DISCARDED_BODY_BYTES_MAX, DISCARDED_BODY_DURATION_MAX};

/// A body whose rest is read and thrown away when it is dropped.
pub(crate) struct UnreadBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    /// `None` where there is nothing more to read.
    body: Option<B>,
    /// A client that asked before sending has sent nothing, and must not be told to.
    asks_first: bool,
    /// What it comes by: what is read of it no longer waits there.
    connection: Arc<Connection>,
}

impl<B> UnreadBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    /// The request with its body watched over.
    pub(super) fn of(request: Request<B>, connection: &Arc<Connection>) -> Request<Self> {
        let asks_first = request.headers().contains_key(EXPECT);
        request.map(|body| Self {
            body: Some(body),
            asks_first,
            connection: Arc::clone(connection),
        })
    }
}

impl<B> Body for UnreadBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        // Whoever reads has told the client to send.
        self.asks_first = false;
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        self.connection.claim();
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.body.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl<B> Drop for UnreadBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        if !self.asks_first
            && let Some(body) = self.body.take()
            && !body.is_end_stream()
            && let Ok(runtime) = Handle::try_current()
        {
            let connection = Arc::clone(&self.connection);
            connection.leaves_unread();
            runtime.spawn(timeout(
                DISCARDED_BODY_DURATION_MAX,
                discard(body, connection),
            ));
        }
    }
}

async fn discard(mut body: impl Body<Data = Bytes> + Unpin, connection: Arc<Connection>) {
    let mut left = DISCARDED_BODY_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        connection.claim();
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.remaining()));
        if left == 0 {
            return;
        }
    }
}
