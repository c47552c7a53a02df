//! What the process that compiles does for interpreters.

use bytes::Bytes;
use tokio::time::Instant;

use super::{Child, CompileChild, within_time};
use crate::limits;
use crate::sandbox::compile::compiling::{Code, Step};
use crate::sandbox::compile::derivation::{Derivation, Imported, Interpreter};
use crate::sandbox::compile::meter::Meter;
use crate::sandbox::compile::snapshot::InitOrder;
use crate::sandbox::compile::worker::{ImportOrder, Order};
use crate::sandbox::engine::engines::AddressSpace;

/// Compiles what is made of an interpreter.
pub(super) fn derive(
    compiler: &Child,
    derivation: Derivation,
    wasm: Bytes,
    meter: Meter,
) -> Step<'_, Code> {
    Box::pin(async move {
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
        let derived = async {
            let order = Order::Derive(derivation, compiler.space);
            let mut started = CompileChild::begin(compiler, &order, wasm, meter.clone()).await?;
            let code = started.compiled().await?;
            // It is ended with what it writes, and not before.
            Ok(Box::new(Reading {
                code,
                _from: started,
            }) as Code)
        };
        within_time(deadline, &meter, derived).await
    })
}

/// Code that is read, and the process that writes it.
struct Reading<R> {
    code: R,
    _from: CompileChild,
}

impl<R: std::io::Read> std::io::Read for Reading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.code.read(buffer)
    }
}

/// Has an interpreter import a function.
pub(super) fn import(
    compiler: &Child,
    order: InitOrder,
    interpreter: Interpreter,
    package: Bytes,
    meter: Meter,
) -> Step<'_, Imported> {
    let duration_max = order.duration_max + limits::SNAPSHOT_READ_DURATION_MAX;
    let deadline = Instant::now() + limits::COMPILE_DURATION_MAX + duration_max;
    let mut compiler = compiler.clone();
    compiler.limits.cpu_seconds_max += duration_max.as_secs();
    if compiler.space == AddressSpace::Ample {
        // The code reaches its memory as it does where it runs: without looking, within addresses that are reserved.
        compiler.limits.memory_bytes_max += limits::INTERPRETER_ADDRESS_BYTES;
    }
    let Interpreter { digest, code, base } = interpreter;
    let order = Order::Import(Box::new(ImportOrder {
        order,
        space: compiler.space,
        interpreter: digest,
        code_bytes: code.len(),
        base_bytes: base.len(),
    }));
    Box::pin(async move {
        let all = [code, base, package].concat().into();
        let imported = CompileChild::initialize(&compiler, &order, all, meter.clone());
        within_time(deadline, &meter, imported).await
    })
}
