//! What all measurements of one run share: the product, the function that is called, the tools, and how
//! long everything may take.

use std::path::PathBuf;

use crate::sparkler::Sparkler;
use crate::tools::Tools;

/// What a measurement is given.
pub(crate) struct Setup {
    /// The binary.
    pub(crate) sparkler: Sparkler,
    /// The component of `examples/echo`.
    pub(crate) echo: PathBuf,
    /// The top of the workspace.
    pub(crate) workspace: PathBuf,
    pub(crate) tools: Tools,
    /// Whether there is time for what takes long.
    pub(crate) is_full: bool,
    /// Seconds of each measurement.
    pub(crate) seconds: u64,
    /// How often sides that are compared are measured in turn.
    pub(crate) rounds: usize,
}
