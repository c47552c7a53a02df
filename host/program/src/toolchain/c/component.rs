//! Makes a component of a core module: tells what its exports and imports mean in the contract, and puts
//! the published adapter between preview 1 of WASI, which C libraries speak, and the host.

use wasi_preview1_component_adapter_provider as adapter;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::toolchain::BuildError;

/// The world of the contract that a function in C has.
const WORLD: &str = "function";

/// The component of a module that exports what [`WORLD`] does, by the names of the canonical ABI.
pub(super) fn of(module: Vec<u8>) -> Result<Vec<u8>, BuildError> {
    encoded(module).map_err(|error| {
        BuildError::Unsuitable(format!(
            "The function is compiled and cannot be made a component: {error:#}."
        ))
    })
}

fn encoded(mut module: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut contract = Resolve::default();
    let package = contract.push_str("function.wit", sparkler::WIT)?;
    let world = contract.select_world(&[package], Some(WORLD))?;
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .module(&module)?
        .adapter(
            adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
}
