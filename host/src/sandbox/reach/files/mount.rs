//! A folder that a guest begins its paths in.

use std::io;
use std::sync::Arc;

use cap_std::fs::Dir;
use rustix::io::Errno;

use super::task::Task;
use super::tmp::Tmp;
use crate::domain::FolderAccess;
use crate::package::Sources;
use crate::sandbox::vitals::Vitals;

/// Such a folder. What lies in two of them has nothing to do with each other.
pub(in crate::sandbox) enum Mount {
    /// The guest's own.
    Tmp(Tmp),
    /// One of the host.
    Granted { dir: Arc<Dir>, access: FolderAccess },
    /// The package of its function.
    Task(Task),
    /// What is not there while a function is imported for its state; whoever turns to it is noted.
    Noted(Arc<Vitals>),
}

impl Mount {
    /// Does something in the folder itself.
    pub(super) fn with_root<T>(&self, act: impl FnOnce(&Dir) -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Tmp(tmp) => act(tmp.folder()?.dir()),
            Self::Granted { dir, .. } => act(dir),
            Self::Task(_) => Err(Errno::ROFS.into()),
            Self::Noted(vitals) => {
                vitals.note_turn_to("/tmp");
                Err(Errno::ACCESS.into())
            }
        }
    }

    /// The package of a function, which is there already.
    #[cfg(any(test, feature = "compiler"))]
    pub(in crate::sandbox) fn task(sources: Sources) -> Self {
        Self::Task(Task::of(sources))
    }

    /// The package of a function, which `load` gives when it is first looked at. It may block.
    pub(in crate::sandbox) fn task_from(
        load: impl Fn() -> io::Result<Arc<Sources>> + Send + Sync + 'static,
    ) -> Self {
        Self::Task(Task::from(load))
    }

    /// The function's package, where this is it.
    pub(super) fn package(&self) -> Option<&Task> {
        match self {
            Self::Task(task) => Some(task),
            Self::Tmp(_) | Self::Granted { .. } | Self::Noted(_) => None,
        }
    }

    /// The guest's own folder, where this is it.
    pub(super) fn tmp(&self) -> Option<&Tmp> {
        match self {
            Self::Tmp(tmp) => Some(tmp),
            Self::Granted { .. } | Self::Task(_) | Self::Noted(_) => None,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        match self {
            Self::Tmp(_) | Self::Noted(_) => true,
            Self::Granted { access, .. } => *access == FolderAccess::ReadWrite,
            Self::Task(_) => false,
        }
    }

    pub(super) fn check_writable(&self) -> io::Result<()> {
        match self.is_writable() {
            true => Ok(()),
            false => Err(Errno::ROFS.into()),
        }
    }
}
