//! `sparkler:function/log`: bytes for the log, taken right out of the guest's memory.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmList};

use super::names::Provided;
use super::part::{InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::limits;

const LOG: Provided = Provided::only("sparkler:function/log", "0.1.0");

/// The log, which is kept where it can be read while the guest runs.
pub(in crate::sandbox) struct Log;

impl Part for Log {
    type Host = ();
    const TITLE: &'static str = "log";
    const PROVIDED: &'static [Provided] = &[LOG];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self
    }

    /// As in a write to stdout, more than a bound in one call is no write.
    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        linker.instance(&LOG.linked())?.func_wrap(
            "write",
            |store: StoreContextMut<'_, T>, (bytes,): (WasmList<u8>,)| {
                if bytes.len() > limits::LOG_WRITE_BYTES_MAX {
                    wasmtime::bail!(
                        "{} bytes were written to the log in one call; at most {} are taken",
                        bytes.len(),
                        limits::LOG_WRITE_BYTES_MAX
                    );
                }
                let vitals = &store.data().shared().vitals;
                vitals.write_log(bytes.as_le_slice(&store));
                Ok(())
            },
        )
    }
}
