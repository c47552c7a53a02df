//! Which compiler a host has.

use super::compiling::Compile;
use super::isolation::CompileIsolation;
use crate::sandbox::engine::engines::AddressSpace;
use crate::sandbox::reach::embedder::interfaces::Interfaces;

/// The one that was asked for, which knows these interfaces of an embedder and compiles for such an address space.
#[cfg(feature = "compiler")]
pub(super) fn compiler(
    isolation: CompileIsolation,
    interfaces: Interfaces,
    space: AddressSpace,
) -> Box<dyn Compile> {
    use super::child::Child;
    use super::in_process::InProcess;

    match isolation {
        CompileIsolation::InProcess => Box::new(InProcess { interfaces, space }),
        CompileIsolation::Child {
            program,
            arguments,
            limits,
        } => Box::new(Child {
            program,
            arguments,
            limits,
            space,
        }),
    }
}

/// None, whatever was asked for.
#[cfg(not(feature = "compiler"))]
pub(super) fn compiler(_: CompileIsolation, _: Interfaces, _: AddressSpace) -> Box<dyn Compile> {
    Box::new(super::no_compiler::NoCompiler)
}
