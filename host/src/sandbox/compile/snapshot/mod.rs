//! Snapshots: a component is run up to its first event, and what it holds then becomes a component.
//!
//! The component is instrumented so that its memories and globals can be read, and instantiated with a
//! host that gives it a log, clocks, random bytes and its version's environment, and nothing else. When
//! its initialization is over, its state takes the place of its data (`wizer` does both). Streams of the
//! log that it holds open then are opened again whenever the result is instantiated (`handles`).
//!
//! All of it happens in the process that compiles.

mod form;
mod given_time;
mod handles;
pub(in crate::sandbox::compile) mod initialize;
mod order;
mod state_reader;

pub(in crate::sandbox) use initialize::initialize;
pub(in crate::sandbox) use order::InitOrder;
