//! From a connection that was accepted to one that is encrypted.
//!
//! The arithmetic of that takes longer than many calls, so it is done on threads of its own, at a lower priority than
//! those that serve: whoever begins handshakes all day delays no call. Each has a deadline, and is counted for its peer
//! from its first byte, as all connections are.

use std::io;
use std::net;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::current::Tls;
use super::movable::Movable;
use crate::contract::callers::{Encryption, Peer, Peers, Purpose};
use crate::contract::client_certificate::ClientCertificate;
use crate::contract::connection_threads::ConnectionThreads;
use crate::contract::turned_away::{not_encrypted, refuse};
use crate::limits::{HANDSHAKE_BYTES, HANDSHAKE_DURATION_MAX, TLS_UNSENT_BYTES_MAX};

/// Where TLS is agreed on.
pub(crate) struct Handshakes {
    tls: Arc<Tls>,
    threads: ConnectionThreads,
    peers: Arc<Peers>,
}

/// Why a connection is not encrypted.
enum NoTls {
    /// Its client has left before it said anything.
    Left,
    /// Its client speaks HTTP as it is.
    Plain(net::TcpStream),
    /// There is no room for it.
    Full,
    /// Its client has broken off, taken too long, shown no certificate that is trusted, or does not speak TLS.
    Failed(io::Error),
}

impl From<io::Error> for NoTls {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Handshakes {
    /// Those of a host that speaks TLS in this way with these peers.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(crate) fn start(tls: Arc<Tls>, peers: Arc<Peers>) -> io::Result<Self> {
        Ok(Self {
            tls,
            threads: ConnectionThreads::behind_others("sparkler-tls")?,
            peers,
        })
    }

    /// Agrees on TLS with whoever is at the other end of `stream`, which then goes on in the runtime that awaits this.
    ///
    /// # Errors
    /// With the reason why that was not possible.
    pub(in crate::contract) async fn agreed(
        &self,
        stream: net::TcpStream,
        encryption: Arc<Encryption>,
        peer: Arc<Peer>,
    ) -> io::Result<TlsStream<Movable>> {
        let begun = Begun {
            config: self.tls.config(),
            deadline: Instant::now() + HANDSHAKE_DURATION_MAX,
            encryption,
            peer,
        };
        // It ends with whoever waits for it.
        let mut one = JoinSet::new();
        one.spawn_on(begun.ended(stream), self.threads.next());
        let ended = match one.join_next().await {
            Some(ended) => ended.unwrap_or_else(|error| Err(io::Error::other(error).into())),
            None => Err(io::Error::other("no handshake was begun").into()),
        };
        let mut stream = ended.map_err(|why| self.refused(why))?;
        stream.get_mut().0.move_here()?;
        Ok(stream)
    }

    /// Counts a connection that is not encrypted, and tells its client why where that can be understood.
    fn refused(&self, why: NoTls) -> io::Error {
        if !matches!(why, NoTls::Left) {
            self.peers.refused_connection();
        }
        match why {
            NoTls::Left => io::ErrorKind::UnexpectedEof.into(),
            NoTls::Plain(stream) => {
                refuse(stream, not_encrypted());
                io::Error::new(io::ErrorKind::InvalidData, "its client does not speak TLS")
            }
            NoTls::Full => io::Error::other("there is no room for a handshake"),
            NoTls::Failed(error) => error,
        }
    }
}

/// A handshake that has begun.
struct Begun {
    config: Arc<ServerConfig>,
    deadline: Instant,
    encryption: Arc<Encryption>,
    peer: Arc<Peer>,
}

impl Begun {
    async fn ended(self, stream: net::TcpStream) -> Result<TlsStream<Movable>, NoTls> {
        let _held = self
            .peer
            .hold(Purpose::Call, HANDSHAKE_BYTES)
            .map_err(|_| NoTls::Full)?;
        let ended = timeout_at(self.deadline, self.agreed(stream)).await;
        let too_late = |_| io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long");
        let stream = ended.map_err(too_late)??;
        self.note(stream.get_ref().1)?;
        Ok(stream)
    }

    async fn agreed(&self, stream: net::TcpStream) -> Result<TlsStream<Movable>, NoTls> {
        let stream = TcpStream::from_std(stream)?;
        match first_byte(&stream).await? {
            None => return Err(NoTls::Left),
            // No record of TLS begins with a letter.
            Some(byte) if byte.is_ascii_uppercase() => {
                return Err(NoTls::Plain(stream.into_std()?));
            }
            Some(_) => {}
        }
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        let bounded = |session: &mut ServerConnection| {
            session.set_buffer_limit(Some(TLS_UNSENT_BYTES_MAX));
        };
        let accepted = acceptor.accept_with(Movable::of(stream), bounded);
        Ok(accepted.await?)
    }

    /// Notes what the client has shown.
    fn note(&self, session: &ServerConnection) -> Result<(), NoTls> {
        let Some(chain) = session.peer_certificates() else {
            return Ok(());
        };
        let read = chain.first().and_then(|first| ClientCertificate::of(first));
        let read = read.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the client's certificate cannot be read",
            )
        })?;
        let bytes = chain.iter().map(|certificate| certificate.len()).sum();
        let noted = self.encryption.note(read, bytes, &self.peer);
        noted.map_err(|_| NoTls::Full)
    }
}

/// The first byte that the client has sent, which stays to be read; `None` where it has left.
async fn first_byte(stream: &TcpStream) -> io::Result<Option<u8>> {
    let mut first = [0];
    let read = stream.peek(&mut first).await?;
    Ok((read > 0).then_some(first[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::tls::tests::Files;
    use std::io::Write as _;
    use tokio::net::TcpListener;

    /// First byte of a connection on which TLS is spoken: that of a record of a handshake.
    const HANDSHAKE_RECORD: u8 = 22;

    /// What comes of a client that has sent this and no more.
    async fn outcome(sent: &[u8], peers: &Peers) -> Result<TlsStream<Movable>, NoTls> {
        let files = Files::new();
        let tls = Tls::open(files.config()).expect("it can be used");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let mut client = net::TcpStream::connect(address).expect("it listens");
        client.write_all(sent).expect("there is room");
        let (stream, _) = listener.accept().await.expect("a client");
        let begun = Begun {
            config: tls.config(),
            deadline: Instant::now() + HANDSHAKE_DURATION_MAX,
            encryption: Arc::default(),
            peer: peers.peer(None),
        };
        begun.ended(stream.into_std().expect("a stream")).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_no_further_is_given_up_in_time_and_nothing_is_held_for_it() {
        for sent in [&[][..], &[HANDSHAKE_RECORD, 3, 1, 0, 200, 1]] {
            let (peers, started) = (Peers::default(), Instant::now());
            match outcome(sent, &peers).await {
                Err(NoTls::Failed(error)) => assert_eq!(error.kind(), io::ErrorKind::TimedOut),
                _ => panic!("it has said {sent:?} and nothing else"),
            }
            assert!(started.elapsed() >= HANDSHAKE_DURATION_MAX);
            assert_eq!(peers.figures().bytes, 0);
        }
    }

    #[tokio::test]
    async fn what_is_no_tls_is_told_from_what_is_http() {
        let peers = Peers::default();
        let of_http = outcome(b"GET / HTTP/1.1\r\n\r\n", &peers).await;
        assert!(matches!(of_http, Err(NoTls::Plain(_))));
        let of_garbage = outcome(b"\x00garbage", &peers).await;
        assert!(matches!(of_garbage, Err(NoTls::Failed(_))));
    }

    #[tokio::test]
    async fn a_peer_begins_no_more_handshakes_than_it_has_room_for() {
        let peers = Peers::within(3 * HANDSHAKE_BYTES);
        let peer = peers.peer(None);
        let _one = peer
            .hold(Purpose::Call, HANDSHAKE_BYTES)
            .expect("there is room");
        assert!(matches!(outcome(&[], &peers).await, Err(NoTls::Full)));
    }
}
