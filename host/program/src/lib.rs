//! The program `sparkler`: [`main`] runs its commands. What builds functions is in [`toolchain`], for tests that
//! need some.
//!
//! Arrows point one way: `cli → toolchain`, and both lean on the library.

mod cli;
mod limits;
pub mod toolchain;

pub use cli::main;
