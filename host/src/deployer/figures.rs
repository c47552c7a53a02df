//! How many wait for their turn on the way of code, and how many have it.

use super::PlaceFigures;

/// What of the ways of code waits for its turn, and what has it.
#[derive(Clone, Debug, Default)]
pub struct DeployFigures {
    /// Each step by its name.
    pub stages: Vec<(&'static str, PlaceFigures)>,
    /// How often one was begun once more, since the system had killed it.
    pub killed: u64,
}
