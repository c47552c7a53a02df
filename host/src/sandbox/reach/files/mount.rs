//! A folder that a guest begins its paths in.

use std::io;
use std::sync::Arc;

use cap_std::fs::Dir;
use rustix::io::Errno;

use super::tmp::Tmp;
use crate::domain::FolderAccess;

/// Such a folder. What lies in two of them has nothing to do with each other.
pub(in crate::sandbox) enum Mount {
    /// The guest's own.
    Tmp(Tmp),
    /// One of the host.
    Granted { dir: Arc<Dir>, access: FolderAccess },
}

impl Mount {
    /// Does something in the folder itself.
    pub(super) fn with_root<T>(&self, act: impl FnOnce(&Dir) -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Tmp(tmp) => act(tmp.folder()?.dir()),
            Self::Granted { dir, .. } => act(dir),
        }
    }

    /// The guest's own folder, where this is it.
    pub(super) fn tmp(&self) -> Option<&Tmp> {
        match self {
            Self::Tmp(tmp) => Some(tmp),
            Self::Granted { .. } => None,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        match self {
            Self::Tmp(_) => true,
            Self::Granted { access, .. } => *access == FolderAccess::ReadWrite,
        }
    }

    pub(super) fn check_writable(&self) -> io::Result<()> {
        match self.is_writable() {
            true => Ok(()),
            false => Err(Errno::ROFS.into()),
        }
    }
}
