//! The log of a handler: what it prints.

use std::io::{self, Write as _};

/// Writes out the line that a handler began and did not end: no process exits here to do it.
pub(crate) fn flush_log() {
    // A log that cannot be written is no reason to lose the answer.
    let _ = io::stdout().flush();
}
