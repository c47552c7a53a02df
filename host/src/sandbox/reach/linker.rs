//! Everything that a guest may import.

use wasmtime::Engine;
use wasmtime::component::Linker;

use super::embedder::interfaces::Interfaces;
use super::guest_state::{GuestState, Parts};

/// Links what this host provides, and the interfaces of whoever embeds it.
pub(in crate::sandbox) fn linker(
    engine: &Engine,
    own: &Interfaces,
) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    Parts::link(&mut linker)?;
    own.add_to_linker(&mut linker)?;
    Ok(linker)
}
