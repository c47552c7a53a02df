//! Which cargo builds, and what to do where there is none.

use std::io;

use super::REMEDY;
use crate::toolchain::BuildError;

/// The cargo that started this program, if one did, or else the one on the PATH.
pub(in crate::toolchain) fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// Why cargo does not run.
pub(super) fn not_started(source: io::Error) -> BuildError {
    BuildError::Program {
        program: cargo_program(),
        source,
        remedy: REMEDY,
    }
}
