//! A stream to a client that must go on reading: where nothing can be written for a while, writing
//! fails, and the connection ends with what it holds. Until then nothing more is read of it.
//!
//! What is read is counted, so that a head which arrives and requests before their turn are held for their sender.

use std::future::Future as _;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::callers::{Charge, Connection, Full, Purpose};
use super::error::WireError;
use crate::limits::{READ_BYTES_MAX, WRITE_PAUSE_MAX};

/// A stream on which each write must get on within [`WRITE_PAUSE_MAX`].
pub(super) struct Progressing<S> {
    stream: S,
    connection: Arc<Connection>,
    /// What is held of a head that is large, or of much that was sent before its turn.
    head: Option<Charge>,
    /// Runs from when a write had to wait until one gets on.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether nothing was read since a write has to wait.
    has_put_reading_off: bool,
}

impl<S> Progressing<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            connection,
            head: None,
            stalled: None,
            has_put_reading_off: false,
        }
    }

    /// Counts what was read and not asked for yet. More than one read of it needs room.
    fn take_in(&mut self, bytes: usize) -> Result<(), Full> {
        let unclaimed = self.connection.arrived(bytes);
        if unclaimed <= READ_BYTES_MAX {
            self.head = None;
            return Ok(());
        }
        let peer = self.connection.peer();
        let head = self.head.get_or_insert_with(|| peer.charge(Purpose::Call));
        head.hold(unclaimed)
    }

    /// What became of a write: one that waits for too long has failed.
    fn judged<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            if std::mem::take(&mut self.has_put_reading_off) {
                context.waker().wake_by_ref();
            }
            return written;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(WRITE_PAUSE_MAX)));
        stalled.as_mut().poll(context).map(|()| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client has read nothing of its answer for too long",
            ))
        })
    }
}

impl<S: AsyncWrite + Unpin> Progressing<S> {
    /// Tells why no more is read, where the client still listens: it has asked nothing that could be answered.
    fn refuse(&mut self, context: &mut Context<'_>, full: Full) -> io::Error {
        let text = WireError::from(full).closing().in_http();
        let told = Pin::new(&mut self.stream).poll_write(context, text.as_bytes());
        tracing::debug!(?full, ?told, "there is no room for a head");
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
        let Poll::Ready(read) = poll_piece(Pin::new(&mut self.stream), context, buffer) else {
            self.connection.waits();
            return Poll::Pending;
        };
        let bytes = buffer.filled().len() - before;
        match self.take_in(bytes) {
            Ok(()) => Poll::Ready(read),
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
        self.judged(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.judged(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::Peers;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::Instant;

    fn progressing(stream: DuplexStream, peers: &Peers) -> Progressing<DuplexStream> {
        Progressing::new(stream, Connection::new(peers.peer(None), &Arc::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stalls_ends_the_write_and_one_that_is_slow_does_not() {
        let (near, mut far) = duplex(4);
        let mut stream = progressing(near, &Peers::default());
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

        let started = Instant::now();
        let error = stream.write_all(&[0; 4]).await;
        let error = error.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() >= WRITE_PAUSE_MAX);
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
    }

    #[tokio::test]
    async fn what_was_asked_for_is_held_as_a_head_no_longer() {
        let peers = Peers::default();
        let (near, mut far) = duplex(16 * READ_BYTES_MAX);
        let mut stream = progressing(near, &peers);
        let mut room = vec![0; 4 * READ_BYTES_MAX];
        far.write_all(&[b'x'; 3 * READ_BYTES_MAX])
            .await
            .expect("there is room");
        for _ in 0..2 {
            let read = stream.read(&mut room).await;
            read.expect("there is room");
        }
        stream.connection.claim();
        let read = stream.read(&mut room).await;
        read.expect("there is room");
        assert_eq!(peers.figures().bytes, 0);
    }
}
