//! Request bodies: read within a bound of size, of time and of what is held for their senders.
//!
//! Memory is taken as the bytes arrive, and a sender that falls behind the least rate loses it. What
//! is too large is refused before it is read, where its length was announced. A small event that is there at once is
//! not counted, and everything else is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use super::callers::{Charge, Full, Peer, Purpose, table_bytes, wire_bytes};
use super::error::{ErrorCode, WireError};
use crate::domain::Lock;
use crate::limits::{
    BODY_BYTES_PER_SECOND_MIN, BODY_LAG_MAX, BODY_ROOM_BYTES_MIN, SMALL_BYTES_MAX,
};

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
    /// What it is for.
    pub(super) purpose: Purpose,
}

/// A body that was read whole. Its bytes are held for its sender until it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    /// Headers that came behind it, as far as the bound of a request's head allows.
    pub(super) trailers: Option<HeaderMap>,
    pub(super) charge: Option<Charge>,
}

/// A body that was read before the handler of its request was reached, which takes it from the extensions.
#[derive(Clone, Debug)]
pub(super) struct ReadBefore(Arc<Lock<Option<Received>>>);

impl ReadBefore {
    pub(super) fn of(received: Received) -> Self {
        Self(Arc::new(Lock::new(Some(received))))
    }

    pub(super) fn take(&self) -> Option<Received> {
        self.0.lock().take()
    }
}

/// Reads `body` to its end, for this peer.
///
/// # Errors
/// Where it is larger than `limit`, too slow, or broken off, or where no more can be held for the peer.
pub(super) async fn receive(
    body: impl RequestBody,
    limit: BodyLimit,
    peer: &Arc<Peer>,
) -> Result<Received, WireError> {
    let announced = body.size_hint().exact().map(saturated);
    if announced.is_some_and(|bytes| bytes > limit.bytes_max) {
        return Err(too_large(limit));
    }
    let expected = announced.unwrap_or(limit.bytes_max);
    let reading = Reading {
        body,
        limit,
        expected,
        due: Instant::now() + BODY_LAG_MAX,
        room: 0,
        peer,
        charge: None,
        trailers: None,
    };
    reading.finish().await
}

/// A body that arrives.
struct Reading<'a, B> {
    body: B,
    limit: BodyLimit,
    /// The length that was announced, or else the largest that it may have.
    expected: usize,
    /// When the next piece must have arrived. Each piece moves it by the time that it takes at the
    /// least rate, so that nobody can save time up, nor win any with single bytes.
    due: Instant,
    /// Bytes that there is room for.
    room: usize,
    peer: &'a Arc<Peer>,
    /// What is held; nothing where the body is a small event that is there at once.
    charge: Option<Charge>,
    trailers: Option<HeaderMap>,
}

impl<B: RequestBody> Reading<'_, B> {
    async fn finish(mut self) -> Result<Received, WireError> {
        let Some(first) = self.next_piece(0).await? else {
            return Ok(self.received(Bytes::new()));
        };
        let is_whole = self.body.is_end_stream();
        if is_whole && first.len() <= SMALL_BYTES_MAX && self.limit.purpose == Purpose::Call {
            return Ok(self.received(first));
        }
        self.make_room(first.len())?;
        if is_whole {
            return Ok(self.received(first));
        }
        let mut all = Vec::new();
        self.append(&mut all, &first);
        drop(first);
        while let Some(piece) = self.next_piece(all.len()).await? {
            let bytes = all.len() + piece.len();
            if bytes > self.room {
                self.make_room(bytes)?;
            }
            self.append(&mut all, &piece);
        }
        Ok(self.received(all.into()))
    }

    /// The next bytes of the body behind those `before`, with room for them; `None` at its end.
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
                    self.take_in(before, piece.len())?;
                    return Ok(Some(piece));
                }
                Err(frame) => self.take_trailers(frame.into_trailers().ok())?,
            }
        }
    }

    fn take_in(&mut self, before: usize, bytes: usize) -> Result<(), WireError> {
        let total = before + bytes;
        if total > self.limit.bytes_max {
            return Err(too_large(self.limit));
        }
        self.due = (self.due + least_rate(bytes)).min(Instant::now() + BODY_LAG_MAX);
        Ok(())
    }

    /// Makes room for so many bytes, and for as many again of those that are expected: what was only announced
    /// costs nothing, and no byte is moved often.
    fn make_room(&mut self, bytes: usize) -> Result<(), WireError> {
        let ahead = (2 * bytes).max(BODY_ROOM_BYTES_MIN);
        let wanted = ahead.min(self.expected).max(bytes);
        self.hold(wanted)?;
        self.room = wanted;
        Ok(())
    }

    /// Keeps the trailers. They are the last that comes.
    fn take_trailers(&mut self, trailers: Option<HeaderMap>) -> Result<(), WireError> {
        if let Some(trailers) = &trailers {
            self.hold(self.room + wire_bytes(trailers) + table_bytes(trailers))?;
        }
        self.trailers = trailers;
        Ok(())
    }

    /// Holds so many bytes. What is small finds room where large ones do not.
    fn hold(&mut self, bytes: usize) -> Result<(), WireError> {
        let purpose = self.limit.purpose;
        let charge = self.charge.get_or_insert_with(|| self.peer.charge(purpose));
        let held = match bytes <= SMALL_BYTES_MAX {
            true => charge.settle(bytes),
            false => charge.hold(bytes),
        };
        held.map_err(|full| WireError::from(full).closing())
    }

    fn append(&self, all: &mut Vec<u8>, piece: &[u8]) {
        if all.len() + piece.len() > all.capacity() {
            all.reserve_exact(self.room - all.len());
        }
        all.extend_from_slice(piece);
    }

    fn received(self, bytes: Bytes) -> Received {
        Received {
            bytes,
            trailers: self.trailers,
            charge: self.charge,
        }
    }
}

impl Received {
    /// Holds a body for its sender that is not done with at once, where it was too small to be held.
    ///
    /// # Errors
    /// Where there is no room.
    pub(super) fn keep(&mut self, peer: &Arc<Peer>) -> Result<(), Full> {
        if self.charge.is_none() {
            // Events alone are not held as they arrive.
            self.charge = Some(peer.settle(Purpose::Call, self.bytes.len())?);
        }
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

    use crate::contract::callers::Peers;
    use http_body::{Frame, SizeHint};
    use tokio::time::{Sleep, sleep};

    const LIMIT: BodyLimit = BodyLimit {
        bytes_max: 8,
        operation: "InvokeFunction",
        purpose: Purpose::Call,
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
        let received = super::receive(body, LIMIT, &Peers::default().peer(None)).await;
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
        let peer = Peers::default().peer(None);
        let steady = super::receive(trickling(60, piece.clone(), second), LARGE, &peer);
        let received = steady.await.expect("it keeps up");
        assert_eq!(received.bytes.len(), 60 * piece.len());

        for (piece, pause) in [
            (Bytes::from_static(b"x"), second),
            (piece.slice(..piece.len() / 2), second),
            (piece.clone(), BODY_LAG_MAX + second),
        ] {
            let started = Instant::now();
            let slow = super::receive(trickling(100, piece, pause), LARGE, &peer).await;
            let text = format!("{:?}", slow.expect_err("it falls behind"));
            assert!(text.contains("RequestTimeout"), "{text}");
            assert!(started.elapsed() <= 3 * BODY_LAG_MAX);
        }
    }

    /// As much as a peer may hold alone.
    const SHARE: usize = 8 * SMALL_BYTES_MAX;

    fn body(bytes: usize) -> Body {
        Body::from(vec![0; bytes])
    }

    #[tokio::test]
    async fn large_bodies_are_held_for_their_sender_and_refused_at_once_beyond_its_share() {
        let peers = Peers::within(2 * SHARE);
        let peer = peers.peer(None);
        let receive = async |bytes| super::receive(body(bytes), LARGE, &peer).await;
        let first = receive(SHARE / 2 + 1).await.expect("there is room");
        let refused = receive(SHARE / 2).await.expect_err("there is no room");
        let text = format!("{refused:?}");
        assert!(text.contains("closes_connection: true"), "{text}");
        assert!(receive(SMALL_BYTES_MAX).await.is_ok());
        let other = peers.peer(Some([1; 4].into()));
        let of_others = super::receive(body(SHARE / 2), LARGE, &other);
        assert!(of_others.await.is_ok());
        drop(first);
        assert!(receive(SHARE / 2).await.is_ok());
    }

    /// A body with trailers, of which there are so many.
    fn with_trailers(count: usize) -> Body {
        let mut trailers = HeaderMap::new();
        for number in 0..count {
            let name = format!("x-{number}").parse::<http::HeaderName>();
            trailers.insert(name.expect("a name"), "1".parse().expect("a value"));
        }
        Body::new(body(1).with_trailers(async move { Some(Ok(trailers)) }))
    }

    #[tokio::test]
    async fn trailers_are_held_with_the_body() {
        let peers = Peers::within(2 * SHARE);
        let peer = peers.peer(None);
        let few = super::receive(with_trailers(2), LARGE, &peer).await;
        let few = few.expect("there is room");
        assert_eq!(few.trailers.map(|trailers| trailers.len()), Some(2));
        assert!(
            few.charge
                .is_some_and(|charge| charge.bytes() < SMALL_BYTES_MAX)
        );
        let many = super::receive(with_trailers(1_000), LARGE, &peer).await;
        let text = format!("{:?}", many.expect_err("there is no room"));
        assert!(text.contains("ServiceUnavailable"), "{text}");
        assert_eq!(peers.figures().bytes, 0);
    }

    #[tokio::test]
    async fn a_small_event_that_is_there_at_once_is_not_held_and_what_waits_is() {
        let peers = Peers::within(2 * SHARE);
        let peer = peers.peer(None);
        let charged = async |body, limit: BodyLimit| {
            let received = super::receive(body, limit, &peer).await;
            let charge = received.expect("there is room").charge;
            charge.map(|charge| charge.bytes())
        };
        let control = BodyLimit {
            purpose: Purpose::Control,
            ..LARGE
        };
        assert_eq!(charged(body(100), LARGE).await, None);
        assert_eq!(charged(body(100), control).await, Some(100));
        let in_pieces = pieces(vec!["1234", "5678"], false);
        assert_eq!(charged(in_pieces, LARGE).await, Some(BODY_ROOM_BYTES_MIN));
        let mut event = super::receive(body(100), LARGE, &peer).await.expect("room");
        event.keep(&peer).expect("there is room");
        assert_eq!(peers.figures().bytes, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_costs_what_has_arrived_and_not_what_is_announced() {
        let peers = Peers::within(2 * SHARE);
        let peer = peers.peer(None);
        let piece = Bytes::from(vec![0; SMALL_BYTES_MAX / 2]);
        let body = trickling(LARGE.bytes_max / piece.len(), piece, Duration::from_secs(1));
        let mut waiting = Box::pin(super::receive(body, LARGE, &peer));
        let mut held = Vec::new();
        for _ in 0..4 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let polled =
                std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context)));
            assert!(polled.await.is_pending());
            held.push(peers.figures().bytes / SMALL_BYTES_MAX);
        }
        assert_eq!(held, [1, 1, 3, 3]);
        drop(waiting);
        assert_eq!(peers.figures().bytes, 0);
    }
}
