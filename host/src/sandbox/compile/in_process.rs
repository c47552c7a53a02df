//! The compiler in this process.

use std::io;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::compiling::{Code, Compilation, Compile, Step, failed};
use super::derivation::{Derivation, Imported, Interpreter};
use super::interpreted;
use super::meter::Meter;
use super::snapshot::{self, InitOrder};
use super::steps::{accepted, compile};
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};
use crate::sandbox::engine::engines::AddressSpace;
use crate::sandbox::reach::embedder::interfaces::Interfaces;

/// Compiles on threads that may block.
pub(super) struct InProcess {
    pub(super) interfaces: Interfaces,
    pub(super) space: AddressSpace,
}

struct Component {
    wasm: Vec<u8>,
    interfaces: Interfaces,
    space: AddressSpace,
}

impl Compile for InProcess {
    fn check(&self, wasm: Bytes, _: Meter) -> Step<'_, Box<dyn Compilation>> {
        let (interfaces, space) = (self.interfaces.clone(), self.space);
        Box::pin(async move {
            let checked = spawn_blocking(move || {
                let wasm = accepted(wasm.into(), &interfaces)?;
                Ok::<_, Rejection>(Component {
                    wasm,
                    interfaces,
                    space,
                })
            });
            let component = checked.await.map_err(failed)??;
            Ok(Box::new(component) as Box<dyn Compilation>)
        })
    }

    fn derive(&self, derivation: Derivation, wasm: Bytes, _: Meter) -> Step<'_, Code> {
        let (interfaces, space) = (self.interfaces.clone(), self.space);
        Box::pin(async move {
            let derived = spawn_blocking(move || {
                interpreted::derive(derivation, wasm.into(), &interfaces, space)
            });
            let artifact = derived.await.map_err(failed)??;
            Ok(Box::new(io::Cursor::new(artifact)) as Code)
        })
    }

    fn import<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        interpreter: Interpreter,
        package: Bytes,
        _: Meter,
    ) -> Step<'a, Imported> {
        let (order, interfaces) = (InitOrder::of(account, version), self.interfaces.clone());
        let space = self.space;
        Box::pin(async move {
            let imported = spawn_blocking(move || {
                interpreted::initialize(&interpreter, package, &order, &interfaces, space)
            });
            Ok(imported.await.map_err(failed)??)
        })
    }

    fn initialize<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        wasm: Bytes,
        _: Meter,
    ) -> Step<'a, Initialized> {
        let (order, interfaces) = (InitOrder::of(account, version), self.interfaces.clone());
        Box::pin(async move {
            let initialized =
                spawn_blocking(move || snapshot::initialize(wasm.into(), &order, &interfaces));
            Ok(initialized.await.map_err(failed)??)
        })
    }
}

impl Compilation for Component {
    fn artifact(&mut self, _: Meter) -> Step<'_, Code> {
        let (wasm, interfaces) = (std::mem::take(&mut self.wasm), self.interfaces.clone());
        let space = self.space;
        Box::pin(async move {
            let artifact = spawn_blocking(move || compile(&wasm, &interfaces, space))
                .await
                .map_err(failed)??;
            Ok(Box::new(io::Cursor::new(artifact)) as Code)
        })
    }
}
