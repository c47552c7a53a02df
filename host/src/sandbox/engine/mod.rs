//! What guests run on: the engine and its configuration, the clock that stops them, the slots that they
//! take, and the memories that it asks for.

pub(in crate::sandbox) mod concurrency;
pub(in crate::sandbox) mod engines;
pub(in crate::sandbox) mod compiled;
pub(in crate::sandbox) mod ticker;
pub(in crate::sandbox) mod slots;
pub(in crate::sandbox) mod memory_limiter;

#[cfg(all(test, feature = "compiler"))]
mod residue_tests;
