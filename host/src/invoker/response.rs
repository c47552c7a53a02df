//! The way of a streamed response from a guest to whoever reads it: bytes, a bounded number of which may
//! wait. A writer that is quicker than its reader waits; one that writes in small pieces fills the same
//! room as one that writes in large ones.

use std::future::poll_fn;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};

use crate::domain::{Lock, VersionId, WebHead, WebTrailers, prelude};
use crate::limits::STREAM_BUFFER_BYTES_MAX;

/// The way of one response: where it is written, and where it is read.
pub fn response_pipe() -> (ResponseSink, ResponseSource) {
    let sink = ResponseSink {
        pipe: Arc::default(),
    };
    let source = ResponseSource {
        pipe: Arc::clone(&sink.pipe),
    };
    (sink, source)
}

/// Where a response is written. A clone is another handle to the same; one of them writes at a time.
#[derive(Clone)]
pub struct ResponseSink {
    pipe: Arc<Lock<Pipe>>,
}

/// Where a response is read. Dropping it says that nobody reads any more.
pub struct ResponseSource {
    pipe: Arc<Lock<Pipe>>,
}

/// What comes next of a response.
#[derive(Debug)]
pub enum Piece {
    /// Its head, where its function is a guest for HTTP. The first piece.
    Head(Box<WebHead>),
    /// Bytes of its body; of any other function, of all that it writes.
    Bytes(Bytes),
}

impl Piece {
    /// The bytes; a head as a prelude, for those who read a response to an event.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Head(head) => prelude::of(&head).into(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[derive(Default)]
struct Pipe {
    head: Option<Box<WebHead>>,
    waiting: BytesMut,
    trailers: Option<WebTrailers>,
    executed: Option<VersionId>,
    has_no_reader: bool,
    /// Woken when there are bytes.
    reader: Option<Waker>,
    /// Woken when there is room.
    writer: Option<Waker>,
    /// Woken when the reader has left.
    watcher: Option<Waker>,
}

impl ResponseSink {
    /// How many bytes may be pushed, at least one. Waits until there is room, and for ever where nobody
    /// reads any more: whoever runs the writer ends it then, see [`left`](Self::left).
    pub async fn room(&self) -> usize {
        poll_fn(|context| self.pipe.lock().poll_room(context)).await
    }

    /// Sends the head of a response for HTTP on its way, before any of its bytes. It takes no room: there is
    /// one of a bounded size.
    pub fn begin(&self, head: WebHead) {
        let mut pipe = self.pipe.lock();
        if pipe.has_no_reader {
            return;
        }
        pipe.head = Some(Box::new(head));
        let reader = pipe.reader.take();
        drop(pipe);
        wake(reader);
    }

    /// Sends bytes on their way, no more than there is [`room`](Self::room) for.
    pub fn push(&self, bytes: &[u8]) {
        let mut pipe = self.pipe.lock();
        if pipe.has_no_reader || bytes.is_empty() {
            return;
        }
        pipe.waiting.extend_from_slice(bytes);
        let reader = pipe.reader.take();
        drop(pipe);
        wake(reader);
    }

    /// How many bytes may be pushed at once, which may be none.
    pub fn room_now(&self) -> usize {
        self.pipe.lock().room()
    }

    /// Sends bytes on their way if there is room for all of them; says whether there was. What nobody reads
    /// any more needs none.
    pub fn try_push(&self, bytes: &[u8]) -> bool {
        let has_room = {
            let pipe = self.pipe.lock();
            pipe.has_no_reader || bytes.len() <= pipe.room()
        };
        if has_room {
            self.push(bytes);
        }
        has_room
    }

    /// Returns when nobody reads any more. One task at a time may wait for it.
    pub async fn left(&self) {
        poll_fn(|context| self.pipe.lock().poll_left(context)).await;
    }

    /// Says what follows the last byte of a response for HTTP. It takes no room either.
    pub fn set_trailers(&self, trailers: WebTrailers) {
        let mut pipe = self.pipe.lock();
        if !pipe.has_no_reader {
            pipe.trailers = Some(trailers);
        }
    }

    /// Says which version writes the response.
    pub(super) fn set_executed(&self, version: VersionId) {
        self.pipe.lock().executed = Some(version);
    }
}

impl ResponseSource {
    /// What waits; pending while there is nothing.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Piece> {
        let mut pipe = self.pipe.lock();
        if pipe.is_empty() {
            pipe.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(taken(pipe))
    }

    /// What waits; waits itself while there is nothing.
    pub async fn next(&mut self) -> Piece {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// What waits, if there is anything.
    pub fn take(&mut self) -> Option<Piece> {
        let pipe = self.pipe.lock();
        (!pipe.is_empty()).then(|| taken(pipe))
    }

    /// What follows the last byte, once the function has ended.
    pub fn take_trailers(&mut self) -> Option<WebTrailers> {
        self.pipe.lock().trailers.take()
    }

    /// The version that writes the response, once it was begun.
    pub fn executed(&self) -> Option<VersionId> {
        self.pipe.lock().executed
    }
}

impl Drop for ResponseSource {
    fn drop(&mut self) {
        let mut pipe = self.pipe.lock();
        pipe.has_no_reader = true;
        pipe.head = None;
        pipe.waiting = BytesMut::new();
        pipe.trailers = None;
        let watcher = pipe.watcher.take();
        drop(pipe);
        wake(watcher);
    }
}

impl Pipe {
    fn is_empty(&self) -> bool {
        self.head.is_none() && self.waiting.is_empty()
    }

    /// How much may be written; nothing where nobody reads.
    fn room(&self) -> usize {
        match self.has_no_reader {
            true => 0,
            false => STREAM_BUFFER_BYTES_MAX.saturating_sub(self.waiting.len()),
        }
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        let room = self.room();
        if room > 0 {
            return Poll::Ready(room);
        }
        self.writer = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.has_no_reader {
            return Poll::Ready(());
        }
        self.watcher = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The first piece of what waits in a pipe.
fn taken(mut pipe: MutexGuard<'_, Pipe>) -> Piece {
    if let Some(head) = pipe.head.take() {
        return Piece::Head(head);
    }
    let bytes = std::mem::take(&mut pipe.waiting).freeze();
    let writer = pipe.writer.take();
    drop(pipe);
    wake(writer);
    Piece::Bytes(bytes)
}

/// Outside of the lock, which whoever is woken takes first.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    fn is_pending<F: Future>(future: F) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(future).poll(&mut context).is_pending()
    }

    #[tokio::test]
    async fn what_is_written_is_read_at_once_and_small_pieces_together() {
        let (sink, mut source) = response_pipe();
        assert!(is_pending(source.next()));
        sink.push(b"one");
        assert_eq!(source.next().await.into_bytes(), "one");
        sink.push(b"t");
        sink.push(b"");
        sink.push(b"wo");
        assert_eq!(source.next().await.into_bytes(), "two");
        assert!(is_pending(source.next()));
    }

    #[tokio::test]
    async fn a_writer_waits_while_as_much_is_unread_as_may_be() {
        let (sink, mut source) = response_pipe();
        assert_eq!(sink.room().await, STREAM_BUFFER_BYTES_MAX);
        sink.push(&vec![b'x'; STREAM_BUFFER_BYTES_MAX]);
        let waiting = tokio::spawn({
            let sink = sink.clone();
            async move { sink.room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        assert_eq!(
            source.next().await.into_bytes().len(),
            STREAM_BUFFER_BYTES_MAX
        );
        let room = waiting.await.expect("it is woken");
        assert_eq!(room, STREAM_BUFFER_BYTES_MAX);
    }

    #[tokio::test]
    async fn a_reader_that_leaves_is_noticed_and_nothing_is_kept_for_it() {
        let (sink, source) = response_pipe();
        sink.push(b"unread");
        assert!(is_pending(sink.left()));
        let left = tokio::spawn({
            let sink = sink.clone();
            async move { sink.left().await }
        });
        tokio::task::yield_now().await;
        drop(source);
        left.await.expect("it is woken");
        sink.push(b"more");
        assert!(sink.pipe.lock().waiting.is_empty());
        assert!(is_pending(sink.room()));
    }

    #[tokio::test]
    async fn a_head_comes_before_all_bytes() {
        let (sink, mut source) = response_pipe();
        sink.begin(WebHead::ok("a/b"));
        sink.push(b"body");
        match source.next().await {
            Piece::Head(head) => assert_eq!(head.content_type(), Some("a/b")),
            Piece::Bytes(bytes) => panic!("{bytes:?}"),
        }
        assert_eq!(source.take().expect("bytes").into_bytes(), "body");
        assert!(source.take().is_none());
        let prelude = Piece::Head(Box::new(WebHead::ok("a/b"))).into_bytes();
        assert!(prelude.starts_with(b"{\"statusCode\":200,") && prelude.ends_with(&[0; 8]));
    }

    #[test]
    fn the_version_is_known_once_it_was_begun() {
        let (sink, source) = response_pipe();
        assert_eq!(source.executed(), None);
        sink.set_executed(VersionId::Number(7));
        assert_eq!(source.executed(), Some(VersionId::Number(7)));
    }
}
