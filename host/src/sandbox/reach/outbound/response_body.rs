//! The body of a response, as it comes in.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::Error;

use super::allowance::Allowance;
use super::failure;
use super::http::charged_headers;
use super::lease::Lease;
use crate::sandbox::memory::charge::charged;

/// What a server sends, counted, and not waited for too long.
pub(super) struct ResponseBody {
    incoming: Incoming,
    lease: Arc<Lease>,
    allowance: Arc<Allowance>,
    /// Longest wait for more of it.
    pause_max: Duration,
    pause: Pin<Box<Sleep>>,
    is_waiting: bool,
    has_ended: bool,
}

impl ResponseBody {
    pub(super) fn new(
        incoming: Incoming,
        lease: Arc<Lease>,
        allowance: Arc<Allowance>,
        pause_max: Duration,
    ) -> Self {
        Self {
            incoming,
            lease,
            allowance,
            pause_max,
            pause: Box::pin(sleep(pause_max)),
            is_waiting: false,
            has_ended: false,
        }
    }

    fn counted(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => return self.trailers(frame),
        };
        if !self.allowance.received().count(data.len()) {
            return Err(too_large(&self.allowance));
        }
        // Copied: a piece of what was read from the connection would hold all of that.
        let data = charged(self.allowance.budget(), data.to_vec());
        data.map(Frame::data).map_err(|_| {
            let unread = self.incoming.size_hint().upper();
            Error::HttpResponseBodySize(unread)
        })
    }

    /// Trailers are the end.
    fn trailers(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        self.has_ended = true;
        self.lease.give_back();
        let Ok(trailers) = frame.into_trailers() else {
            return Err(Error::HttpProtocolError);
        };
        let trailers = charged_headers(self.allowance.budget(), &trailers);
        trailers
            .map(Frame::trailers)
            .map_err(|_| Error::HttpResponseTrailerSectionSize(None))
    }

    fn failed(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.has_ended = true;
        self.lease.close();
        Poll::Ready(Some(Err(error)))
    }

    fn ended(&mut self) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.has_ended = true;
        match self.lease.give_back() {
            true => Poll::Ready(None),
            // A connection that is closed on this side looks like a body that has ended.
            false => Poll::Ready(Some(Err(Error::ConnectionTerminated))),
        }
    }

    fn poll_pause(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !std::mem::replace(&mut self.is_waiting, true) {
            self.pause.as_mut().reset(Instant::now() + self.pause_max);
        }
        match self.pause.as_mut().poll(context) {
            Poll::Ready(()) => self.failed(Error::ConnectionReadTimeout),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The error of a body that is more than an invocation may receive.
pub(super) fn too_large(allowance: &Allowance) -> Error {
    let bytes_max = allowance.received().bytes_max();
    allowance.log(&format!(
        "http response refused: the bodies that one invocation receives have {bytes_max} bytes at most"
    ));
    Error::HttpResponseBodySize(Some(bytes_max))
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.incoming).poll_frame(context) {
            Poll::Pending => self.poll_pause(context),
            Poll::Ready(None) => self.ended(),
            Poll::Ready(Some(Err(error))) => self.failed(failure::of_body(&error)),
            Poll::Ready(Some(Ok(frame))) => {
                self.is_waiting = false;
                match self.counted(frame) {
                    Ok(frame) => Poll::Ready(Some(Ok(frame))),
                    Err(error) => self.failed(error),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for ResponseBody {
    /// A guest that knows how much there is may not look beyond the last byte.
    fn drop(&mut self) {
        match self.incoming.is_end_stream() {
            true => drop(self.lease.give_back()),
            false => self.lease.close(),
        }
    }
}
