//! What a process keeps of its system when it has begun: what it needs, and nothing besides.
//!
//! Nobody is meant to come up to these walls; they are there for the day on which a guest gets out of its sandbox, or a
//! component takes the compiler over. What such code can still do is what [`Needs`] says, and all of that follows from
//! the configuration. The walls stay until the process ends, stand around all that it starts, too, and nobody can
//! widen what they let through.
//!
//! Two parts of Linux make them, and neither asks for a privilege: Landlock (`walls/places`) for files, ports and
//! signals, seccomp (`walls/calls`) for system calls. Where the system lacks some of it, the rest stands, and
//! [`Jail::gaps`] tells what is missing.
//!
//! Both confine the thread that asks for it and those that come from it, so a process enters before it starts any.

mod needs;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod walls;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "no_walls.rs"]
mod walls;

use std::sync::OnceLock;

pub(crate) use needs::{Needs, loaded_files};
use walls::Walls;

/// Something that is confined, and whether it is.
pub(crate) type Part = (&'static str, bool);

/// What this process has entered: there is no way out again, and at most one way in for a server.
static ENTERED: OnceLock<Vec<Part>> = OnceLock::new();

/// What of this process is confined. Nothing is told of one that has entered no jail.
pub(crate) fn parts_of_this_process() -> Vec<Part> {
    ENTERED.get().cloned().unwrap_or_default()
}

/// The walls around this process, for as long as it runs.
pub struct Jail {
    walls: Walls,
}

/// The jail could not be entered, or not whole; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JailError(String);

impl Jail {
    /// Takes from this process all but what it `needs`. Places that are not there are left out.
    ///
    /// # Errors
    /// When threads run already, or the system refuses it.
    pub(crate) fn enter(needs: &Needs) -> Result<Self, JailError> {
        let walls = Walls::around(needs)?;
        let _ = ENTERED.set(walls.parts.clone());
        Ok(Self { walls })
    }

    /// Takes from this process all but its open files, memory, threads and clocks.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn enter_closed() -> Result<Self, JailError> {
        Walls::closed().map(|walls| Self { walls })
    }

    /// What should be confined and is not, in a sentence; `None` where all is.
    pub fn gaps(&self) -> Option<String> {
        let gaps = self.walls.gaps.join(", ");
        (!gaps.is_empty()).then(|| format!("this system does not confine {gaps}"))
    }
}

#[cfg(target_os = "linux")]
impl JailError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(format!("the jail cannot be entered: {error}"))
    }
}
