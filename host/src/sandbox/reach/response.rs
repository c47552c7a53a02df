//! `sparkler:function/response`: responses that are written while a guest runs. What it writes goes to its caller
//! at once, or is collected for a caller that wants it whole.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower, WasmList};

use super::names::Provided;
use super::output::Output;
use super::part::{InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::invoker::ResponseSink;
use crate::sandbox::memory::budget::Budget;

/// What a guest writes that streams its response; none where no such guest runs.
#[derive(Default)]
pub(in crate::sandbox) struct Response(Option<Output>);

impl Response {
    /// A response that begins, for whoever reads along there.
    pub(in crate::sandbox) fn begin(&mut self, sink: Option<ResponseSink>, budget: &Arc<Budget>) {
        self.0 = Some(Output::new(sink, budget));
    }

    /// Ends it; gives what is not on its way to the caller yet.
    pub(in crate::sandbox) fn end(&mut self) -> Vec<u8> {
        let written = self.0.take();
        written
            .map(|mut output| output.take_kept())
            .unwrap_or_default()
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

const RESPONSE: Provided = Provided::only("sparkler:function/response", "0.1.0");

impl Part for Response {
    type Host = ();
    const TITLE: &'static str = "a response that streams";
    const PROVIDED: &'static [Provided] = &[RESPONSE];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::Empty;

    fn new((): &(), _: &Shared) -> Self {
        Self::default()
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        let mut response = linker.instance(&RESPONSE.linked())?;
        response.func_wrap_async("write", |store, (bytes,): (WasmList<u8>,)| {
            Box::new(async move { Ok((write::<T>(store, bytes).await?,)) })
        })
    }
}

async fn write<T: Reaches<Response>>(
    mut store: StoreContextMut<'_, T>,
    bytes: WasmList<u8>,
) -> wasmtime::Result<Written> {
    let Some(output) = &mut store.data_mut().part_mut().0 else {
        return Ok(Err(WriteError::Closed));
    };
    output.count(bytes.len())?;
    if let Some(sink) = output.sink().cloned() {
        pass_on(sink, store, bytes).await;
        return Ok(Ok(()));
    }
    let more = bytes.as_le_slice(&store).to_vec();
    if let Some(output) = &mut store.data_mut().part_mut().0 {
        output.keep(&more)?;
    }
    Ok(Ok(()))
}

/// Copies out of the guest's memory only what there is room for: a guest whose caller is slow waits, and
/// costs the host no memory while it does.
async fn pass_on<T: 'static>(
    sink: ResponseSink,
    store: StoreContextMut<'_, T>,
    bytes: WasmList<u8>,
) {
    let mut passed = 0;
    while passed < bytes.len() {
        let room = sink.room().await;
        let left = &bytes.as_le_slice(&store)[passed..];
        let piece = &left[..left.len().min(room)];
        sink.push(piece);
        passed += piece.len();
    }
}
