//! Commands: programs that read their event from stdin and write their response to stdout.
//!
//! | How it ends | What that is |
//! |---|---|
//! | it returns, or exits with 0 | its answer: all that it wrote to stdout |
//! | it exits with anything else | a failed function |
//!
//! The answer is passed on byte by byte, as that of every function. Of a command that wrote nothing it is
//! `null`, which is JSON as the answers of functions are. Where a web page waits for what is no JSON, that
//! is the page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::de::IgnoredAny;
use wasmtime::Store;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::exports::wasi::cli::run;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::answer::Returned;
use crate::domain::WebHead;
use crate::invoker::ResponseSink;
use crate::limits;
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::response::{self, Response};

/// What stands for the answer of a command that wrote nothing.
const NOTHING: &[u8] = b"null";

/// Runs a command on `event` to its end; gives what it wrote to stdout and did not stream to `response`.
pub(in crate::sandbox) async fn run(
    store: &mut Store<GuestState>,
    command: &run::Guest,
    event: Bytes,
    is_from_web: bool,
    response: Option<ResponseSink>,
) -> wasmtime::Result<Returned> {
    let streams = response.is_some();
    let stdout = Stdout::new(response);
    let state = store.data_mut();
    state.stdin = Some(MemoryInputPipe::new(event));
    state.response = Response::Stdout(stdout.clone());
    let ended = command.call_run(&mut *store).await;
    store.data_mut().response = Response::Closed;
    answered(ended)?;
    let written = stdout.take();
    Ok(match (streams, is_from_web) {
        (true, _) => written.into(),
        (false, true) => page(written),
        (false, false) if written.is_empty() => NOTHING.to_vec().into(),
        (false, false) => written.into(),
    })
}

/// Whether a command ended well. One that did not ends as a process with that status.
fn answered(ended: wasmtime::Result<Result<(), ()>>) -> wasmtime::Result<()> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(())) => Err(wasmtime::Error::new(I32Exit(1))),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Ok(()),
            _ => Err(error),
        },
    }
}

/// What a web page gets: what is JSON may be a whole response, all else is the body of one.
fn page(written: Vec<u8>) -> Returned {
    if written.is_empty() || serde_json::from_slice::<IgnoredAny>(&written).is_ok() {
        return written.into();
    }
    let content_type = match std::str::from_utf8(&written) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    };
    Returned {
        head: Some(WebHead::ok(content_type)),
        bytes: written,
    }
}

/// The stdout of a command, all of whose handles write to one place.
#[derive(Clone)]
pub(in crate::sandbox) struct Stdout(Arc<Mutex<Written>>);

enum Written {
    /// It is kept for the answer.
    Collected(Vec<u8>),
    /// It goes to a caller that reads along.
    Streamed {
        sink: ResponseSink,
        /// How many bytes there were.
        bytes: usize,
    },
}

impl Stdout {
    fn new(response: Option<ResponseSink>) -> Self {
        let written = match response {
            Some(sink) => Written::Streamed { sink, bytes: 0 },
            None => Written::Collected(Vec::new()),
        };
        Self(Arc::new(Mutex::new(written)))
    }

    /// What is not on its way to the caller.
    fn take(&self) -> Vec<u8> {
        match &mut *self.written() {
            Written::Collected(bytes) => std::mem::take(bytes),
            Written::Streamed { .. } => Vec::new(),
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sink(&self) -> Option<ResponseSink> {
        match &*self.written() {
            Written::Collected(_) => None,
            Written::Streamed { sink, .. } => Some(sink.clone()),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Stdout {
    fn write(&mut self, more: Bytes) -> StreamResult<()> {
        match &mut *self.written() {
            Written::Collected(bytes) => {
                within(bytes.len() + more.len(), limits::RESPONSE_BYTES_MAX)?;
                bytes.extend_from_slice(&more);
            }
            Written::Streamed { sink, bytes } => {
                within(*bytes + more.len(), limits::STREAM_BYTES_MAX)?;
                if !sink.try_push(&more) {
                    return Err(StreamError::trap(
                        "a write to stdout is larger than its permit",
                    ));
                }
                *bytes += more.len();
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(match &*self.written() {
            Written::Collected(_) => limits::STREAM_BUFFER_BYTES_MAX,
            Written::Streamed { sink, .. } => sink.room_now(),
        })
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdout {
    async fn ready(&mut self) {
        if let Some(sink) = self.sink() {
            sink.room().await;
        }
    }
}

fn within(bytes: usize, limit_bytes: usize) -> StreamResult<()> {
    response::within(bytes, limit_bytes).map_err(StreamError::Trap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoker::response_pipe;
    use crate::sandbox::reach::output::TooLarge;

    #[test]
    fn a_web_page_is_what_is_written_unless_that_is_json() {
        for response in ["", "{\"statusCode\":404}", "\"hello\"", " 7\n"] {
            let page = page(response.into());
            assert_eq!(page.bytes, response.as_bytes());
            assert_eq!(page.head, None);
        }
        for (written, content_type) in [
            (&b"<p>hello"[..], "text/plain; charset=utf-8"),
            (b"\xff", "application/octet-stream"),
        ] {
            let page = page(written.to_vec());
            assert_eq!(page.bytes, written);
            let head = page.head.expect("it is a page");
            assert_eq!(
                (head.status.as_u16(), head.content_type()),
                (200, Some(content_type))
            );
        }
    }

    #[test]
    fn stdout_takes_what_its_reader_has_room_for_and_no_more() {
        let (sink, source) = response_pipe();
        let mut stdout = Stdout::new(Some(sink));
        let room = stdout.check_write().expect("open");
        assert_eq!(room, limits::STREAM_BUFFER_BYTES_MAX);
        stdout.write(vec![b'x'; room].into()).expect("room");
        assert_eq!(stdout.check_write().expect("open"), 0);
        assert!(stdout.write(Bytes::from_static(b"x")).is_err());
        // Whoever runs the command ends it when its reader has left; until then nothing is kept.
        drop(source);
        stdout.write(vec![b'x'; room].into()).expect("dropped");
        assert_eq!(stdout.check_write().expect("open"), 0);
    }

    #[test]
    fn the_answer_is_bounded() {
        let mut stdout = Stdout::new(None);
        let most = vec![b'x'; limits::RESPONSE_BYTES_MAX];
        stdout.write(most.into()).expect("within the bound");
        let Err(StreamError::Trap(error)) = stdout.write(Bytes::from_static(b"x")) else {
            panic!("it is too large");
        };
        assert!(error.is::<TooLarge>());
        assert_eq!(stdout.take().len(), limits::RESPONSE_BYTES_MAX);
    }
}
