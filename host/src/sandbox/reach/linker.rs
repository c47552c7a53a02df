//! Everything that a guest may import.

use wasmtime::component::{HasSelf, Linker, WasmList};
use wasmtime::{Engine, StoreContextMut};

use super::guest_state::GuestState;
use super::interfaces::Interfaces;
use super::{response, wasi};
use crate::limits;
use crate::sandbox::bindings;

/// Links what this host provides, and the interfaces of whoever embeds it.
pub(in crate::sandbox) fn linker(
    engine: &Engine,
    own: &Interfaces,
) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    bindings::Guest::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    response::add_to_linker(&mut linker)?;
    add_log_to_linker(&mut linker)?;
    own.add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Links the interface `log`. As in a write to stdout, more than a bound in one call is no write.
fn add_log_to_linker(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker.instance("sparkler:function/log@0.1.0")?.func_wrap(
        "write",
        |store: StoreContextMut<'_, GuestState>, (bytes,): (WasmList<u8>,)| {
            if bytes.len() > limits::LOG_WRITE_BYTES_MAX {
                wasmtime::bail!(
                    "{} bytes were written to the log in one call; at most {} are taken",
                    bytes.len(),
                    limits::LOG_WRITE_BYTES_MAX
                );
            }
            store.data().vitals.write_log(bytes.as_le_slice(&store));
            Ok(())
        },
    )
}
