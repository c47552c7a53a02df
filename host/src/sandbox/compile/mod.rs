//! From wasm to compiled code: what a file is, whether it can run here, and its compilation, in this process
//! or in one that is started for it.

pub(in crate::sandbox) mod inspect;
pub(in crate::sandbox) mod isolation;
pub(in crate::sandbox) mod compiler;
mod compiling;
mod meter;
mod queues;
mod choice;
mod interpreters;
pub(in crate::sandbox) mod derivation;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod steps;
#[cfg(feature = "compiler")]
mod figures;
#[cfg(feature = "compiler")]
mod bulk_memory;
#[cfg(feature = "compiler")]
mod go_module;
#[cfg(feature = "compiler")]
mod in_process;
#[cfg(feature = "compiler")]
mod child;
#[cfg(feature = "compiler")]
mod first_to_go;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod worker;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod precompile;
#[cfg(feature = "compiler")]
mod core_module;
#[cfg(feature = "compiler")]
mod index_spaces;
#[cfg(feature = "compiler")]
mod interpreted;
#[cfg(feature = "compiler")]
mod snapshot;
#[cfg(all(feature = "compiler", any(test, feature = "fuzzing")))]
pub(in crate::sandbox) mod any_input;
#[cfg(not(feature = "compiler"))]
pub(in crate::sandbox) mod no_compiler;
