//! The walls of Linux.

mod calls;
mod places;

use std::fs;

use super::{JailError, Needs, Part};
use calls::Allowed;
use places::Confined;

/// What must stay as long as the process does, and what is missing.
pub(super) struct Walls {
    pub(super) gaps: Vec<&'static str>,
    /// What is confined, and what is not.
    pub(super) parts: Vec<Part>,
    _held: places::Held,
}

impl Walls {
    /// Around a process that needs this.
    pub(super) fn around(needs: &Needs) -> Result<Self, JailError> {
        check_alone()?;
        Self::raise(needs, &calls::of_server(needs))
    }

    /// Around a process that computes, and reads and writes what is open.
    pub(super) fn closed() -> Result<Self, JailError> {
        Self::raise(&Needs::default(), &calls::of_compiler())
    }

    fn raise(needs: &Needs, allowed: &Allowed) -> Result<Self, JailError> {
        let Confined {
            held,
            mut parts,
            mut gaps,
        } = places::confine(needs)?;
        // Last, since confining places is a system call, too.
        let missing = calls::confine(allowed)?;
        parts.push(("calls", missing.is_none()));
        gaps.extend(missing);
        Ok(Self {
            gaps,
            parts,
            _held: held,
        })
    }
}

/// Makes sure that this thread is the only one: others would stay outside.
fn check_alone() -> Result<(), JailError> {
    let threads = fs::read_dir("/proc/self/task").map_err(|error| {
        JailError::of(format_args!(
            "/proc does not tell which threads run: {error}"
        ))
    })?;
    match threads.count() {
        1 => Ok(()),
        count => Err(JailError::of(format_args!(
            "{count} threads run already, which would stay outside"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_threads_is_not_confined_in_part() {
        // The thread that runs this test is one besides the first.
        let error = Walls::around(&Needs::default()).err().expect("refused");
        assert!(error.to_string().contains("threads run"), "{error}");
    }
}
