//! The body of a request, as it goes out.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use wasmtime_wasi_http::{Error, WasiBody};

use super::allowance::Allowance;

/// What a guest writes, counted.
pub(super) struct RequestBody {
    written: WasiBody,
    allowance: Arc<Allowance>,
    ended: watch::Receiver<()>,
    alive: Arc<()>,
}

impl RequestBody {
    pub(super) fn new(
        written: WasiBody,
        allowance: Arc<Allowance>,
        ended: watch::Receiver<()>,
    ) -> Self {
        Self {
            written,
            allowance,
            ended,
            alive: Arc::default(),
        }
    }

    /// Lives for as long as this does.
    pub(super) fn alive(&self) -> Weak<()> {
        Arc::downgrade(&self.alive)
    }

    fn counted(&self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        let sent = self.allowance.sent();
        if sent.count(frame.data_ref().map_or(0, Bytes::len)) {
            return Ok(frame);
        }
        let bytes_max = sent.bytes_max();
        self.allowance.log(&format!(
            "http request ended: the bodies that one invocation sends have {bytes_max} bytes at most"
        ));
        Err(Error::HttpRequestBodySize(Some(bytes_max)))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.written).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.counted(frame))),
            // A body ends where its guest ends, and then it is not whole: its server must not take it
            // for one that is.
            Poll::Ready(None) if self.ended.has_changed().is_err() => {
                Poll::Ready(Some(Err(Error::ConnectionTerminated)))
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.written.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.written.size_hint()
    }
}
