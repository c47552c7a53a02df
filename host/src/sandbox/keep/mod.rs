//! Sandboxes that are kept: prepared before anybody calls, or idle between two calls.

pub(in crate::sandbox) mod idle;
pub(in crate::sandbox) mod shelf;
pub(in crate::sandbox) mod prepare;
pub(in crate::sandbox) mod spare;
