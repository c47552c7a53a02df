//! What the typed functions of an [`Interface`](crate::sandbox::Interface) are made of.
//!
//! The traits say how Rust values become values of the component model and back; they are there for numbers,
//! `bool`, `char`, `String`, `Vec`, `Option`, `Result` and tuples. For a record, a variant or an enum of
//! your own, derive them, and name this module's `wasmtime`, which must be the one that Sparkler uses:
//!
//! ```
//! use sparkler::component::{ComponentType, Lift, Lower};
//!
//! #[derive(Clone, ComponentType, Lift, Lower)]
//! #[component(record)]
//! #[component(wasmtime_crate = sparkler::component::wasmtime)]
//! struct Word {
//!     spelling: String,
//!     frequency: u32,
//! }
//! ```

pub use wasmtime;
pub use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
pub use wasmtime::{Error, Result};
