//! The program `sparkler`: [`main`] runs its commands. What builds functions is in [`toolchain`], for tests that
//! need some.
//!
//! Arrows point one way: `cli → toolchain`, and both lean on the library.

mod allocator;
mod cli;
mod limits;
pub mod toolchain;

pub use allocator::Allocator;
pub use cli::main;
