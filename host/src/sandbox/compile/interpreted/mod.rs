//! Interpreters: components that run the sources of many functions.
//!
//! Such a component is taken apart (`apart`): its code imports the memory that it works in, from a core module of its
//! own, the *state*. The code is compiled once. What a function adds is its state: the memory that the interpreter has
//! once it has imported the function (`initialize`), which is a module of data alone and compiles at once. It is kept
//! packed (`packed`), as what differs from the interpreter's own memory.
//!
//! All of it happens in the process that compiles.

mod apart;
mod initialize;
mod outline;
mod packed;
mod reading;
mod state;
mod steps;

pub(in crate::sandbox) use initialize::initialize;
pub(in crate::sandbox) use steps::derive;
