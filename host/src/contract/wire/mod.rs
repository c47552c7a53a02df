//! The JSON shapes of the control plane: what requests may hold, and what answers show.
//!
//! Unknown members are ignored, as AWS ignores them. Wire structs are plain: the checks that make
//! domain values of them stand beside them.

pub(super) mod blob;
pub(super) mod code;
pub(super) mod configuration;
pub(super) mod environment;
pub(super) mod function_url;
pub(super) mod event_invoke;
pub(super) mod lacking;
pub(super) mod logging;
pub(super) mod parse;
pub(super) mod permission;
pub(super) mod runtime;
pub(super) mod settings;
pub(super) mod tenancy;
pub(super) mod text_map;
