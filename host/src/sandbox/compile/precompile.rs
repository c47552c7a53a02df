//! Compiling ahead of time, for hosts that have no compiler.

use super::steps::{accepted, compile};
use crate::deployer::Rejection;
use crate::domain::Digest;
use crate::package::{Precompiled, reuse_of};
use crate::sandbox::engine::engines::{self, AddressSpace};
use crate::sandbox::reach::embedder::interfaces::Interfaces;

/// Compiles `wasm` for hosts of this version on machines of this kind: gives a file that such a host takes
/// in the place of the component, where its owner trusts it.
///
/// # Errors
/// When it is no function, imports what neither this host nor `own` provides, or cannot be compiled.
pub fn precompile(wasm: Vec<u8>, own: &Interfaces) -> Result<Vec<u8>, Rejection> {
    let digest = Digest::of(&wasm);
    let reuse = reuse_of(&wasm).map_err(|error| Rejection::of_code(error.to_string()))?;
    let component = accepted(wasm, own)?;
    let code = compile(&component, own, AddressSpace::Ample)?;
    let precompiled = Precompiled {
        engine: engines::key(AddressSpace::Ample),
        component: digest,
        reuse,
        code: code.into(),
    };
    Ok(precompiled.write())
}
