//! Bytes at rest: the data directory, the content that is addressed by its digest, and compiled
//! artifacts.
//!
//! Everything here blocks, and everything on disk goes through the handle of the locked data directory:
//! no name, whoever made it, leads out of it.

mod artifact_store;
mod content_store;
mod data_dir;
mod database;
mod emptying;
mod folder;
mod layout;
mod log_files;
mod staged_file;
mod tmp_folders;

pub use artifact_store::{Artifact, ArtifactStore};
pub use content_store::ContentStore;
pub use data_dir::DataDir;
pub(crate) use database::{DatabaseKind, connect};
pub(crate) use layout::PACKAGES_FOLDER;
pub use log_files::{LogFile, LogFiles};
pub use tmp_folders::{TmpFolder, TmpFolders};

/// Content could not be read or written; the text says what and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

impl StorageError {
    /// `doing` is what failed, such as "could not write X".
    fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let way_out = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "; give this user the right to write there, or choose another directory with --data-dir"
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "; make room there, or choose another directory with --data-dir"
            }
            _ => "",
        };
        Self(format!("{doing}: {error}{way_out}"))
    }
}
