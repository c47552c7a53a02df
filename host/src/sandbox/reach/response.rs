//! Responses that are written while a guest runs: what it writes goes to its caller at once, or is collected for a
//! caller that wants it whole.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower, WasmList};

use super::guest_state::GuestState;
use super::output::TooLarge;
use crate::invoker::ResponseSink;
use crate::limits;
use crate::sandbox::kinds::command::Stdout;

/// Where the bytes go that a guest writes.
#[derive(Default)]
pub(in crate::sandbox) enum Response {
    /// Nowhere: no guest runs that writes its response in this way.
    #[default]
    Closed,
    /// They are kept for the answer.
    Collected(Vec<u8>),
    /// They go to a caller that reads along.
    Streamed {
        sink: ResponseSink,
        /// How many there were.
        bytes: usize,
    },
    /// A command runs: its response is what it writes to stdout.
    Stdout(Stdout),
}

impl Response {
    /// A response that begins.
    pub(in crate::sandbox) fn begin(sink: Option<ResponseSink>) -> Self {
        match sink {
            Some(sink) => Self::Streamed { sink, bytes: 0 },
            None => Self::Collected(Vec::new()),
        }
    }

    /// Ends it; gives what is not on its way to the caller yet.
    pub(in crate::sandbox) fn end(&mut self) -> Vec<u8> {
        match std::mem::take(self) {
            Self::Collected(bytes) => bytes,
            Self::Closed | Self::Streamed { .. } | Self::Stdout(_) => Vec::new(),
        }
    }
}

/// Why bytes were not taken, as the guest sees it.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum WriteError {
    #[component(name = "closed")]
    Closed,
}

type Written = Result<(), WriteError>;

/// Links the interface `response`.
pub(in crate::sandbox) fn add_to_linker(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker
        .instance("sparkler:function/response@0.1.0")?
        .func_wrap_async("write", |store, (bytes,): (WasmList<u8>,)| {
            Box::new(async move { Ok((write(store, bytes).await?,)) })
        })
}

async fn write(
    mut store: StoreContextMut<'_, GuestState>,
    bytes: WasmList<u8>,
) -> wasmtime::Result<Written> {
    match &store.data().response {
        Response::Closed | Response::Stdout(_) => Ok(Err(WriteError::Closed)),
        Response::Collected(before) => {
            within(before.len() + bytes.len(), limits::RESPONSE_BYTES_MAX)?;
            let more = bytes.as_le_slice(&store).to_vec();
            if let Response::Collected(collected) = &mut store.data_mut().response {
                collected.extend(more);
            }
            Ok(Ok(()))
        }
        Response::Streamed { sink, .. } => {
            let sink = sink.clone();
            count(&mut store, bytes.len())?;
            pass_on(sink, store, bytes).await;
            Ok(Ok(()))
        }
    }
}

/// Refuses what would make a response larger than one may be.
pub(in crate::sandbox) fn within(bytes: usize, limit_bytes: usize) -> wasmtime::Result<()> {
    match bytes > limit_bytes {
        true => Err(wasmtime::Error::new(TooLarge { limit_bytes })),
        false => Ok(()),
    }
}

/// Counts bytes before they are on their way.
fn count(store: &mut StoreContextMut<'_, GuestState>, more: usize) -> wasmtime::Result<()> {
    if let Response::Streamed { bytes, .. } = &mut store.data_mut().response {
        let sum = bytes.saturating_add(more);
        within(sum, limits::STREAM_BYTES_MAX)?;
        *bytes = sum;
    }
    Ok(())
}

/// Copies out of the guest's memory only what there is room for: a guest whose caller is slow waits, and
/// costs the host no memory while it does.
async fn pass_on(sink: ResponseSink, store: StoreContextMut<'_, GuestState>, bytes: WasmList<u8>) {
    let mut passed = 0;
    while passed < bytes.len() {
        let room = sink.room().await;
        let left = &bytes.as_le_slice(&store)[passed..];
        let piece = &left[..left.len().min(room)];
        sink.push(piece);
        passed += piece.len();
    }
}
