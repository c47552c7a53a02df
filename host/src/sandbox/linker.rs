//! Everything that a guest may import.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use super::guest_state::GuestState;
use super::interfaces::Interfaces;
use super::{bindings, response, wasi};

/// Links what this host provides, and the interfaces of whoever embeds it.
pub(super) fn linker(engine: &Engine, own: &Interfaces) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    bindings::Guest::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    response::add_to_linker(&mut linker)?;
    own.add_to_linker(&mut linker)?;
    Ok(linker)
}
