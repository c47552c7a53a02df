//! Running guests: the only module that knows wasmtime.
//!
//! A component is compiled once (`compile`), kept as an artifact, loaded when it is first called
//! (`load`), and instantiated afresh for every invocation (`run`), unless its owner
//! wants it otherwise (`keep`). Callers speak of functions, deadlines and bytes;
//! epochs, pages and slots stay in here.

// From what everything stands on to what stands on everything: each names those above it alone.
mod bindings;
mod memory;
mod vitals;
mod waiting;
mod engine;
mod reach;
mod kinds;
mod guest;
mod compile;
mod load;
mod keep;
mod run;
mod sandboxes;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub(crate) mod stages;

/// What holds of code, and of events for servers for HTTP, whatever they are.
#[cfg(all(feature = "compiler", any(test, feature = "fuzzing")))]
pub(crate) mod any_input {
    pub(crate) use super::compile::any_input::{component, figures_of_code};
    pub(crate) use super::kinds::http_guest::any_input::{body_of, gateway_event, reads_back};
}

pub use compile::inspect::{Import, Inspection};
pub use compile::isolation::{CompileIsolation, CompileLimits};
#[cfg(not(feature = "compiler"))]
pub use compile::no_compiler::inspect;
#[cfg(feature = "compiler")]
pub use compile::precompile::precompile;
#[cfg(feature = "compiler")]
pub use compile::steps::inspect;
#[cfg(feature = "compiler")]
pub use compile::worker::compile_worker;
#[cfg(all(feature = "compiler", feature = "jail"))]
pub use compile::worker::compile_worker_outside;
pub(crate) use engine::engines::ENGINE_VERSION;
pub use reach::embedder::caller::Caller;
pub use reach::embedder::component;
pub use reach::embedder::interfaces::{Interface, Interfaces};
#[cfg(feature = "jail")]
pub(crate) use reach::outbound::outbound_needs;
pub use sandboxes::Sandboxes;
pub(crate) use sandboxes::SandboxesConfig;
#[cfg(feature = "storage")]
pub(crate) use sandboxes::data_memory_bytes_max;
