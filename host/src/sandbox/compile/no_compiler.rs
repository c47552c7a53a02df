//! What stands in the place of compiling where the host was built without the compiler.

use bytes::Bytes;

use super::compiling::{Code, Compilation, Compile, Step};
use super::derivation::{Derivation, Imported, Interpreter};
use super::inspect::{Inspection, inspect_component, is_component};
use super::meter::Meter;
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};

/// Refuses whatever would have to be compiled.
pub(super) struct NoCompiler;

impl Compile for NoCompiler {
    fn check(&self, _: Bytes, _: Meter) -> Step<'_, Box<dyn Compilation>> {
        Box::pin(async {
            Err(Rejection::of_code(
                "This host has no compiler. Compile the component elsewhere, with `sparkler compile` of the same \
                 version on the same kind of machine, and upload what that makes.",
            )
            .into())
        })
    }

    fn derive(&self, _: Derivation, _: Bytes, _: Meter) -> Step<'_, Code> {
        Box::pin(async { Err(Rejection::of_code(NO_INTERPRETER).into()) })
    }

    fn import<'a>(
        &'a self,
        _: &'a Account,
        _: &'a Version,
        _: Interpreter,
        _: Bytes,
        _: Meter,
    ) -> Step<'a, Imported> {
        Box::pin(async { Ok(Initialized::impossible(NO_INTERPRETER).into()) })
    }

    fn initialize<'a>(
        &'a self,
        _: &'a Account,
        _: &'a Version,
        _: Bytes,
        _: Meter,
    ) -> Step<'a, Initialized> {
        Box::pin(async {
            Ok(Initialized::impossible(
                "This host has no compiler, which a snapshot needs.",
            ))
        })
    }
}

const NO_INTERPRETER: &str =
    "This host has no compiler, which running sources needs. Upload a component.";

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
