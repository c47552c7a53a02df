//! `wasi:cli/stdin`, `stdout` and `stderr`: a command's event and its response, and the log for all else.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::cli::{stderr, stdin, stdout};
use wasmtime_wasi::p2::pipe::{ClosedInputStream, MemoryInputPipe};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, OutputStream, Pollable, StreamError, StreamResult,
};

use super::names::Provided;
use super::open_streams::{OpenStreams, StandardStream};
use super::part::{Called, Calls, InSnapshot, Part, Reaches};
use super::shared::Shared;
use super::stdout::Stdout;
use crate::limits;
use crate::sandbox::vitals::Vitals;

/// The three streams of a guest.
#[derive(Default)]
pub(in crate::sandbox) struct Stdio {
    /// What a command reads, and where its response goes; there is none for other guests.
    command: Option<(MemoryInputPipe, Stdout)>,
    /// What a guest that is initialized for a snapshot holds open.
    noted: Option<Box<OpenStreams>>,
}

impl Part for Stdio {
    type Host = ();
    const TITLE: &'static str = "standard streams";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:cli/stderr"),
        Provided::wasi("wasi:cli/stdin"),
        Provided::wasi("wasi:cli/stdout"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::OpenedAgain;

    fn new((): &(), _: &Shared) -> Self {
        Self::default()
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        stdin::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        stdout::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        stderr::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

impl Stdio {
    /// Has a command read its event, and write its response.
    pub(in crate::sandbox) fn begin_command(&mut self, event: Bytes, stdout: Stdout) {
        self.command = Some((MemoryInputPipe::new(event), stdout));
    }

    /// The command has ended.
    pub(in crate::sandbox) fn end_command(&mut self) {
        self.command = None;
    }

    /// Notes from now on what the guest opens.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn note(&mut self) {
        self.noted = Some(Box::default());
    }

    /// What was noted.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn take_noted(&mut self) -> OpenStreams {
        self.noted
            .take()
            .map_or_else(OpenStreams::default, |noted| *noted)
    }
}

impl Called<'_, Stdio> {
    fn log_stream(&mut self, which: StandardStream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(LogStream(Arc::clone(&self.shared.vitals)));
        let stream = self.shared.table.push(stream, 0)?;
        self.note(stream.rep(), which);
        Ok(stream)
    }

    /// Remembers which stream a handle is of, where the guest is initialized for a snapshot.
    fn note(&mut self, place: u32, which: StandardStream) {
        if let Some(noted) = &mut self.part.noted {
            noted.note(place, which);
        }
    }
}

impl stdin::Host for Called<'_, Stdio> {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let stream: DynInputStream = match &self.part.command {
            Some((stdin, _)) => Box::new(stdin.clone()),
            None => Box::new(ClosedInputStream),
        };
        let stream = self.shared.table.push(stream, 0)?;
        self.note(stream.rep(), StandardStream::Input);
        Ok(stream)
    }
}

impl stdout::Host for Called<'_, Stdio> {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        match &self.part.command {
            Some((_, stdout)) => {
                let stream: DynOutputStream = Box::new(stdout.clone());
                Ok(self.shared.table.push(stream, 0)?)
            }
            None => self.log_stream(StandardStream::Output),
        }
    }
}

impl stderr::Host for Called<'_, Stdio> {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.log_stream(StandardStream::Error)
    }
}

/// A stream into the log: always ready, never blocked, its memory bounded by the tail it keeps.
struct LogStream(Arc<Vitals>);

#[wasmtime_wasi::async_trait]
impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > limits::LOG_WRITE_BYTES_MAX {
            return Err(StreamError::trap(
                "a write to the log is larger than its permit",
            ));
        }
        self.0.write_log(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(limits::LOG_WRITE_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}
