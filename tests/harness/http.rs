//! A small HTTP client that hides nothing: the suites see every header as it came over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use sparkler::Credentials;
use sparkler::internals::{Signable, signed_headers};

use crate::key::Key;
use crate::log::Log;

/// Longest silence of the host before a test fails: far above any timeout that a test sets.
const SILENCE_MAX: Duration = Duration::from_secs(180);

/// The header that names an operation of some services; one of AWS's, which have to be signed.
const TARGET: &str = "x-amz-target";

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without body. `target` goes into the request line as it is.
    pub fn new(method: &str, target: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header. `Host` is that of the connection unless it is given.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Signs it with a key, for that host, with the operation that it names in a header. What is added behind that is not
    /// signed.
    #[must_use]
    pub fn signed(mut self, key: &Key, service: &str, to: SocketAddr) -> Self {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let named = self.headers.iter();
        let named = named.filter(|(name, _)| name.eq_ignore_ascii_case(TARGET));
        let named: Vec<_> = named.map(|(_, value)| (TARGET, value.clone())).collect();
        let signable = Signable {
            method: &self.method,
            host: &to.to_string(),
            path,
            query,
            service,
            region: "us-east-1",
            headers: &named,
            body: &self.body,
        };
        let credentials = Credentials {
            access_key_id: key.id.clone(),
            secret_access_key: key.secret.clone(),
            session_token: None,
        };
        let added = signed_headers(&signable, &credentials, SystemTime::now());
        for (name, value) in added {
            self.headers.push((name.into(), value));
        }
        self
    }

    /// Sends it over a connection of its own.
    #[track_caller]
    pub fn send(&self, to: SocketAddr) -> Reply {
        Connection::open(to).exchange(self)
    }

    fn write(&self, stream: &mut impl Write, host: SocketAddr) -> std::io::Result<()> {
        let Self { method, target, .. } = self;
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        let names_host = |(name, _): &(String, String)| name.eq_ignore_ascii_case("host");
        if !self.headers.iter().any(names_host) {
            head.push_str(&format!("Host: {host}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        stream.write_all(head.as_bytes())?;
        stream.write_all(&self.body)?;
        stream.flush()
    }
}

/// A connection that is kept open between requests.
#[derive(Debug)]
pub struct Connection {
    host: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to a host.
    #[track_caller]
    pub fn open(host: SocketAddr) -> Self {
        let stream = TcpStream::connect(host)
            .unwrap_or_else(|error| panic!("cannot connect to {host}: {error}"));
        stream
            .set_read_timeout(Some(SILENCE_MAX))
            .expect("set a read timeout");
        // A head and a body are two writes: the second must not wait for the first's receipt.
        stream.set_nodelay(true).expect("set nodelay");
        Self {
            host,
            stream: BufReader::new(stream),
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// A host may answer and close before it has read a body that it does not want, so an error
    /// while sending counts only when no answer can be read.
    #[track_caller]
    pub fn exchange(&mut self, request: &Request) -> Reply {
        let sent = request.write(self.stream.get_mut(), self.host);
        let has_body = request.method != "HEAD";
        match Reply::read(&mut self.stream, has_body) {
            Ok(reply) => reply,
            Err(error) => panic!(
                "no answer to {} {}: {error}; sending: {sent:?}",
                request.method, request.target
            ),
        }
    }

    /// Sends a request and returns when the host has read all of it, before there is an answer.
    #[track_caller]
    pub fn begin(&mut self, request: &Request) {
        let stream = self.stream.get_mut();
        request.write(stream, self.host).expect("send a request");
        let ours = stream.local_addr().expect("the address of this end");
        while unread_bytes(self.host, ours) != Some(0) {
            std::thread::yield_now();
        }
    }

    /// Sends a request and returns as soon as it is on its way.
    #[track_caller]
    pub fn send(&mut self, request: &Request) {
        let sent = request.write(self.stream.get_mut(), self.host);
        sent.expect("send a request");
    }

    /// Reads the status and the headers of an answer whose body comes in chunks.
    #[track_caller]
    pub fn read_head(&mut self) -> Reply {
        Reply::read_head(&mut self.stream).expect("read the head of an answer")
    }

    /// Reads the next chunk of a body; an empty one is its end.
    ///
    /// # Errors
    /// Where the connection ends before the body does.
    pub fn read_chunk(&mut self) -> std::io::Result<Vec<u8>> {
        read_chunk(&mut self.stream)
    }

    /// Reads what is left of a body in chunks; gives its size.
    ///
    /// # Panics
    /// Where the connection ends before the body does.
    #[track_caller]
    pub fn read_rest(&mut self) -> usize {
        let rest = read_chunks(&mut self.stream);
        rest.expect("the response goes on").len()
    }

    /// Sends bytes that need not be HTTP.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("send bytes");
    }

    /// Reads all bytes until the host closes the connection: for answers whose headers are no text.
    #[track_caller]
    pub fn read_raw(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = self.stream.read_to_end(&mut bytes);
        read.expect("read to the end of the connection");
        bytes
    }

    /// Reads one answer.
    #[track_caller]
    pub fn read(&mut self) -> Reply {
        Reply::read(&mut self.stream, true).expect("read an answer")
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Every header, in order and as it was spelt.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads one; that of a HEAD request tells the length of a body which does not follow.
    fn read(stream: &mut impl BufRead, has_body: bool) -> std::io::Result<Self> {
        let mut reply = Self::read_head(stream)?;
        if has_body {
            reply.body = reply.read_body(stream)?;
        }
        Ok(reply)
    }

    fn read_head(stream: &mut impl BufRead) -> std::io::Result<Self> {
        let mut status = String::new();
        stream.read_line(&mut status)?;
        let status = status
            .split_ascii_whitespace()
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| std::io::Error::other(format!("not a status line: {status:?}")))?;
        Ok(Self {
            status,
            headers: read_headers(stream)?,
            body: Vec::new(),
        })
    }

    fn read_body(&self, stream: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
        if self.header("transfer-encoding") == Some("chunked") {
            return read_chunks(stream);
        }
        let length = self
            .header("content-length")
            .and_then(|text| text.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        Ok(body)
    }

    /// A header by its name in any spelling.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of UTF-8")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    /// A text member of the JSON body; empty where there is none.
    #[track_caller]
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// Which function error the answer tells of, `None` where the function succeeded.
    #[track_caller]
    pub fn function_error(&self) -> Option<String> {
        self.header("x-amz-function-error")?;
        Some(self.member("errorType"))
    }

    /// The name of the error of a call that was refused.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.header("x-amzn-errortype").unwrap_or(""))
    }

    /// The log tail in the answer.
    #[track_caller]
    pub fn log(&self) -> Log {
        let tail = self.header("x-amz-log-result").unwrap_or_else(|| {
            panic!(
                "no log in {} {}",
                self.status,
                String::from_utf8_lossy(&self.body)
            )
        });
        Log::decode(tail)
    }
}

fn read_headers(stream: &mut impl BufRead) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok(headers),
        }
    }
}

fn read_chunks(stream: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let chunk = read_chunk(stream)?;
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend(chunk);
    }
}

/// One chunk; an empty one is the last.
fn read_chunk(stream: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
    let mut chunk = vec![0; length];
    stream.read_exact(&mut chunk)?;
    stream.read_line(&mut line)?;
    Ok(chunk)
}

/// What lies unread at `host`'s end of its connection with `peer`, as the kernel's table tells.
fn unread_bytes(host: SocketAddr, peer: SocketAddr) -> Option<u64> {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    let ends_with_port =
        |address: &str, end: SocketAddr| address.ends_with(&format!(":{:04X}", end.port()));
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let &[_, local, remote, ESTABLISHED, queues, ..] = fields.as_slice() else {
            return None;
        };
        if !ends_with_port(local, host) || !ends_with_port(remote, peer) {
            return None;
        }
        u64::from_str_radix(queues.split_once(':')?.1, 16).ok()
    })
}

/// The value of a line of the metrics of the host there, by its name with its labels.
#[track_caller]
pub fn metric(address: SocketAddr, name: &str) -> u64 {
    let page = Request::new("GET", "/metrics").send(address);
    let mut lines = page.text().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = value.and_then(|value| value.parse().ok());
    value.unwrap_or_else(|| panic!("{name} is not in {}", page.text()))
}
