//! From wasm to compiled code, in one process and in two steps: check what it is, then compile it.

use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wit_component::ComponentEncoder;

use super::bulk_memory::{self, Unreadable};
use super::figures::figures;
use super::go_module;
use super::inspect::{Inspection, inspect_component, is_component, validate};
use crate::deployer::Rejection;
use crate::sandbox::engine::compiled::Figures;
use crate::sandbox::engine::engines::{self, AddressSpace};
use crate::sandbox::kinds::entry::Entry;
use crate::sandbox::kinds::lifecycle::Lifecycle;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::linker::linker;

/// What a file is, a core module wrapped first.
///
/// # Errors
/// When it is no valid WebAssembly, or a core module that cannot be wrapped.
pub fn inspect(wasm: Vec<u8>) -> Result<Inspection, Rejection> {
    check(wasm).map(|(_, inspection)| inspection)
}

/// The component that `wasm` is or can be wrapped into, and what is in it.
pub(in crate::sandbox) fn check(wasm: Vec<u8>) -> Result<(Vec<u8>, Inspection), Rejection> {
    if is_component(&wasm) {
        let inspection = inspect_component(&wasm)?;
        return Ok((wasm, inspection));
    }
    let component = wrap_core_module(&wasm)?;
    let inspection = inspect_component(&component)?;
    Ok((
        component,
        Inspection {
            wrapped: true,
            ..inspection
        },
    ))
}

/// Wraps a core module for WASI preview 1 with the adapter that the engine's makers publish.
fn wrap_core_module(module: &[u8]) -> Result<Vec<u8>, Rejection> {
    use wasi_preview1_component_adapter_provider as adapter;
    // What wraps it trusts that it is.
    validate(module)?;
    let is_command = exports_start(module);
    let bytes = if is_command {
        adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    let with_room = go_module::with_room_for_the_adapter(module);
    ComponentEncoder::default()
        .module(with_room.as_deref().unwrap_or(module))
        .and_then(|encoder| encoder.adapter(adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, bytes))
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| {
            Rejection::of_code(format!(
                "The code is a core WebAssembly module and not a component, and it cannot be \
                 wrapped into one: {error:#}. Build a component, for example with \
                 `sparkler build` or for the target wasm32-wasip2."
            ))
        })
}

fn exports_start(module: &[u8]) -> bool {
    wasmparser::Parser::new(0)
        .parse_all(module)
        .flatten()
        .any(|payload| match payload {
            wasmparser::Payload::ExportSection(exports) => exports
                .into_iter()
                .flatten()
                .any(|export| export.name == "_start"),
            _ => false,
        })
}

/// The component of `wasm`, where it is a function that runs here, with these interfaces of an embedder.
pub(in crate::sandbox) fn accepted(wasm: Vec<u8>, own: &Interfaces) -> Result<Vec<u8>, Rejection> {
    let (component, mut inspection) = check(wasm)?;
    for import in &mut inspection.imports {
        import.provided |= own.has(&import.name);
    }
    inspection.accept()?;
    Ok(component)
}

/// Compiles a checked component for hosts with such an address space, and makes sure that everything it imports fits.
pub(in crate::sandbox) fn compile(
    component: &[u8],
    own: &Interfaces,
    space: AddressSpace,
) -> Result<Vec<u8>, Rejection> {
    let unready = |error: wasmtime::Error| {
        Rejection::of_host(format!(
            "The compiler could not be set up: {}.",
            one_line(&error)
        ))
    };
    let engine = engines::compiling(space).map_err(unready)?;
    let linker = linker(&engine, own).map_err(unready)?;
    compile_linked(component, &engine, &linker, space)?.artifact()
}

/// A component that was compiled, and fits what it is linked with.
pub(in crate::sandbox) struct Compiled {
    pub(in crate::sandbox) component: Component,
    figures: Figures,
}

impl Compiled {
    /// It as it is kept.
    pub(in crate::sandbox) fn artifact(&self) -> Result<Vec<u8>, Rejection> {
        let code = self
            .component
            .serialize()
            .map_err(|error| uncompiled(&error))?;
        Ok(self.figures.behind(code))
    }
}

/// Compiles a checked component, and makes sure that `linker` has everything that it imports.
pub(in crate::sandbox) fn compile_linked(
    component: &[u8],
    engine: &Engine,
    linker: &Linker<GuestState>,
    space: AddressSpace,
) -> Result<Compiled, Rejection> {
    let unread =
        |error: Unreadable| Rejection::of_code(format!("The code cannot be read: {error}."));
    let figures = figures(component, space).map_err(|error| unread(error.into()))?;
    let in_pieces = bulk_memory::in_pieces(component).map_err(unread)?;
    let component =
        Component::from_binary(engine, &in_pieces).map_err(|error| uncompiled(&error))?;
    let pre = linker.instantiate_pre(&component).map_err(|error| {
        Rejection::of_code(format!(
            "The component's imports do not fit this host: {}.",
            one_line(&error)
        ))
    })?;
    Entry::of(&pre).map_err(|error| {
        Rejection::of_code(format!(
            "The component's handler has another signature: {}.",
            one_line(&error)
        ))
    })?;
    Lifecycle::of(&pre).map_err(|error| {
        Rejection::of_code(format!(
            "The component's lifecycle has another signature: {}.",
            one_line(&error)
        ))
    })?;
    Ok(Compiled { component, figures })
}

fn uncompiled(error: &wasmtime::Error) -> Rejection {
    Rejection::of_code(format!(
        "The component cannot be compiled: {}.",
        one_line(error)
    ))
}

pub(in crate::sandbox) fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::Fault;

    /// A program with one of each section that wrapping it looks into.
    fn program() -> Vec<u8> {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (global (mut i32) (i32.const 7))
            (func (export "_start") (drop (call 0 (i32.const 0))))
            (data (i32.const 0) "data"))"#;
        wat::parse_str(text).expect("WebAssembly")
    }

    #[test]
    fn a_program_that_is_cut_short_or_damaged_is_refused_or_wrapped_and_breaks_nothing() {
        let program = program();
        assert!(inspect(program.clone()).expect("sound").wrapped);
        for length in 8..program.len() {
            let Err(rejection) = inspect(program[..length].to_vec()) else {
                continue;
            };
            assert_eq!(rejection.fault, Fault::Code, "{length}: {rejection}");
        }
        for place in 8..program.len() {
            for bits in [0x01, 0x10, 0x80, 0xff] {
                let mut damaged = program.clone();
                damaged[place] ^= bits;
                // It need not be refused: much of a program may be another.
                let _ = inspect(damaged);
            }
        }
    }

    #[test]
    fn a_component_that_is_cut_off_in_a_module_is_told_as_damage() {
        let text = "(component (core module (memory 1) (func) (func)))";
        let whole = wat::parse_str(text).expect("WebAssembly");
        assert!(inspect(whole.clone()).is_ok());
        for length in 9..whole.len() {
            let rejection = inspect(whole[..length].to_vec()).expect_err("it is cut off");
            assert_eq!(rejection.fault, Fault::Code, "{length}: {rejection}");
        }
    }

    #[test]
    fn what_the_engine_does_not_run_is_refused_before_it_is_compiled() {
        let with_table = |of: &str| {
            let text = format!("(component (core module (table 1 {of}) (table 1 {of})))");
            inspect(wat::parse_str(text).expect("WebAssembly"))
        };
        assert!(with_table("funcref").is_ok());
        let rejection = with_table("externref").expect_err("there is no collector");
        assert!(rejection.reason.contains("not valid"), "{rejection}");
    }

    #[test]
    fn a_section_that_is_longer_than_the_file_is_told_as_damage() {
        let cut = b"\0asm\x01\0\0\0\x0a\xff\xff\x03\x01\x02\0\x0b";
        let rejection = inspect(cut.to_vec()).expect_err("damaged");
        assert!(
            rejection.reason.contains("not valid WebAssembly"),
            "{rejection}"
        );
    }
}
