//! The event stream of a streamed response, read frame by frame as it arrives.

use std::net::SocketAddr;

use serde_json::Value;

use crate::http::{Connection, Reply, Request};

/// Two lengths and a checksum.
const PRELUDE_BYTES: usize = 12;

const CHECKSUM_BYTES: usize = 4;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `PayloadChunk` or `InvokeComplete`.
    pub kind: String,
    /// What its payload is.
    pub content_type: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Event {
    /// The payload as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// An answer that arrives.
#[derive(Debug)]
pub struct EventStream {
    /// Its status and headers.
    pub head: Reply,
    connection: Connection,
    unread: Vec<u8>,
}

impl EventStream {
    /// Sends a request and reads the head of its answer.
    #[track_caller]
    pub fn open(host: SocketAddr, request: &Request) -> Self {
        Self::over(Connection::open(host), request)
    }

    /// The same over a connection that is open.
    #[track_caller]
    pub fn over(mut connection: Connection, request: &Request) -> Self {
        connection.send(request);
        let head = connection.read_head();
        assert_eq!(head.status, 200, "{head:?}");
        Self {
            head,
            connection,
            unread: Vec::new(),
        }
    }

    /// The next event; `None` at the end of the answer.
    ///
    /// # Panics
    /// Where the answer breaks off.
    #[track_caller]
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some((event, length)) = first_event(&self.unread) {
                self.unread.drain(..length);
                return Some(event);
            }
            let chunk = self.connection.read_chunk().expect("the answer goes on");
            if chunk.is_empty() {
                assert_eq!(self.unread, b"", "half an event");
                return None;
            }
            self.unread.extend(chunk);
        }
    }

    /// All that is left: the bytes of the response, and the last event.
    ///
    /// # Panics
    /// Where there is not exactly one last event.
    #[track_caller]
    pub fn finish(&mut self) -> (Vec<u8>, Value) {
        let mut payload = Vec::new();
        let complete = loop {
            let event = self.next_event().expect("an event that says how it ended");
            match event.kind.as_str() {
                "PayloadChunk" => payload.extend(event.payload),
                _ => break event,
            }
        };
        assert_eq!(complete.kind, "InvokeComplete");
        assert_eq!(complete.content_type, "application/json");
        assert_eq!(self.next_event(), None);
        (payload, complete.json())
    }

    /// The connection, once the answer was read to its end.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

/// The event that `bytes` begin with and how long it is, where all of it is there.
#[track_caller]
fn first_event(bytes: &[u8]) -> Option<(Event, usize)> {
    if bytes.len() < PRELUDE_BYTES {
        return None;
    }
    let (total, headers) = (number(&bytes[..4]), number(&bytes[4..8]));
    if bytes.len() < total {
        return None;
    }
    let payload = PRELUDE_BYTES + headers;
    let mut event = Event {
        kind: String::new(),
        content_type: String::new(),
        payload: bytes[payload..total - CHECKSUM_BYTES].to_vec(),
    };
    let mut rest = &bytes[PRELUDE_BYTES..payload];
    while !rest.is_empty() {
        let (name, value, after) = header(rest);
        match name {
            ":event-type" => event.kind = value.to_owned(),
            ":content-type" => event.content_type = value.to_owned(),
            _ => assert_eq!((name, value), (":message-type", "event")),
        }
        rest = after;
    }
    Some((event, total))
}

#[track_caller]
fn header(bytes: &[u8]) -> (&str, &str, &[u8]) {
    let (name, rest) = bytes[1..].split_at(usize::from(bytes[0]));
    assert_eq!(rest[0], 7, "the value of a header is text");
    let (value, rest) = rest[3..].split_at(number(&rest[1..3]));
    let text = |bytes| std::str::from_utf8(bytes).expect("headers are text");
    (text(name), text(value), rest)
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}
