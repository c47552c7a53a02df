//! From compiled code to sandboxes: artifacts are loaded once, and each sandbox is made of what was loaded.

pub(in crate::sandbox) mod interpreters;
pub(in crate::sandbox) mod loader;
pub(in crate::sandbox) mod packages;
pub(in crate::sandbox) mod loaded_functions;
pub(in crate::sandbox) mod maker;
