//! Interfaces of the program that embeds the host: functions of its own that guests may call.

pub mod component;
pub(in crate::sandbox) mod caller;
pub(in crate::sandbox) mod interfaces;
mod unwinding;
