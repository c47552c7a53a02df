//! What a guest can reach: the host's side of one guest, and every interface that it may import.
//!
//! Each interface is a part: a module with a [`Part`](part::Part). `guest_state` has the list of them, of which the
//! linker, what is said to be provided and the table in the documentation are made.

pub(in crate::sandbox) mod part;
pub(in crate::sandbox) mod names;
mod replaced;
pub(in crate::sandbox) mod table;
pub(in crate::sandbox) mod shared;
pub(in crate::sandbox) mod guest_state;
pub(in crate::sandbox) mod linker;
pub(in crate::sandbox) mod provided;
pub(in crate::sandbox) mod grants;

pub(in crate::sandbox) mod log;
pub(in crate::sandbox) mod failure;
pub(in crate::sandbox) mod output;
pub(in crate::sandbox) mod response;
pub(in crate::sandbox) mod stdio;
pub(in crate::sandbox) mod stdout;
pub(in crate::sandbox) mod open_streams;
pub(in crate::sandbox) mod streams;
pub(in crate::sandbox) mod environment;
pub(in crate::sandbox) mod config;
pub(in crate::sandbox) mod clocks;
pub(in crate::sandbox) mod random;
pub(in crate::sandbox) mod files;
pub(in crate::sandbox) mod outbound;
pub(in crate::sandbox) mod inert;

pub(in crate::sandbox) mod embedder;
