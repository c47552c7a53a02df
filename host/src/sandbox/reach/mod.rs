//! What a guest can reach: the host's side of one guest, and every interface that it may import.

pub(in crate::sandbox) mod guest_state;
pub(in crate::sandbox) mod linker;
pub(in crate::sandbox) mod provided;
pub(in crate::sandbox) mod wasi;
pub(in crate::sandbox) mod clocks;
pub(in crate::sandbox) mod environment;
pub(in crate::sandbox) mod config;
pub(in crate::sandbox) mod grants;
pub(in crate::sandbox) mod files;
pub(in crate::sandbox) mod outbound;
pub(in crate::sandbox) mod output;
pub(in crate::sandbox) mod response;
pub(in crate::sandbox) mod open_streams;
pub mod component;
pub(in crate::sandbox) mod interfaces;
pub(in crate::sandbox) mod caller;
pub(in crate::sandbox) mod unwinding;
