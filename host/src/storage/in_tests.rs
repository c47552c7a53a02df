//! What every implementation of a store does, and one that has all the trouble that a distributed one can have.

mod behaviours;
mod troubled;

pub(crate) use troubled::TroubledLeases;
