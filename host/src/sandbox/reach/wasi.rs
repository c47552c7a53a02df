//! The part of WASI that nearly every guest touches, implemented here so that a call pays only for
//! what it uses: the environment, stdin, the log behind stdout and stderr, random bytes. The clocks, the files
//! and the configuration stand beside.

use std::sync::Arc;

use bytes::Bytes;
use rand::Rng as _;
use wasmtime::StoreContextMut;
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, IoError, OutputStream, Pollable, StreamError, StreamResult,
    add_to_linker_async,
};
use wasmtime_wasi_http::p2::add_only_http_to_linker_async;

use super::config;
use super::guest_state::GuestState;
use super::open_streams::StandardStream;
use super::outbound;
use super::response::Response;
use crate::limits;
use crate::sandbox::vitals::Vitals;

/// The interface of errors as it is linked.
const ERRORS: &str = "wasi:io/error@0.2.12";

/// Links WASI 0.2, with the interfaces of this module in place of the general ones.
pub(in crate::sandbox) fn add_to_linker(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    add_to_linker_async(linker)?;
    add_only_http_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    cli::environment::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    cli::stdin::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    cli::stdout::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    cli::stderr::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    clocks::wall_clock::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    clocks::monotonic_clock::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    filesystem::preopens::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    filesystem::types::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    random::random::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    random::insecure::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    random::insecure_seed::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    outbound::add_to_linker(linker)?;
    linker.instance(ERRORS)?.func_wrap(
        "[method]error.to-debug-string",
        |store: StoreContextMut<'_, GuestState>, (error,): (Resource<IoError>,)| {
            // What went wrong, and not where in the host: a guest is not to see its stack.
            Ok((format!("{:#}", store.data().table.get(&error)?),))
        },
    )?;
    linker.allow_shadowing(false);
    config::add_to_linker(linker)
}

impl cli::environment::Host for GuestState {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.surroundings.variables())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.surroundings.arguments())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

impl cli::stdout::Host for GuestState {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        match &self.response {
            Response::Stdout(stdout) => {
                let stream: DynOutputStream = Box::new(stdout.clone());
                Ok(self.table.push(stream)?)
            }
            Response::Closed | Response::Collected(_) | Response::Streamed { .. } => {
                let stream = log_stream(self)?;
                note_stream(self, stream.rep(), StandardStream::Output);
                Ok(stream)
            }
        }
    }
}

impl cli::stdin::Host for GuestState {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let stream: DynInputStream = match &self.stdin {
            Some(stdin) => Box::new(stdin.clone()),
            None => Box::new(ClosedInputStream),
        };
        let stream = self.table.push(stream)?;
        note_stream(self, stream.rep(), StandardStream::Input);
        Ok(stream)
    }
}

impl cli::stderr::Host for GuestState {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream = log_stream(self)?;
        note_stream(self, stream.rep(), StandardStream::Error);
        Ok(stream)
    }
}

/// Remembers which stream a handle is of, where the guest is initialized for a snapshot.
fn note_stream(state: &mut GuestState, place: u32, which: StandardStream) {
    if let Some(open) = &mut state.open_streams {
        open.note(place, which);
    }
}

fn log_stream(state: &mut GuestState) -> wasmtime::Result<Resource<DynOutputStream>> {
    let stream: DynOutputStream = Box::new(LogStream(Arc::clone(&state.vitals)));
    Ok(state.table.push(stream)?)
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

/// Random bytes come from the thread's generator, which the operating system seeds.
fn random_bytes(count: u64) -> wasmtime::Result<Vec<u8>> {
    if count > limits::RANDOM_BYTES_MAX {
        wasmtime::bail!(
            "{count} random bytes were asked for in one call; at most {} are given",
            limits::RANDOM_BYTES_MAX
        );
    }
    let mut bytes = vec![0; usize::try_from(count)?];
    rand::rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

impl random::random::Host for GuestState {
    fn get_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(count)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::random())
    }
}

impl random::insecure::Host for GuestState {
    fn get_insecure_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(count)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::random())
    }
}

impl random::insecure_seed::Host for GuestState {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok(rand::random())
    }
}
