//! An HTTP server in the place of SQS and SNS, which tells what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Longest wait for a request: far above any delay that a test sets.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A server that answers each request with the next of its statuses, and with 200 after them.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    received: mpsc::Receiver<Received>,
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path of the request line.
    pub path: String,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Receiver {
    /// A server on a free port of the loopback interface.
    #[track_caller]
    pub fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
        let address = listener.local_addr().expect("the address of the listener");
        let (sender, received) = mpsc::channel();
        let statuses = statuses.to_vec();
        thread::spawn(move || {
            let mut statuses = statuses.into_iter();
            for stream in listener.incoming().map_while(Result::ok) {
                let status = statuses.next().unwrap_or(200);
                if let Some(request) = answer(stream, status)
                    && sender.send(request).is_err()
                {
                    return;
                }
            }
        });
        Self { address, received }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request.
    #[track_caller]
    pub fn next(&self) -> Received {
        let received = self.received.recv_timeout(WAIT_MAX);
        received.expect("a request to the destination")
    }
}

impl Received {
    /// A header by its name in any spelling; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Reads one request and answers it; the connection ends with it.
fn answer(stream: TcpStream, status: u16) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Received {
        path,
        headers,
        body: String::new(),
    };
    let length = request.header("content-length").parse().ok()?;
    reader
        .by_ref()
        .take(length)
        .read_to_string(&mut request.body)
        .ok()?;
    let head = format!("HTTP/1.1 {status} S\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
    reader.get_mut().write_all(head.as_bytes()).ok()?;
    Some(request)
}
