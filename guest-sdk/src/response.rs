//! The response of a streaming handler.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http_head::HttpHead;

/// Where a streaming handler writes its response.
///
/// What is written is on its way to the caller when the write returns: nothing is held back. A handler
/// that writes in very small pieces puts a [`BufWriter`](std::io::BufWriter) or a
/// [`LineWriter`](std::io::LineWriter) around it, and flushes that where the caller is to see something.
/// Where the caller is slow to read, a write waits for it, and the function's time goes on meanwhile.
#[derive(Debug)]
pub struct ResponseStream(Destination);

#[derive(Debug)]
enum Destination {
    #[cfg(target_family = "wasm")]
    Host(WriteToHost),
    Memory(Written),
}

/// Writes to the host; gives how many bytes were taken.
#[cfg(target_family = "wasm")]
pub(crate) type WriteToHost = fn(&[u8]) -> io::Result<usize>;

/// What was written to a response that is [collected](ResponseStream::collected).
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl ResponseStream {
    /// A response that is kept in memory, for tests of a handler, and what was written to it.
    pub fn collected() -> (Self, Written) {
        let written = Written::default();
        (Self(Destination::Memory(written.clone())), written)
    }

    /// Begins a response for HTTP: what a caller gets that comes by a function URL with the mode
    /// `RESPONSE_STREAM`. Only at the start of a response, before anything is written.
    ///
    /// # Errors
    /// As any write.
    pub fn begin_http(&mut self, head: &HttpHead) -> io::Result<()> {
        self.write_all(&head.to_bytes())
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn to_host(write: WriteToHost) -> Self {
        Self(Destination::Host(write))
    }
}

impl Write for ResponseStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.0 {
            #[cfg(target_family = "wasm")]
            Destination::Host(write) => write(bytes),
            Destination::Memory(written) => {
                let mut written = written.0.lock().unwrap_or_else(PoisonError::into_inner);
                written.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// The bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The same as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_seen_at_once() {
        let (mut response, written) = ResponseStream::collected();
        assert_eq!(written.bytes(), b"");
        write!(response, "one").expect("memory takes it");
        assert_eq!(written.text(), "one");
        response.write_all(b", two").expect("memory takes it");
        assert_eq!(written.text(), "one, two");
    }

    #[test]
    fn a_response_for_http_begins_with_its_head() {
        let (mut response, written) = ResponseStream::collected();
        let head = HttpHead::new(201).header("content-type", "text/plain");
        response.begin_http(&head).expect("memory takes it");
        response.write_all(b"made").expect("memory takes it");
        let expected = "{\"statusCode\":201,\"headers\":{\"content-type\":\"text/plain\"}}\0\0\0\0\0\0\0\0made";
        assert_eq!(written.text(), expected);
    }
}
