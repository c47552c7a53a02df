//! A file that is either wholly there under its name, or not at all.

use std::io::Write;

use cap_std::fs::File;

use super::StorageError;
use super::folder::Folder;

/// A file that is being written, and that is gone if it is dropped.
pub(super) struct StagedFile {
    staging: Folder,
    name: String,
    file: File,
    is_committed: bool,
}

impl StagedFile {
    /// `staging` is on the same file system as where the file is to go.
    pub(super) fn create(staging: Folder, name: String) -> Result<Self, StorageError> {
        let file = staging.create_file(&name)?;
        Ok(Self {
            staging,
            name,
            file,
            is_committed: false,
        })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.file
            .write_all(bytes)
            .map_err(|error| self.staging.failed("write", &self.name, &error))
    }

    /// The file itself, to change what is not its content.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Returns when the file is durable as `name` in `folder`, in the place of what was there.
    pub(super) fn commit(self, folder: &Folder, name: &str) -> Result<(), StorageError> {
        self.sync()?.commit(folder, name)
    }

    /// Returns when the content is durable, so that only the name is left to be given.
    pub(super) fn sync(self) -> Result<SyncedFile, StorageError> {
        match self.file.sync_all() {
            Ok(()) => Ok(SyncedFile(self)),
            Err(error) => Err(self.staging.failed("write", &self.name, &error)),
        }
    }
}

/// A file whose content is durable, and that is gone if it is dropped.
pub(super) struct SyncedFile(StagedFile);

impl SyncedFile {
    /// Returns when the file is durable as `name` in `folder`, in the place of what was there.
    pub(super) fn commit(mut self, folder: &Folder, name: &str) -> Result<(), StorageError> {
        let staged = &mut self.0;
        staged
            .staging
            .dir()
            .rename(&staged.name, folder.dir(), name)
            .map_err(|error| folder.failed("write", name, &error))?;
        staged.is_committed = true;
        folder.sync()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.is_committed {
            // What stays behind is removed when the data directory is opened next.
            let _ = self.staging.remove_file(&self.name);
        }
    }
}
