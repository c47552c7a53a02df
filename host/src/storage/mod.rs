//! Bytes at rest: the data directory, the content that is addressed by its digest, and compiled
//! artifacts; and who may do what alone.
//!
//! What stands behind a trait waits without blocking; all else here blocks. Everything on disk goes through the
//! handle of the locked data directory: no name, whoever made it, leads out of it.

mod artifact_store;
mod content;
#[cfg(feature = "storage")]
mod content_files;
mod content_memory;
#[cfg(feature = "storage")]
mod data_dir;
#[cfg(feature = "storage")]
mod database;
#[cfg(feature = "storage")]
mod disk;
mod emptying;
mod file_system;
#[cfg(feature = "storage")]
mod folder;
#[cfg(all(test, feature = "storage"))]
pub(crate) mod in_tests;
#[cfg(feature = "storage")]
mod layout;
mod leases;
mod leases_memory;
mod log_file;
#[cfg(feature = "storage")]
mod log_files;
mod no_room;
mod promise;
#[cfg(feature = "storage")]
mod staged_file;
mod tmp_folders;

use std::future::Future;
use std::pin::Pin;

pub(crate) use artifact_store::{Artifact, ArtifactStore, LoadedCode};
pub(crate) use content::Content;
#[cfg(feature = "storage")]
pub(crate) use content_files::ContentFiles;
pub(crate) use content_memory::MemoryContent;
#[cfg(feature = "storage")]
pub(crate) use data_dir::DataDir;
#[cfg(feature = "storage")]
pub(crate) use database::{
    DatabaseKind, Migration, Problem, connect, is_for_want_of_room, with_reserve,
};
#[cfg(feature = "storage")]
pub(crate) use disk::{Disk, Shares};
#[cfg(feature = "storage")]
pub(crate) use layout::PACKAGES_FOLDER;
pub(crate) use leases::{Held, Leases};
pub(crate) use leases_memory::MemoryLeases;
pub(crate) use log_file::LogFile;
#[cfg(feature = "storage")]
pub(crate) use log_files::LogFiles;
pub(crate) use no_room::{DISK_FULL, NoRoom};
pub(crate) use promise::Promise;
pub(crate) use tmp_folders::{TmpFolder, TmpFolders};

/// What an implementation of a store gives, which waits without blocking.
pub(crate) type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Content could not be read or written; the text says what and why.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct StorageError {
    text: String,
    /// Whether there was no room for it.
    is_for_want_of_room: bool,
}

impl From<NoRoom> for StorageError {
    fn from(NoRoom(text): NoRoom) -> Self {
        Self {
            text,
            is_for_want_of_room: true,
        }
    }
}

impl StorageError {
    /// With a sentence of the caller's.
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_for_want_of_room: false,
        }
    }

    /// Whether the disk is full, or what this user may have of it.
    pub(crate) fn is_for_want_of_room(&self) -> bool {
        self.is_for_want_of_room
    }

    /// `doing` is what failed, such as "could not write X".
    fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let is_for_want_of_room = matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded
        );
        let way_out = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "; give this user the right to write there, or choose another directory with --data-dir"
            }
            _ if is_for_want_of_room => {
                "; make room there, or choose another directory with --data-dir"
            }
            _ => "",
        };
        Self {
            text: format!("{doing}: {error}{way_out}"),
            is_for_want_of_room,
        }
    }
}
