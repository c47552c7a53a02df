//! An HTTP server for the requests that guests send: it counts the connections that were made and closed.
//!
//! What it answers depends on the path: `/hello`, `/chunked`, `/gzip` and `/trailers` a greeting, `/echo`, what is below
//! it, and `/` the request itself, what is below `/put` the last request that put something, `/redirect` another address, `/bye` a greeting before it hangs up; `/silent` never answers, `/stall`
//! stops in the middle, `/promise` speaks of more than anybody takes, `/heads` has too many headers.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Longest wait for something that must come.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A connection, encrypted or not.
pub trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A server on a free port of the loopback interface, until the suite ends.
#[derive(Clone)]
pub struct Origin {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Default)]
struct Counts {
    accepted: usize,
    closed: usize,
    /// Requests that came as a whole, with their bodies.
    whole: usize,
    /// The last of those that put something somewhere.
    put: String,
}

impl Origin {
    /// A server for plain HTTP.
    #[track_caller]
    pub fn start() -> Self {
        Self::accepting(|stream| Box::new(stream))
    }

    /// A server whose connections are something else first.
    #[track_caller]
    pub fn accepting(
        accept: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
        let address = listener.local_addr().expect("the address of the listener");
        let seen = Arc::<Seen>::default();
        let (counting, accept) = (Arc::clone(&seen), Arc::new(accept));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counting.count(|counts| counts.accepted += 1);
                let (seen, accept) = (Arc::clone(&counting), Arc::clone(&accept));
                thread::spawn(move || {
                    let connection = stream.try_clone();
                    let mut stream = BufReader::new(accept(stream));
                    while serve(&mut stream, &seen).is_some() {}
                    if let Ok(connection) = connection {
                        wait_for_end(connection);
                    }
                    seen.count(|counts| counts.closed += 1);
                });
            }
        });
        Self { address, seen }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A URL of it by its address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Connections that were made so far.
    pub fn accepted(&self) -> usize {
        self.seen.counts().accepted
    }

    /// Requests that came as a whole so far.
    pub fn whole(&self) -> usize {
        self.seen.counts().whole
    }

    /// Waits until the other side has closed all connections, at least one of them.
    #[track_caller]
    pub fn wait_until_closed(&self) {
        let counts = self.seen.counts();
        let is_open = |counts: &mut Counts| counts.closed == 0 || counts.closed < counts.accepted;
        let waited = self
            .seen
            .changed
            .wait_timeout_while(counts, WAIT_MAX, is_open);
        let (counts, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(counts);
        assert!(!waited.timed_out(), "a connection stays open");
    }
}

impl Seen {
    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts());
        self.changed.notify_all();
    }
}

/// Hangs up, and waits until the other side has noticed and does so, too.
fn wait_for_end(mut connection: TcpStream) {
    // One that is closed already is what is waited for.
    let _ = connection.shutdown(std::net::Shutdown::Write);
    let _ = std::io::copy(&mut connection, &mut std::io::sink());
}

type Connection = BufReader<Box<dyn Stream>>;

/// A response with nothing.
const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn with_body(text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

/// A response with "hello", compressed.
const GZIPPED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n\
    \x1f\x8b\x08\0\0\0\0\0\x02\xff\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";

/// Serves one request; `None` where the connection is at its end.
fn serve(stream: &mut Connection, seen: &Seen) -> Option<()> {
    let head = head(stream)?;
    let body = body(stream, &head)?;
    seen.count(|counts| counts.whole += 1);
    let path = head.split(' ').nth(1)?;
    if path == "/gzip" {
        stream.get_mut().write_all(GZIPPED).ok()?;
        return Some(());
    }
    if head.starts_with("PUT ") {
        seen.count(|counts| counts.put = format!("{head}{body}"));
        stream.get_mut().write_all(EMPTY).ok()?;
        return Some(());
    }
    let greeting = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let answer = match path {
        "/hello" | "/bye" => greeting.to_owned(),
        "/chunked" => {
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
                .to_owned()
        }
        "/trailers" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n\
             5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n"
            .to_owned(),
        "/redirect" => {
            "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        path if matches!(path, "/" | "/?echo") || path.starts_with("/echo") => {
            with_body(&format!("{head}{body}"))
        }
        path if path.starts_with("/put") => with_body(&seen.counts().put),
        "/stall" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhe".to_owned(),
        "/promise" => "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nhe".to_owned(),
        "/heads" => {
            let header = format!("X-Long: {}\r\n", "x".repeat(100_000));
            format!("HTTP/1.1 200 OK\r\n{header}Content-Length: 0\r\n\r\n")
        }
        "/silent" => String::new(),
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    stream.get_mut().write_all(answer.as_bytes()).ok()?;
    stream.get_mut().flush().ok()?;
    (path != "/bye").then_some(())
}

/// The request line and the headers, with the empty line after them.
fn head(stream: &mut Connection) -> Option<String> {
    let mut head = String::new();
    loop {
        let start = head.len();
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head[start..].trim_end().is_empty() {
            return Some(head);
        }
    }
}

/// The body, where it comes to its end.
fn body(stream: &mut Connection, before: &str) -> Option<String> {
    let lower = before.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    if let Some(length) = length {
        return exactly(stream, length);
    }
    let mut body = String::new();
    while lower.contains("transfer-encoding: chunked") {
        let mut size = String::new();
        stream.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            // Trailers are part of what is echoed.
            return head(stream).map(|trailers| body + trailers.trim_end());
        }
        body.push_str(&exactly(stream, size)?);
        exactly(stream, 2)?;
    }
    Some(body)
}

fn exactly(stream: &mut Connection, bytes: usize) -> Option<String> {
    let mut read = vec![0; bytes];
    stream.read_exact(&mut read).ok()?;
    String::from_utf8(read).ok()
}
