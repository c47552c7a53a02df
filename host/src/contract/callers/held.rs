//! Answers on their way: each is counted until its last byte was written.
//!
//! An answer is there before anybody knows whether its caller reads it, so room is set aside before what makes it
//! runs: as much as the version's answers had lately. Who has too many unread is refused then, and nothing was done
//! in vain. Where an answer turns out to be larger, it may use room in which nothing more is begun.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::budget::{Charge, Full, Peer, Purpose};
use crate::contract::error::WireError;
use crate::limits::{SMALL_BYTES_MAX, STREAM_HELD_BYTES};

impl Peer {
    /// Room for an answer that is expected to have so many bytes; small ones need none.
    ///
    /// # Errors
    /// Where there is none: then it should not be made.
    pub(in crate::contract) fn expect_answer(
        self: &Arc<Self>,
        bytes: usize,
    ) -> Result<Option<Charge>, Full> {
        if bytes <= SMALL_BYTES_MAX {
            return Ok(None);
        }
        self.hold(Purpose::Call, bytes).map(Some)
    }

    /// Room for what of a streamed answer may be on its way.
    ///
    /// # Errors
    /// Where there is none.
    pub(in crate::contract) fn expect_stream(self: &Arc<Self>) -> Result<Charge, Full> {
        self.hold(Purpose::Call, STREAM_HELD_BYTES)
    }

    /// Counts an answer that is there, until it was written. `expected` is the room that was set aside for it.
    ///
    /// # Errors
    /// Where there is no room for it, so that it is lost.
    pub(in crate::contract) fn hold_answer(
        self: &Arc<Self>,
        purpose: Purpose,
        expected: Option<Charge>,
        answer: Response,
    ) -> Result<Response, WireError> {
        let bytes = bytes_of(&answer);
        if bytes <= SMALL_BYTES_MAX {
            return Ok(answer);
        }
        let mut charge = expected.unwrap_or_else(|| self.charge(purpose));
        charge.settle(bytes).map_err(|full| lost(full, bytes))?;
        Ok(held(charge, answer))
    }
}

/// The bytes of a body that is there; none of one that comes in pieces.
pub(in crate::contract) fn bytes_of(answer: &Response) -> usize {
    // Where trailers follow, it has no exact size.
    let bytes = answer.body().size_hint().lower();
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The answer, whose bytes hold the charge until the last of them was written.
pub(in crate::contract) fn held(charge: Charge, answer: Response) -> Response {
    let charge = Arc::new(charge);
    answer.map(|body| Body::new(Held { body, charge }))
}

struct Held {
    body: Body,
    charge: Arc<Charge>,
}

impl Held {
    /// The bytes, with what holds them: what a stream ends with may be larger than what is set aside for it.
    fn piece(&self, bytes: Bytes) -> Result<Bytes, axum::Error> {
        let charge = match bytes.len() <= self.charge.bytes() {
            true => Arc::clone(&self.charge),
            false => {
                let more = self.charge.settle_more(bytes.len());
                Arc::new(more.map_err(|_| no_room())?)
            }
        };
        Ok(Piece::of(bytes, charge))
    }
}

/// The bytes, which hold what is charged for them until they are gone.
pub(in crate::contract) fn charged(bytes: Bytes, charge: Option<Charge>) -> Bytes {
    match charge {
        Some(charge) => Piece::of(bytes, Arc::new(charge)),
        None => bytes,
    }
}

/// Bytes that hold a charge.
struct Piece {
    bytes: Bytes,
    _charge: Arc<Charge>,
}

impl Piece {
    fn of(bytes: Bytes, charge: Arc<Charge>) -> Bytes {
        Bytes::from_owner(Self {
            bytes,
            _charge: charge,
        })
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let held = frame.and_then(|frame| match frame.into_data() {
            Ok(bytes) => self.piece(bytes).map(Frame::data),
            Err(frame) => Ok(frame),
        });
        Poll::Ready(Some(held))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What ends a stream whose rest finds no room.
fn no_room() -> axum::Error {
    axum::Error::new(io::Error::other(
        "there is no room for the rest of the answer beside those that were not read",
    ))
}

fn lost(full: Full, bytes: usize) -> WireError {
    let text = format!(
        "The request was carried out, but there is no room for its answer of {bytes} bytes beside those that \
         callers have not read yet. Read them, and try again with fewer at once."
    );
    WireError::new(full.code(), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::peers::Peers;
    use crate::domain::WebBody;
    use http::HeaderMap;
    use http_body_util::BodyExt as _;

    const LARGE: usize = 4 * SMALL_BYTES_MAX;

    fn answer(bytes: usize) -> Response {
        Response::new(Body::from(vec![b'x'; bytes]))
    }

    #[tokio::test]
    async fn an_answer_is_counted_until_its_last_byte_was_written() {
        let peers = Peers::within(16 * LARGE);
        let peer = peers.peer(None);
        let held = peer.hold_answer(Purpose::Call, None, answer(LARGE));
        let mut body = held.expect("there is room").into_body();
        assert_eq!(body.size_hint().exact(), Some(LARGE as u64));
        let frame = body.frame().await.expect("a frame").expect("no error");
        let bytes = frame.into_data().expect("data");
        drop(body);
        let rest = bytes.slice(LARGE - 1..);
        drop(bytes);
        assert_eq!(peers.figures().bytes, LARGE);
        drop(rest);
        assert_eq!(peers.figures().bytes, 0);
    }

    #[test]
    fn an_answer_that_trailers_follow_is_counted_like_any_other() {
        let body = WebBody {
            bytes: vec![b'x'; LARGE].into(),
            trailers: Some(HeaderMap::new()),
        };
        let peers = Peers::within(16 * LARGE);
        let answer = Response::new(Body::new(body));
        let held = peers
            .peer(None)
            .hold_answer(Purpose::Call, None, answer)
            .expect("there is room");
        assert_eq!(peers.figures().bytes, LARGE);
        drop(held);
        assert_eq!(peers.figures().bytes, 0);
    }

    #[test]
    fn what_is_kept_of_a_body_is_charged_until_it_is_gone() {
        let peers = Peers::within(16 * LARGE);
        let charge = peers.peer(None).expect_answer(LARGE);
        let package = charged(vec![b'x'; 9].into(), charge.expect("there is room"));
        let part = package.slice(3..);
        drop(package);
        assert_eq!((part.len(), peers.figures().bytes), (6, LARGE));
        drop(part);
        assert_eq!(peers.figures().bytes, 0);
    }

    #[test]
    fn small_answers_are_not_counted() {
        let peers = Peers::within(0);
        let peer = peers.peer(None);
        assert!(peer.expect_answer(SMALL_BYTES_MAX).is_ok());
        let held = peer.hold_answer(Purpose::Call, None, answer(SMALL_BYTES_MAX));
        assert!(held.is_ok());
    }

    #[test]
    fn who_has_too_much_unread_is_refused_before_anything_is_done() {
        let peers = Peers::within(8 * LARGE);
        let peer = peers.peer(None);
        let unread: Vec<_> = std::iter::from_fn(|| peer.expect_answer(LARGE).ok()).collect();
        assert_eq!(unread.len(), 4);
        // What is done already finds room behind that.
        let held = |bytes| peer.hold_answer(Purpose::Call, None, answer(bytes));
        let late = held(2 * LARGE).expect("there is room");
        let text = format!("{:?}", held(LARGE).expect_err("there is none"));
        assert!(
            text.contains("TooManyRequests") && text.contains("carried out"),
            "{text}"
        );
        drop((unread, late));
        assert!(peer.expect_answer(LARGE).is_ok());
    }

    #[test]
    fn an_answer_gives_back_what_it_turns_out_not_to_need() {
        let peers = Peers::within(8 * LARGE);
        let peer = peers.peer(None);
        let expected = peer.expect_answer(LARGE).expect("there is room");
        let held = peer.hold_answer(Purpose::Call, expected, answer(SMALL_BYTES_MAX + 1));
        assert_eq!(peers.figures().bytes, SMALL_BYTES_MAX + 1);
        drop(held);
        let expected = peer.expect_answer(LARGE).expect("there is room");
        let small = peer.hold_answer(Purpose::Call, expected, answer(1));
        assert_eq!(peers.figures().bytes, 0);
        drop(small);
    }
}
