//! What a compiler is to its host, wherever it runs.

use std::io::Read;
use std::pin::Pin;

use bytes::Bytes;

use super::derivation::{Derivation, Imported, Interpreter};
use super::meter::Meter;
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};

/// A compiler: in this process, or in one that it starts for each component.
pub(super) trait Compile: Send + Sync {
    /// Checks `wasm`. `meter` tells what that uses, and what its compilation does.
    fn check(&self, wasm: Bytes, meter: Meter) -> Step<'_, Box<dyn Compilation>>;

    /// Compiles what is made of an interpreter: of its component, behind which more may stand.
    fn derive(&self, derivation: Derivation, wasm: Bytes, meter: Meter) -> Step<'_, Code>;

    /// Has an interpreter import the sources of a version, which are in `package`.
    fn import<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        interpreter: Interpreter,
        package: Bytes,
        meter: Meter,
    ) -> Step<'a, Imported>;

    /// Initializes a version for a snapshot.
    fn initialize<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        wasm: Bytes,
        meter: Meter,
    ) -> Step<'a, Initialized>;
}

/// A component that was checked, on its way to compiled code.
pub(super) trait Compilation: Send {
    /// The compiled code. `meter` tells what that uses. A process that compiles ends when this is dropped.
    fn artifact(&mut self, meter: Meter) -> Step<'_, Code>;
}

/// Compiled code, as it is read.
pub(super) type Code = Box<dyn Read + Send>;

/// A step on the way. Each takes so long that a box is nothing.
pub(super) type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>;

/// Why a step did not end well.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is a reason that holds for another try.
    Rejected(Rejection),
    /// The system, or whoever runs it, has killed the process: what it was about, and what it had used.
    #[cfg_attr(
        not(feature = "compiler"),
        expect(dead_code, reason = "without a compiler there is no process")
    )]
    Killed(String),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The host, or the process that compiles, did not do its part.
pub(super) fn failed(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(format!("The component could not be compiled: {error}."))
}
