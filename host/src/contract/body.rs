//! Request bodies: read within a bound of size, of time and of memory for all of them together.
//!
//! Memory is taken as the bytes arrive, and a sender that falls behind the least rate loses it. What
//! is too large is refused before it is read, where its length was announced.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::{ErrorCode, WireError};
use crate::limits::{
    BODY_BYTES_PER_SECOND_MIN, BODY_LAG_MAX, BODY_MEMORY_WAIT_MAX, LARGE_DEPLOYS_BYTES_MAX,
    LARGE_EVENTS_BYTES_MAX, SMALL_BODY_BYTES_MAX,
};

/// Memory is shared out in pieces of this size, so that a count of them fits the semaphore.
const SHARE_BYTES: usize = 1024;

/// What a large body takes at once of the memory, so that it does not ask for each piece.
const STEP_BYTES: usize = 256 * 1024;

/// What the body of a request must be for the door.
pub trait RequestBody:
    http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + Unpin + 'static
{
}

impl<B> RequestBody for B where
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + Unpin + 'static
{
}

/// How large the body of an operation may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimit {
    /// In bytes; a body of exactly this size is accepted.
    pub(super) bytes_max: usize,
    /// The operation's name in the text of the refusal.
    pub(super) operation: &'static str,
    /// Whose memory it takes.
    pub(super) purpose: Purpose,
}

/// What a body is for: deployments and events do not take each other's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The event of an invocation.
    Event,
    /// Any other request.
    Control,
}

/// The memory that all large bodies share.
#[derive(Clone, Debug)]
pub(crate) struct BodyMemory {
    events: Arc<Semaphore>,
    control: Arc<Semaphore>,
}

impl Default for BodyMemory {
    fn default() -> Self {
        Self::of(LARGE_EVENTS_BYTES_MAX, LARGE_DEPLOYS_BYTES_MAX)
    }
}

/// A body that was read whole. It holds its share of the memory until it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    /// Headers that came behind it, as far as the bound of a request's head allows.
    pub(super) trailers: Option<HeaderMap>,
    _share: Option<OwnedSemaphorePermit>,
}

impl BodyMemory {
    fn of(events_bytes: usize, control_bytes: usize) -> Self {
        let shares = |bytes: usize| Arc::new(Semaphore::new(bytes / SHARE_BYTES));
        Self {
            events: shares(events_bytes),
            control: shares(control_bytes),
        }
    }

    /// Reads `body` to its end.
    ///
    /// # Errors
    /// Where it is larger than `limit`, too slow, or broken off, or where there is no memory for it.
    pub(super) async fn receive(
        &self,
        body: impl RequestBody,
        limit: BodyLimit,
    ) -> Result<Received, WireError> {
        let announced = body.size_hint().exact().map(saturated);
        if announced.is_some_and(|bytes| bytes > limit.bytes_max) {
            return Err(too_large(limit));
        }
        let memory = match limit.purpose {
            Purpose::Event => &self.events,
            Purpose::Control => &self.control,
        };
        let reading = Reading {
            body,
            limit,
            due: Instant::now() + BODY_LAG_MAX,
            share: Share::none_of(memory),
            trailers: None,
        };
        reading.finish().await
    }
}

/// A body that arrives.
struct Reading<'a, B> {
    body: B,
    limit: BodyLimit,
    /// When the next piece must have arrived. Each piece moves it by the time that it takes at the
    /// least rate, so that nobody can save time up, nor win any with single bytes.
    due: Instant,
    share: Share<'a>,
    trailers: Option<HeaderMap>,
}

impl<B: RequestBody> Reading<'_, B> {
    async fn finish(mut self) -> Result<Received, WireError> {
        let Some(first) = self.next_piece(0).await? else {
            return Ok(self.received(Bytes::new()));
        };
        if self.body.is_end_stream() {
            return Ok(self.received(first));
        }
        let rest = saturated(self.body.size_hint().lower());
        // Pages that no byte has reached take no memory yet.
        let mut all = BytesMut::with_capacity(first.len() + rest.min(self.limit.bytes_max));
        all.extend_from_slice(&first);
        drop(first);
        while let Some(piece) = self.next_piece(all.len()).await? {
            all.extend_from_slice(&piece);
        }
        Ok(self.received(all.freeze()))
    }

    /// The next bytes of the body behind those `before`, with memory for them; `None` at its end.
    async fn next_piece(&mut self, before: usize) -> Result<Option<Bytes>, WireError> {
        loop {
            let frame = match timeout_at(self.due, self.body.frame()).await {
                Err(_) => return Err(too_slow()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(broken_off(error)),
                Ok(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => {
                    self.take_in(before, piece.len()).await?;
                    return Ok(Some(piece));
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }

    async fn take_in(&mut self, before: usize, bytes: usize) -> Result<(), WireError> {
        let total = before + bytes;
        if total > self.limit.bytes_max {
            return Err(too_large(self.limit));
        }
        if total > self.share.bytes {
            let asked = Instant::now();
            self.share.grow(total, self.limit.bytes_max).await?;
            // The sender is not to blame for this wait.
            self.due += asked.elapsed();
        }
        self.due = (self.due + least_rate(bytes)).min(Instant::now() + BODY_LAG_MAX);
        Ok(())
    }

    fn received(self, bytes: Bytes) -> Received {
        Received {
            bytes,
            trailers: self.trailers,
            _share: self.share.permit,
        }
    }
}

/// What a body holds of the memory.
struct Share<'a> {
    memory: &'a Arc<Semaphore>,
    /// Bytes that may have arrived.
    bytes: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl<'a> Share<'a> {
    fn none_of(memory: &'a Arc<Semaphore>) -> Self {
        Self {
            memory,
            bytes: SMALL_BODY_BYTES_MAX,
            permit: None,
        }
    }

    /// Takes what `bytes` need, and a step more up to `bytes_max`.
    ///
    /// A body that waits here keeps what it has, so nobody waits for long: else bodies that wait for
    /// each other would do so for ever.
    async fn grow(&mut self, bytes: usize, bytes_max: usize) -> Result<(), WireError> {
        let wanted = (bytes + STEP_BYTES).min(bytes_max.max(bytes));
        let shares = (wanted - self.bytes).div_ceil(SHARE_BYTES);
        let shares = u32::try_from(shares).unwrap_or(u32::MAX);
        let more = Arc::clone(self.memory).acquire_many_owned(shares);
        let Ok(Ok(more)) = timeout(BODY_MEMORY_WAIT_MAX, more).await else {
            return Err(no_memory());
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        self.bytes = wanted;
        Ok(())
    }
}

/// Time that `bytes` take at the least rate.
fn least_rate(bytes: usize) -> Duration {
    Duration::from_secs(1).mul_f64(bytes as f64 / BODY_BYTES_PER_SECOND_MIN as f64)
}

fn saturated(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn too_large(limit: BodyLimit) -> WireError {
    WireError::body_too_large(limit.bytes_max, limit.operation)
}

fn too_slow() -> WireError {
    let text =
        "The body of the request did not arrive in time. Check the connection and try again.";
    WireError::new(ErrorCode::RequestTimeout, text).closing()
}

fn no_memory() -> WireError {
    let text = "The host is busy with other large requests. Try again later.";
    WireError::new(ErrorCode::ServiceUnavailable, text).closing()
}

fn broken_off(error: impl Into<axum::BoxError>) -> WireError {
    let error = error.into();
    let text = format!("The body of the request could not be read: {error}.");
    WireError::new(ErrorCode::MalformedHttpRequest, text).closing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::convert::Infallible;
    use std::future::Future as _;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use http_body::{Frame, SizeHint};
    use tokio::time::{Sleep, sleep};

    const LIMIT: BodyLimit = BodyLimit {
        bytes_max: 8,
        operation: "InvokeFunction",
        purpose: Purpose::Event,
    };
    const LARGE: BodyLimit = BodyLimit {
        bytes_max: 8 * 1024 * 1024,
        ..LIMIT
    };

    /// A body of unannounced length that comes in pieces, and stalls after them if asked to.
    struct Pieces {
        pieces: Vec<&'static str>,
        stalls: bool,
    }

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.pieces.pop() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
                None if self.stalls => Poll::Pending,
                None => Poll::Ready(None),
            }
        }
    }

    fn pieces(mut pieces: Vec<&'static str>, stalls: bool) -> Body {
        pieces.reverse();
        Body::new(Pieces { pieces, stalls })
    }

    async fn receive(body: Body) -> Result<Bytes, String> {
        let received = BodyMemory::default().receive(body, LIMIT).await;
        received
            .map(|received| received.bytes)
            .map_err(|error| format!("{error:?}"))
    }

    #[tokio::test]
    async fn a_body_may_be_as_large_as_its_limit_and_no_larger() {
        assert_eq!(
            receive(Body::from("12345678")).await.as_deref(),
            Ok(&b"12345678"[..])
        );
        assert_eq!(receive(Body::empty()).await.as_deref(), Ok(&b""[..]));
        assert_eq!(
            receive(pieces(vec!["1234", "5678"], false))
                .await
                .as_deref(),
            Ok(&b"12345678"[..])
        );
        for body in [
            Body::from("123456789"),
            pieces(vec!["1234", "56789"], false),
        ] {
            let text = receive(body).await.expect_err("it is too large");
            assert!(
                text.contains(
                    "Request must be smaller than 8 bytes for the InvokeFunction operation"
                )
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_given_up() {
        let text = receive(pieces(vec!["1234"], true))
            .await
            .expect_err("it stalls");
        assert!(text.contains("RequestTimeout"), "{text}");
    }

    /// Equal pieces, with a pause before each. The length is announced.
    struct Trickling {
        left: usize,
        piece: Bytes,
        pause: Duration,
        paused: Pin<Box<Sleep>>,
    }

    impl http_body::Body for Trickling {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            ready!(self.paused.as_mut().poll(context));
            self.left -= 1;
            self.paused = Box::pin(sleep(self.pause));
            Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact((self.left * self.piece.len()) as u64)
        }
    }

    fn trickling(left: usize, piece: Bytes, pause: Duration) -> Body {
        Body::new(Trickling {
            left,
            piece,
            pause,
            paused: Box::pin(sleep(pause)),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_keeps_its_place_at_the_least_rate_and_loses_it_below() {
        let second = Duration::from_secs(1);
        let piece = Bytes::from(vec![0; BODY_BYTES_PER_SECOND_MIN]);
        let memory = BodyMemory::default();
        let steady = memory.receive(trickling(60, piece.clone(), second), LARGE);
        let received = steady.await.expect("it keeps up");
        assert_eq!(received.bytes.len(), 60 * piece.len());

        for (piece, pause) in [
            (Bytes::from_static(b"x"), second),
            (piece.slice(..piece.len() / 2), second),
            (piece.clone(), BODY_LAG_MAX + second),
        ] {
            let started = Instant::now();
            let slow = memory.receive(trickling(100, piece, pause), LARGE).await;
            let text = format!("{:?}", slow.expect_err("it falls behind"));
            assert!(text.contains("RequestTimeout"), "{text}");
            assert!(started.elapsed() <= 3 * BODY_LAG_MAX);
        }
    }

    fn large() -> Body {
        Body::from(vec![0; SMALL_BODY_BYTES_MAX + 1])
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_wait_for_the_memory_that_they_share() {
        let room = STEP_BYTES + SHARE_BYTES;
        let memory = BodyMemory::of(room, room);
        let first = memory.receive(large(), LARGE).await.expect("there is room");
        let second = memory.receive(large(), LARGE).await;
        assert!(
            format!("{:?}", second.expect_err("there is no room")).contains("ServiceUnavailable")
        );
        let deploy = BodyLimit {
            purpose: Purpose::Control,
            ..LARGE
        };
        assert!(memory.receive(large(), deploy).await.is_ok());
        drop(first);
        assert!(memory.receive(large(), LARGE).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_is_announced_takes_no_memory_before_it_arrives() {
        let room = STEP_BYTES + SHARE_BYTES;
        let memory = BodyMemory::of(room, room);
        let piece = Bytes::from(vec![0; LARGE.bytes_max]);
        let body = trickling(1, piece, Duration::from_secs(1));
        let mut waiting = Box::pin(memory.receive(body, LARGE));
        let pending = std::future::poll_fn(|context| {
            Poll::Ready(waiting.as_mut().poll(context).is_pending())
        });
        assert!(pending.await);
        assert!(memory.receive(large(), LARGE).await.is_ok());
    }
}
