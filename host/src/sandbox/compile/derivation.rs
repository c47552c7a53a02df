//! What is made of an interpreter, and what a function's import on it comes to.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::deployer::Initialized;
use crate::domain::Digest;

/// What is compiled of an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) enum Part {
    /// Its code, which runs on any of its states.
    Code,
    /// The state that it starts from before it has imported anything.
    Base,
}

/// What is to be compiled, given an interpreter's component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) enum Derivation {
    /// A part of the interpreter.
    Part(Part),
    /// A state of it, which stands packed behind so many bytes of the component.
    State { interpreter_bytes: usize },
}

/// An interpreter as it was compiled.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "compiler"),
    expect(
        dead_code,
        reason = "what imports reads it, which is a part of the compiler"
    )
)]
pub(in crate::sandbox) struct Interpreter {
    pub(in crate::sandbox) digest: Digest,
    /// Its code.
    pub(in crate::sandbox) code: Bytes,
    /// The state that it starts from.
    pub(in crate::sandbox) base: Bytes,
}

/// A function that was imported.
pub(in crate::sandbox) struct Imported {
    /// What came of it; where it was taken, the packed state.
    pub(in crate::sandbox) initialized: Initialized,
    /// The state as it was compiled, where it was taken.
    pub(in crate::sandbox) artifact: Bytes,
}

impl From<Initialized> for Imported {
    fn from(initialized: Initialized) -> Self {
        Self {
            initialized,
            artifact: Bytes::new(),
        }
    }
}
