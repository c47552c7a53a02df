//! One guest: its code, linked; its sandbox; and what its failures are.

pub(in crate::sandbox) mod loaded;
pub(in crate::sandbox) mod sandbox;
pub(in crate::sandbox) mod trap;
