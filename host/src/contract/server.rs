//! Connections: accepted within bounds, served, and brought to an end.
//!
//! ```text
//! accept → serve … → `shutdown`: no more connections, the present ones end after their answers → done
//!                                                          dropped meanwhile: all end at once
//! ```
//!
//! Each connection is bounded on its own, so that `shutdown` comes to its end: the head of a request
//! by its time, the body by its rate, the invocation by its timeout, and the answer by the client
//! that must go on reading it.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinError, JoinSet};

use super::callers::{Connected, Connections, Peers};
use super::connection_threads::ConnectionThreads;
use super::date::AnswerDate;
use super::forwarded::TrustedProxies;
use super::request_counts::RequestCounts;
use super::speaking::{Encrypting, Speaking};
use super::tls::Handshakes;
use super::turned_away::{refuse, too_many};
use super::unread_body::UnreadBody;
use crate::limits::{
    ACCEPT_PAUSE, CONNECTION_BUFFER_BYTES_MAX, CONNECTION_DESCRIPTORS_PERCENT_MAX,
    REQUEST_HEAD_BYTES_MAX, REQUEST_HEAD_DURATION_MAX, REQUEST_HEADERS_MAX, TLS_CONNECTION_BYTES,
};

/// The body of a request as it comes in.
pub(crate) type Arriving = UnreadBody<Incoming>;

/// What connections have to do with each other.
pub(crate) struct Neighbours<'a> {
    pub(crate) threads: &'a ConnectionThreads,
    pub(crate) peers: &'a Arc<Peers>,
    pub(crate) proxies: &'a TrustedProxies,
    /// Where connections are encrypted.
    pub(crate) tls: Option<&'a Arc<Handshakes>>,
    pub(crate) date: &'a Arc<AnswerDate>,
    pub(crate) requests: &'a RequestCounts,
}

/// Serves connections to `listener`, each with the function that `answerer` makes for its caller, until
/// `shutdown` ends, and then until all connections have ended. Dropping the future cuts the connections that are left.
pub(crate) async fn serve<A, F>(
    listener: TcpListener,
    neighbours: Neighbours<'_>,
    answerer: impl Fn(&Connected) -> A,
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(Request<Arriving>) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let max = connections_max(&neighbours);
    let megabytes = neighbours.peers.figures().bytes_max / (1024 * 1024);
    tracing::info!(
        "{megabytes} MB at most are held for callers, who have {max} connections at most"
    );
    let date = neighbours.date;
    let mut server = Server {
        answerer,
        open: Connections::at_most(max, Arc::clone(neighbours.peers)),
        neighbours,
        http: http(),
        graceful: GracefulShutdown::new(),
        tasks: JoinSet::new(),
    };
    tokio::select! {
        never = server.accept_all(&listener) => match never {},
        never = date.follow() => match never {},
        () = shutdown => {}
    }
    // A client that connects from now on is refused, rather than accepted and never answered.
    drop(listener);
    server.graceful.shutdown().await;
}

/// What all connections have in common.
struct Server<'a, M> {
    answerer: M,
    neighbours: Neighbours<'a>,
    open: Connections,
    http: http1::Builder,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_DURATION_MAX)
        // A client that has nothing more to send still waits for its answer.
        .half_close(true)
        .max_buf_size(CONNECTION_BUFFER_BYTES_MAX)
        .max_headers(REQUEST_HEADERS_MAX)
        .max_header_size(REQUEST_HEAD_BYTES_MAX);
    http
}

/// As many as there is memory for, or as there are descriptors for.
fn connections_max(neighbours: &Neighbours<'_>) -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let share = descriptors.saturating_mul(CONNECTION_DESCRIPTORS_PERCENT_MAX) / 100;
    let more_bytes = neighbours.tls.map_or(0, |_| TLS_CONNECTION_BYTES);
    let for_memory = neighbours.peers.connections_max(more_bytes);
    usize::try_from(share).map_or(for_memory, |share| share.clamp(1, for_memory))
}

impl<M, A, F> Server<'_, M>
where
    M: Fn(&Connected) -> A,
    A: Fn(Request<Arriving>) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    async fn accept_all(&mut self, listener: &TcpListener) -> Infallible {
        loop {
            tokio::select! {
                (stream, address) = accept(listener) => self.take_in(stream, address),
                Some(ended) = self.tasks.join_next_with_id() => self.forget(ended),
            }
        }
    }

    fn take_in(&mut self, stream: TcpStream, address: SocketAddr) {
        // Where one makes room for another, those that have ended need not.
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(ended);
        }
        let caller = self.neighbours.peers.connected(Some(address.ip()));
        let caller = match self.neighbours.tls {
            Some(_) => caller.encrypted(),
            None => caller,
        };
        let is_proxy = self.neighbours.proxies.trust(address.ip());
        let room = self.open.room_for(&caller.peer, is_proxy);
        match (room, stream.into_std()) {
            (Ok(()), Ok(stream)) => self.serve(stream, &caller),
            // Nothing that it would understand can be said before there is a key.
            (Err(_), Ok(_)) if self.neighbours.tls.is_some() => {}
            (Err(full), Ok(stream)) => {
                let refused = too_many(full);
                self.neighbours.requests.count(None, refused.status());
                refuse(stream, refused);
            }
            (_, Err(error)) => {
                tracing::debug!(%error, "a connection could not be handed over");
            }
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.open.ended(id);
    }

    fn serve(&mut self, stream: std::net::TcpStream, caller: &Connected) {
        // Answers are small: they must not wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let connection = self.open.connection(Arc::clone(&caller.peer));
        let answer = (self.answerer)(caller);
        let asked = Arc::clone(&connection);
        // Counted for this connection alone: the threads that serve have nothing to do with each other's counts.
        let date = Arc::new(Arc::clone(self.neighbours.date));
        let service = service_fn(move |request| {
            let request = UnreadBody::of(request, &asked);
            let begun = asked.begin(&request);
            let begun = begun.map(|begun| (begun, answer(request)));
            let date = Arc::clone(&date);
            async move {
                let mut response = match begun {
                    Ok((begun, answer)) => begun.answered(answer.await),
                    Err(refused) => refused.into_response(),
                };
                date.correct(&mut response);
                Ok::<_, Infallible>(response)
            }
        });
        let speaking = Speaking {
            http: self.http.clone(),
            watcher: self.graceful.watcher(),
            connection: Arc::clone(&connection),
        };
        let encrypting = caller.encryption.as_ref().zip(self.neighbours.tls);
        let encrypting = encrypting.map(|(encryption, handshakes)| Encrypting {
            handshakes: Arc::clone(handshakes),
            encryption: Arc::clone(encryption),
        });
        let served = speaking.over(stream, encrypting, service);
        let ending = async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended early");
            }
        };
        let abort = self.tasks.spawn_on(ending, self.neighbours.threads.next());
        self.open.opened(connection, abort);
    }
}

/// The next connection. Failures of the system are waited out, since nothing else can be done.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::routing::{get, post};
    use bytes::Bytes;
    use http_body_util::BodyExt as _;
    use std::time::SystemTime;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;
    use tower::ServiceExt as _;

    use crate::contract::body::{self, BodyLimit};
    use crate::contract::callers::Purpose;
    use crate::contract::error::WireError;

    struct Running {
        address: SocketAddr,
        shutdown: oneshot::Sender<()>,
        ended: JoinHandle<()>,
    }

    async fn running(router: Router) -> Running {
        running_by(router, AnswerDate::default()).await
    }

    async fn running_by(router: Router, date: AnswerDate) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (shutdown, on_shutdown) = oneshot::channel();
        let answerer = move |_: &Connected| {
            let router = router.clone();
            move |request: Request<Arriving>| {
                let answered = router.clone().oneshot(request.map(Body::new));
                async { answered.await.unwrap_or_else(|never| match never {}) }
            }
        };
        let ended = tokio::spawn(async move {
            let threads = ConnectionThreads::start().expect("threads");
            let shutdown = async {
                // A test that ends without a word ends its server, too.
                on_shutdown.await.unwrap_or_default();
            };
            let neighbours = Neighbours {
                threads: &threads,
                peers: &Arc::default(),
                proxies: &TrustedProxies::default(),
                tls: None,
                date: &Arc::new(date),
                requests: &RequestCounts::default(),
            };
            serve(listener, neighbours, answerer, shutdown).await;
        });
        Running {
            address,
            shutdown,
            ended,
        }
    }

    async fn exchange(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        answer
    }

    /// A route that says when it was reached, and answers when it is told to.
    fn waiting(reached: Arc<Notify>, go_on: Arc<Notify>) -> Router {
        let handler = move || async move {
            reached.notify_one();
            go_on.notified().await;
            "done"
        };
        Router::new().route("/", get(handler))
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    #[tokio::test]
    async fn shutdown_lets_running_requests_end_and_takes_no_more() {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let server = running(waiting(Arc::clone(&reached), Arc::clone(&go_on))).await;
        let request = tokio::spawn(exchange(server.address, GET));
        reached.notified().await;
        server.shutdown.send(()).expect("it runs");
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!server.ended.is_finished());
        go_on.notify_one();
        let answer = request.await.expect("it was answered");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"),
            "{answer}"
        );
        server.ended.await.expect("it ended by itself");
    }

    #[tokio::test]
    async fn a_server_that_is_dropped_cuts_what_shutdown_waits_for() {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let server = running(waiting(Arc::clone(&reached), go_on)).await;
        let request = tokio::spawn(exchange(server.address, GET));
        reached.notified().await;
        server.shutdown.send(()).expect("it runs");
        server.ended.abort();
        assert_eq!(request.await.expect("the connection was closed"), "");
    }

    #[tokio::test]
    async fn an_answer_has_the_date_of_the_clock_also_after_that_was_set_back() {
        const THEN: SystemTime = SystemTime::UNIX_EPOCH;
        let clock: fn() -> SystemTime = || THEN;
        let date = AnswerDate::by(clock);
        date.saw(SystemTime::now());
        let server = running_by(Router::new(), date).await;
        let dates = async || {
            let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            let answer = exchange(server.address, request).await;
            let lines = answer.lines();
            let dates = lines.filter_map(|line| line.strip_prefix("date: "));
            dates.map(str::to_owned).collect::<Vec<_>>()
        };
        while dates().await != ["Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(dates().await.len(), 1);
        }
    }

    #[tokio::test]
    async fn malformed_http_is_answered_with_400_and_an_endless_head_is_cut_off() {
        let server = running(Router::new()).await;
        let answer = exchange(server.address, "this is not HTTP\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        let head = format!(
            "GET / HTTP/1.1\r\nX: {}",
            "x".repeat(REQUEST_HEAD_BYTES_MAX)
        );
        let answer = exchange(server.address, &head).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn the_sender_of_a_body_that_is_far_too_large_gets_the_answer() {
        let answer = answer_to_upload(Router::new().route("/", post(received::<1024>))).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }

    #[tokio::test]
    async fn the_sender_of_a_body_that_nobody_reads_gets_the_answer() {
        let answer = answer_to_upload(Router::new()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }

    async fn received<const BYTES_MAX: usize>(body: Body) -> Result<Bytes, WireError> {
        let limit = BodyLimit {
            bytes_max: BYTES_MAX,
            operation: "InvokeFunction",
            purpose: Purpose::Call,
        };
        let peer = Peers::default().peer(None);
        let received = body::receive(body, limit, &peer).await?;
        Ok(received.bytes)
    }

    async fn answer_to_upload(router: Router) -> String {
        const UPLOAD_BYTES: usize = 200 * 1024 * 1024;
        let server = running(router).await;
        let mut stream = TcpStream::connect(server.address)
            .await
            .expect("it listens");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {UPLOAD_BYTES}\r\n\r\n"
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("it reads the head");
        // As blocking clients do it: everything is sent before anything is read.
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..UPLOAD_BYTES / piece.len() {
            stream
                .write_all(&piece)
                .await
                .expect("the connection is not reset");
        }
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("the answer arrives");
        answer
    }

    #[tokio::test]
    async fn a_client_that_asks_before_sending_is_told_not_to() {
        let server = running(Router::new().route("/", post(received::<8>))).await;
        let request =
            "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        let answer = exchange(server.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_read_whole() {
        let echo = |body: Body| async move { body.collect().await.expect("it arrives").to_bytes() };
        let server = running(Router::new().route("/", post(echo))).await;
        let request = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
                       Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        let answer = exchange(server.address, request).await;
        assert!(answer.ends_with("\r\n\r\nabc"), "{answer}");
    }

    #[tokio::test]
    async fn a_client_that_has_sent_everything_may_close_its_side() {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let server = running(waiting(Arc::clone(&reached), Arc::clone(&go_on))).await;
        let mut stream = TcpStream::connect(server.address)
            .await
            .expect("it listens");
        stream.write_all(GET.as_bytes()).await.expect("it reads");
        stream.shutdown().await.expect("it is open");
        reached.notified().await;
        go_on.notify_one();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer).await;
        read.expect("it answers");
        assert!(answer.ends_with("done"), "{answer}");
    }
}
