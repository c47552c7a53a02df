//! From wasm to compiled code: what a file is, whether it can run here, and its compilation, in this process
//! or in one that is started for it.

pub(in crate::sandbox) mod inspect;
pub(in crate::sandbox) mod isolation;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod go_module;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod in_process;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod worker;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod child;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod precompile;
#[cfg_attr(not(feature = "compiler"), path = "no_compilation.rs")]
pub(in crate::sandbox) mod compilation;
pub(in crate::sandbox) mod compiler;
#[cfg(feature = "compiler")]
pub(in crate::sandbox) mod snapshot;
