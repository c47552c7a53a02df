//! What a command writes to its stdout.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::output::Output;
use crate::domain::Lock;
use crate::invoker::ResponseSink;
use crate::limits;
use crate::sandbox::memory::budget::Budget;

/// The stdout of a command, all of whose handles write to one place.
#[derive(Clone)]
pub(in crate::sandbox) struct Stdout(Arc<Lock<Output>>);

impl Stdout {
    /// That of a command whose response goes there, or is kept for the answer.
    pub(in crate::sandbox) fn new(response: Option<ResponseSink>, budget: &Arc<Budget>) -> Self {
        Self(Arc::new(Lock::new(Output::new(response, budget))))
    }

    /// What is not on its way to the caller.
    pub(in crate::sandbox) fn take(&self) -> Vec<u8> {
        self.0.lock().take_kept()
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Stdout {
    fn write(&mut self, more: Bytes) -> StreamResult<()> {
        let mut output = self.0.lock();
        output.count(more.len()).map_err(StreamError::Trap)?;
        match output.sink() {
            None => output.keep(&more).map_err(StreamError::Trap)?,
            Some(sink) if sink.try_push(&more) => {}
            Some(_) => {
                return Err(StreamError::trap(
                    "a write to stdout is larger than its permit",
                ));
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let output = self.0.lock();
        let room = output.sink().map(ResponseSink::room_now);
        Ok(room.unwrap_or(limits::STREAM_BUFFER_BYTES_MAX))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdout {
    async fn ready(&mut self) {
        let sink = self.0.lock().sink().cloned();
        if let Some(sink) = sink {
            sink.room().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoker::response_pipe;
    use crate::sandbox::memory::budget::tests::budget_of;
    use crate::sandbox::reach::output::TooLarge;

    #[test]
    fn stdout_takes_what_its_reader_has_room_for_and_no_more() {
        let (sink, source) = response_pipe();
        let mut stdout = Stdout::new(Some(sink), &budget_of(0));
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
        let mut stdout = Stdout::new(None, &budget_of(u64::MAX));
        let most = vec![b'x'; limits::RESPONSE_BYTES_MAX];
        stdout.write(most.into()).expect("within the bound");
        let Err(StreamError::Trap(error)) = stdout.write(Bytes::from_static(b"x")) else {
            panic!("it is too large");
        };
        assert!(error.is::<TooLarge>());
        assert_eq!(stdout.take().len(), limits::RESPONSE_BYTES_MAX);
    }
}
