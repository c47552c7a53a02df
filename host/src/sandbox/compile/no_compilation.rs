//! What stands in the place of compiling where the host was built without the compiler.

use std::io;

use bytes::Bytes;
use tokio::time::Instant;

use super::inspect::{Inspection, inspect_component, is_component};
use super::isolation::CompileIsolation;
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};
use crate::sandbox::reach::interfaces::Interfaces;

/// A component that is being compiled: there is none.
pub(in crate::sandbox) enum Compilation {}

impl Compilation {
    /// Refuses.
    pub(in crate::sandbox) async fn start(
        _isolation: &CompileIsolation,
        _interfaces: &Interfaces,
        _wasm: Bytes,
        _deadline: Instant,
    ) -> Result<Self, Rejection> {
        Err(Rejection::of_code(
            "This host has no compiler. Compile the component elsewhere, with `sparkler compile` of the same \
             version on the same kind of machine, and upload what that makes.",
        ))
    }

    pub(in crate::sandbox) async fn artifact(&mut self) -> Result<io::Empty, Rejection> {
        match *self {}
    }

    pub(in crate::sandbox) fn can_be_ended(&self) -> bool {
        match *self {}
    }
}

/// There is no snapshot.
pub(in crate::sandbox) async fn initialize(
    _isolation: &CompileIsolation,
    _interfaces: &Interfaces,
    _account: &Account,
    _version: &Version,
    _wasm: Bytes,
) -> Result<Initialized, Rejection> {
    Ok(Initialized::impossible(
        "This host has no compiler, which a snapshot needs.",
    ))
}

/// What a component is.
///
/// # Errors
/// When it is no valid component; core modules are wrapped only where there is a compiler.
pub fn inspect(wasm: Vec<u8>) -> Result<Inspection, Rejection> {
    match is_component(&wasm) {
        true => inspect_component(&wasm),
        false => Err(Rejection::of_code(
            "The code is a core WebAssembly module and not a component, and this program, built without the \
             compiler, cannot wrap it into one.",
        )),
    }
}
