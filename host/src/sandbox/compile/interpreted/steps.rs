//! From an interpreter, or a state of one, to compiled code.

use wasmtime::Module;

use super::apart::{base_of, take_apart};
use super::packed::unpack;
use super::state::State;
use crate::deployer::Rejection;
use crate::domain::Digest;
use crate::limits;
use crate::sandbox::compile::derivation::{Derivation, Part};
use crate::sandbox::compile::steps::{accepted, compile_linked, one_line};
use crate::sandbox::engine::compiled::Figures;
use crate::sandbox::engine::engines::{self, AddressSpace};
use crate::sandbox::guest::loaded::STATE_IMPORT;
use crate::sandbox::kinds::lifecycle::LIFECYCLE_EXPORT;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::sandbox::reach::linker::linker;

/// Compiles what `derivation` says of the interpreter that `wasm` is, for hosts with such an address space.
pub(in crate::sandbox) fn derive(
    derivation: Derivation,
    mut wasm: Vec<u8>,
    own: &Interfaces,
    space: AddressSpace,
) -> Result<Vec<u8>, Rejection> {
    match derivation {
        Derivation::Part(part) => compile_part(&accepted(wasm, own)?, part, own, space),
        Derivation::State { interpreter_bytes } => {
            let packed = wasm.split_off(interpreter_bytes.min(wasm.len()));
            compile_state(&wasm, &packed, space)
        }
    }
}

/// Compiles a part of an interpreter, a component that was checked.
fn compile_part(
    component: &[u8],
    part: Part,
    own: &Interfaces,
    space: AddressSpace,
) -> Result<Vec<u8>, Rejection> {
    let apart = take_apart(component).map_err(|reason| no_interpreter(&reason))?;
    match part {
        Part::Base => compile_module(&apart.base, space),
        Part::Code => compile_code(&apart.code, &apart.base, own, space),
    }
}

/// Compiles a packed state of the interpreter that `component` is.
fn compile_state(
    component: &[u8],
    packed: &[u8],
    space: AddressSpace,
) -> Result<Vec<u8>, Rejection> {
    let base = base_of(component).map_err(|reason| no_interpreter(&reason))?;
    let state = unpack(packed, Digest::of(component), &base);
    let state = state.map_err(|reason| {
        Rejection::of_host(format!("The state of a function cannot be read: {reason}."))
    })?;
    compile_module(&state, space)
}

fn no_interpreter(reason: &str) -> Rejection {
    Rejection::of_host(format!(
        "The component cannot be an interpreter of many functions: {reason}."
    ))
}

fn compile_code(
    code: &[u8],
    base: &State,
    own: &Interfaces,
    space: AddressSpace,
) -> Result<Vec<u8>, Rejection> {
    let failed = |error: wasmtime::Error| {
        Rejection::of_host(format!(
            "The interpreter cannot be compiled: {}.",
            one_line(&error)
        ))
    };
    let engine = engines::compiling(space).map_err(failed)?;
    let mut linker = linker(&engine, own).map_err(failed)?;
    let state = Module::new(&engine, base.module()).map_err(failed)?;
    linker.root().module(STATE_IMPORT, &state).map_err(failed)?;
    let compiled = compile_linked(code, &engine, &linker, space)?;
    match compiled.component.get_export_index(None, LIFECYCLE_EXPORT) {
        Some(_) => compiled.artifact(),
        None => Err(no_interpreter(
            "it exports no lifecycle in which it could import a function",
        )),
    }
}

/// Compiles the module of a state.
pub(super) fn compile_module(state: &State, space: AddressSpace) -> Result<Vec<u8>, Rejection> {
    let failed = |error: wasmtime::Error| {
        Rejection::of_host(format!(
            "The state of a function cannot be compiled: {}.",
            one_line(&error)
        ))
    };
    let engine = engines::compiling(space).map_err(failed)?;
    let module = Module::new(&engine, state.module()).map_err(failed)?;
    let bytes = state.bytes().len() as u64;
    let is_mapped = space == AddressSpace::Ample && bytes <= limits::MEMORY_IMAGE_BYTES_MAX;
    let figures = Figures {
        instance_bytes: 0,
        copied_bytes: if is_mapped { 0 } else { bytes },
    };
    Ok(figures.behind(module.serialize().map_err(failed)?))
}
