//! A stream to a client that must go on reading: where nothing can be written for a while, writing
//! fails, and the connection ends with what it holds. Until then nothing more is read of it.
//!
//! What is read is counted, so that a head which arrives and requests before their turn are held for their sender; and
//! so is what waits to be written.

use std::future::Future as _;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::answer;
use super::callers::{Charge, Connection, Full, Purpose};
use super::error::WireError;
use crate::domain::RequestId;
use crate::limits::{
    READ_BYTES_MAX, TLS_UNSENT_BYTES_MAX, UNCOUNTED_ANSWER_BYTES_MAX, WRITE_PAUSE_MAX,
};

/// A stream on which each write must get on within [`WRITE_PAUSE_MAX`].
pub(super) struct Progressing<S> {
    stream: S,
    connection: Arc<Connection>,
    /// Whether something is held of a head that is large, or of much that was sent before its turn.
    holds_arriving: bool,
    /// From when a write had to wait until one gets on.
    stalled: Option<Stalled>,
    /// Whether nothing was read since a write has to wait.
    has_put_reading_off: bool,
}

/// A write that waits.
struct Stalled {
    gives_up: Pin<Box<Sleep>>,
    /// For what of it was not counted before.
    _unread: Charge,
}

impl<S> Progressing<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            connection,
            holds_arriving: false,
            stalled: None,
            has_put_reading_off: false,
        }
    }

    /// Counts what was read and not asked for yet. More than one read of it needs room.
    fn take_in(&mut self, bytes: usize) -> Result<(), Full> {
        self.connection.arrived(bytes);
        self.hold_arriving(READ_BYTES_MAX)
    }

    /// Notes that there is nothing to be read. What waits for more is counted, however small it is; and what is not
    /// waited for any more is let go, not only when something comes.
    fn wait(&mut self) -> Result<(), Full> {
        self.connection.waits();
        self.hold_arriving(0)
    }

    /// Holds what was read and not asked for yet, where that is more than `free`; or lets go what was held of it.
    fn hold_arriving(&mut self, free: usize) -> Result<(), Full> {
        let is_much = self.connection.unclaimed() > free;
        if is_much || self.holds_arriving {
            self.holds_arriving = is_much;
            return self.connection.hold_arriving(free);
        }
        Ok(())
    }

    /// What became of a write of so many bytes: one that waits for too long has failed, and so has one that there is
    /// no room to wait for.
    fn judged<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
        bytes: impl FnOnce() -> usize,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            if std::mem::take(&mut self.has_put_reading_off) {
                context.waker().wake_by_ref();
            }
            return written;
        }
        let stalled = match &mut self.stalled {
            Some(stalled) => stalled,
            None => match stalled(&self.connection, bytes()) {
                Ok(stalled) => self.stalled.insert(stalled),
                Err(error) => return Poll::Ready(Err(error)),
            },
        };
        stalled.gives_up.as_mut().poll(context).map(|()| {
            self.connection.peer().reads_nothing();
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client has read nothing of its answer for too long",
            ))
        })
    }
}

/// What waits from now on. A small answer is counted here for the first time; of a larger one, whoever made it holds
/// what is beyond that, if not all.
fn stalled(connection: &Connection, bytes: usize) -> io::Result<Stalled> {
    let uncounted = bytes.min(UNCOUNTED_ANSWER_BYTES_MAX);
    let unread = connection.peer().settle(Purpose::Call, uncounted);
    let unread = unread.map_err(|full| {
        tracing::debug!(?full, bytes, "there is no room for an answer to wait");
        io::Error::other("there is no room for an answer that its client does not read")
    })?;
    Ok(Stalled {
        gives_up: Box::pin(sleep(WRITE_PAUSE_MAX)),
        _unread: unread,
    })
}

impl<S: AsyncWrite + Unpin> Progressing<S> {
    /// Tells why no more is read, where the client still listens: it has asked nothing that could be answered. One that
    /// still sends what has its answer would take that for a part of it.
    fn refuse(&mut self, context: &mut Context<'_>, full: Full) -> io::Error {
        if !self.connection.has_told() {
            let text = answer::in_http(WireError::from(full).closing(), RequestId::random());
            let told = Pin::new(&mut self.stream).poll_write(context, text.as_bytes());
            tracing::debug!(?full, ?told, "there is no room for a head");
        }
        io::Error::other("there is no room for the head of a request")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Progressing<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stalled.is_some() {
            self.has_put_reading_off = true;
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = poll_piece(Pin::new(&mut self.stream), context, buffer);
        let counted = match read.is_ready() {
            true => self.take_in(buffer.filled().len() - before),
            false => self.wait(),
        };
        match counted {
            Ok(()) => read,
            Err(full) => Poll::Ready(Err(self.refuse(context, full))),
        }
    }
}

/// Reads no more than [`READ_BYTES_MAX`] at once: so much of the buffers behind is ever touched.
fn poll_piece<S: AsyncRead>(
    stream: Pin<&mut S>,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    if buffer.remaining() <= READ_BYTES_MAX {
        return stream.poll_read(context, buffer);
    }
    let mut piece = [MaybeUninit::uninit(); READ_BYTES_MAX];
    let mut piece = ReadBuf::uninit(&mut piece);
    ready!(stream.poll_read(context, &mut piece))?;
    buffer.put_slice(piece.filled());
    Poll::Ready(Ok(()))
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Progressing<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judged(written, context, || bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        let bytes = || pieces.iter().map(|piece| piece.len()).sum();
        self.judged(written, context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judged(flushed, context, || TLS_UNSENT_BYTES_MAX)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judged(ended, context, || TLS_UNSENT_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::Peers;
    use axum::response::IntoResponse as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::Instant;

    fn progressing(stream: DuplexStream, peers: &Peers) -> Progressing<DuplexStream> {
        Progressing::new(stream, Connection::new(peers.peer(None), &Arc::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stalls_ends_the_write_and_one_that_is_slow_does_not() {
        let (near, mut far) = duplex(4);
        let peers = Peers::default();
        let mut stream = progressing(near, &peers);
        let slow = tokio::spawn(async move {
            for _ in 0..4 {
                sleep(WRITE_PAUSE_MAX * 2 / 3).await;
                far.read_exact(&mut [0; 4]).await.expect("it is written to");
            }
            far
        });
        let written = stream.write_all(&[0; 20]).await;
        written.expect("the reader reads on");
        let far = slow.await.expect("it read everything but the last piece");
        assert_eq!(peers.figures().connections_ended_unread, 0);

        let started = Instant::now();
        let error = stream.write_all(&[0; 4]).await;
        let error = error.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() >= WRITE_PAUSE_MAX);
        assert_eq!(peers.figures().connections_ended_unread, 1);
        drop(far);
    }

    #[tokio::test]
    async fn nothing_is_read_of_a_client_that_does_not_read() {
        let (near, mut far) = duplex(4);
        let mut stream = progressing(near, &Peers::default());
        far.write_all(b"more").await.expect("there is room");
        let is_pending = async |stream: &mut Progressing<DuplexStream>, write: &[u8]| {
            std::future::poll_fn(|context| {
                let written = Pin::new(&mut *stream).poll_write(context, write);
                let mut room = [0; 4];
                let read = Pin::new(&mut *stream).poll_read(context, &mut ReadBuf::new(&mut room));
                Poll::Ready((written.is_pending(), read.is_pending()))
            })
            .await
        };
        stream.write_all(b"full").await.expect("there is room");
        assert_eq!(is_pending(&mut stream, b"x").await, (true, true));
        far.read_exact(&mut [0; 4]).await.expect("it is written to");
        assert_eq!(is_pending(&mut stream, b"x").await, (false, false));
    }

    #[tokio::test]
    async fn a_head_that_arrives_is_held_and_refused_where_there_is_no_room() {
        let peers = Peers::within(6 * READ_BYTES_MAX);
        let (near, mut far) = duplex(16 * READ_BYTES_MAX);
        let mut stream = progressing(near, &peers);
        far.write_all(&[b'x'; 4 * READ_BYTES_MAX])
            .await
            .expect("there is room");
        let mut room = vec![0; 4 * READ_BYTES_MAX];
        for held in [0, 2 * READ_BYTES_MAX, 3 * READ_BYTES_MAX] {
            let read = stream.read(&mut room).await;
            assert_eq!(read.expect("there is room"), READ_BYTES_MAX);
            assert_eq!(peers.figures().bytes, held);
        }
        assert!(stream.read(&mut room).await.is_err());
        drop(stream);
        assert_eq!(peers.figures().bytes, 0);
        let mut told = String::new();
        let read = far.read_to_string(&mut told).await;
        read.expect("the stream ends");
        assert!(
            told.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
            "{told}"
        );
        assert!(told.contains("\r\nconnection: close\r\n"), "{told}");
        assert!(told.contains("\r\nx-amzn-requestid: "), "{told}");
    }

    #[tokio::test]
    async fn nothing_is_written_into_an_answer_that_has_begun() {
        let peers = Peers::within(0);
        let (near, mut far) = duplex(16 * READ_BYTES_MAX);
        let mut stream = progressing(near, &peers);
        let request = http::Request::new(());
        stream.connection.arrived(1);
        let answering = stream.connection.begin(&request).expect("it is small");
        stream.connection.leaves_unread();
        let _answer = answering.answered("answer".into_response());
        far.write_all(&[b'x'; 4 * READ_BYTES_MAX])
            .await
            .expect("there is room");
        let mut room = vec![0; 4 * READ_BYTES_MAX];
        while stream.read(&mut room).await.is_ok() {}
        drop(stream);
        let mut told = String::new();
        let read = far.read_to_string(&mut told).await;
        read.expect("the stream ends");
        assert_eq!(told, "");
    }

    #[tokio::test]
    async fn what_was_asked_for_is_held_as_a_head_no_longer() {
        let peers = Peers::default();
        let (near, mut far) = duplex(16 * READ_BYTES_MAX);
        let mut stream = progressing(near, &peers);
        let mut room = vec![0; 4 * READ_BYTES_MAX];
        for is_more_to_read in [true, false] {
            far.write_all(&[b'x'; 2 * READ_BYTES_MAX])
                .await
                .expect("there is room");
            for _ in 0..2 {
                let read = stream.read(&mut room).await;
                read.expect("there is room");
            }
            assert_eq!(peers.figures().bytes, 2 * READ_BYTES_MAX);
            stream.connection.claim();
            if is_more_to_read {
                far.write_all(b"x").await.expect("there is room");
            }
            let read = std::future::poll_fn(|context| {
                let mut room = ReadBuf::new(&mut room);
                Poll::Ready(Pin::new(&mut stream).poll_read(context, &mut room))
            });
            assert_eq!(read.await.is_ready(), is_more_to_read);
            assert_eq!(peers.figures().bytes, 0);
            stream.connection.claim();
        }
    }

    #[tokio::test]
    async fn a_head_that_has_begun_to_arrive_is_held_while_it_waits_for_the_rest() {
        let peers = Peers::default();
        let (near, mut far) = duplex(1_000);
        let mut stream = progressing(near, &peers);
        let mut room = [0; 1_000];
        for held in [100, 200] {
            far.write_all(&[b'x'; 100]).await.expect("there is room");
            let read = stream.read(&mut room).await;
            assert_eq!(read.expect("there is room"), 100);
            let waits = std::future::poll_fn(|context| {
                let mut room = ReadBuf::new(&mut room);
                Poll::Ready(Pin::new(&mut stream).poll_read(context, &mut room))
            });
            assert!(waits.await.is_pending());
            assert_eq!(peers.figures().bytes, held);
        }
    }

    /// What becomes of a write of so many bytes to a client that reads nothing.
    async fn unread(
        stream: &mut Progressing<DuplexStream>,
        bytes: usize,
    ) -> Poll<io::Result<usize>> {
        let bytes = vec![0; bytes];
        std::future::poll_fn(|context| {
            Poll::Ready(Pin::new(&mut *stream).poll_write(context, &bytes))
        })
        .await
    }

    #[tokio::test]
    async fn a_small_answer_is_held_while_it_waits_for_its_reader() {
        let peers = Peers::default();
        let (near, mut far) = duplex(1);
        let mut stream = progressing(near, &peers);
        assert!(unread(&mut stream, 1).await.is_ready());
        assert_eq!(peers.figures().bytes, 0);
        for _ in 0..2 {
            assert!(unread(&mut stream, 7_000).await.is_pending());
            assert_eq!(peers.figures().bytes, 7_000);
        }
        far.read_exact(&mut [0]).await.expect("it is written to");
        assert!(unread(&mut stream, 7_000).await.is_ready());
        assert_eq!(peers.figures().bytes, 0);
        // Whoever made one that is larger holds what is beyond that.
        let large = 2 * UNCOUNTED_ANSWER_BYTES_MAX;
        assert!(unread(&mut stream, large).await.is_pending());
        assert_eq!(peers.figures().bytes, UNCOUNTED_ANSWER_BYTES_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_behind_a_write_is_given_up_as_well_when_nobody_reads_it() {
        let peers = Peers::default();
        let (near, _far) = duplex(1);
        let connection = Connection::new(peers.peer(None), &Arc::default());
        // As encryption does, this takes what is written before it can be sent.
        let mut stream = Progressing::new(tokio::io::BufWriter::new(near), connection);
        stream.write_all(b"answer").await.expect("it is taken");
        let started = Instant::now();
        let error = stream.flush().await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() >= WRITE_PAUSE_MAX);
        assert_eq!(peers.figures().bytes, TLS_UNSENT_BYTES_MAX);
    }

    #[tokio::test]
    async fn an_answer_that_waits_where_there_is_no_room_ends_its_connection() {
        let peers = Peers::within(8_000);
        let (near, _far) = duplex(1);
        let mut stream = progressing(near, &peers);
        assert!(unread(&mut stream, 1).await.is_ready());
        let written = unread(&mut stream, 7_000).await;
        assert!(matches!(written, Poll::Ready(Err(_))), "{written:?}");
        assert_eq!(peers.figures().bytes, 0);
    }
}
