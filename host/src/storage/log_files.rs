//! The files that logs are kept in: appended to, read in pieces, removed as a whole.
//!
//! A file is opened for each of these and closed again, so that logs of many groups do not use up the
//! descriptors of the process. Nothing is synced: a log may lose its last moments with the machine.

use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use cap_std::fs::{OpenOptions, OpenOptionsExt as _};

use super::folder::Folder;
use super::log_file::LogFile;
use super::{DataDir, StorageError};
use crate::domain::{AccountId, DataPart};
use crate::limits::ACCOUNT_SHARES;

const LOGS_FOLDER: &str = "logs";

/// The folder `logs` of a data directory, or that of another account than the host's own.
pub(crate) struct LogFiles {
    folder: Folder,
    /// What all of them may take.
    bytes_max: u64,
    /// Its lock is kept for as long as anything is written here.
    data_dir: DataDir,
}

impl LogFiles {
    /// Opens the folder, and creates it where it is missing.
    ///
    /// # Errors
    /// When it cannot be created or opened.
    pub(crate) fn open(data_dir: &DataDir) -> Result<Self, StorageError> {
        let bytes_max = data_dir.disk().shares().log_bytes_max();
        Self::in_folder(data_dir, LOGS_FOLDER, bytes_max)
    }

    /// The same, for logs of another account than the host's own.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub(crate) fn of_account(
        data_dir: &DataDir,
        account: &AccountId,
    ) -> Result<Self, StorageError> {
        let bytes_max = data_dir.disk().shares().log_bytes_max() / ACCOUNT_SHARES;
        Self::in_folder(data_dir, &format!("{LOGS_FOLDER}.{account}"), bytes_max)
    }

    fn in_folder(data_dir: &DataDir, name: &str, bytes_max: u64) -> Result<Self, StorageError> {
        let files = Self {
            folder: data_dir.folder(name)?,
            bytes_max,
            data_dir: data_dir.clone(),
        };
        for file in files.list()? {
            data_dir.disk().added(DataPart::Logs, file.bytes);
        }
        Ok(files)
    }

    /// What of the data directory all of them may take.
    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// All files, in no order.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn list(&self) -> Result<Vec<LogFile>, StorageError> {
        let names = self.folder.file_names()?;
        let files = names.into_iter().map(|name| self.look_at(name));
        files.filter_map(Result::transpose).collect()
    }

    fn look_at(&self, name: String) -> Result<Option<LogFile>, StorageError> {
        let failed = |error: &io::Error| self.folder.failed("look at", &name, error);
        let metadata = match self.folder.dir().symlink_metadata(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(|error| failed(&error))?,
        };
        let modified = metadata.modified().map_err(|error| failed(&error))?;
        Ok(Some(LogFile {
            bytes: metadata.len(),
            modified: modified.into_std(),
            name,
        }))
    }

    /// Appends `bytes` to the file `name`, which is made if it is missing.
    ///
    /// # Errors
    /// When the disk is nearly full: what is left of it is not for logs. When it fails; a part of `bytes` may then
    /// be there.
    pub(crate) fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let disk = self.data_dir.disk();
        // Logs keep to their share of the budget, since the oldest go.
        disk.log_room(bytes.len() as u64)?;
        let before = self.folder.file_bytes(name)?.unwrap_or(0);
        let appended = self.write(name, bytes);
        let after = self.folder.file_bytes(name)?.unwrap_or(0);
        disk.grown(DataPart::Logs, before, after);
        appended
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        self.folder
            .dir()
            .open_with(name, &options)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|error| self.folder.failed("write", name, &error))
    }

    /// At most `bytes_max` bytes of the file `name` from `offset` on; fewer at its end, and none where
    /// there is no such file.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn read(
        &self,
        name: &str,
        offset: u64,
        bytes_max: usize,
    ) -> Result<Vec<u8>, StorageError> {
        let Some(file) = self.folder.open_file(name)? else {
            return Ok(Vec::new());
        };
        let file = file.into_std();
        let failed = |error: io::Error| self.folder.failed("read", name, &error);
        let rest = file
            .metadata()
            .map_err(failed)?
            .len()
            .saturating_sub(offset);
        let mut bytes = vec![0; bytes_max.min(usize::try_from(rest).unwrap_or(usize::MAX))];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Removes a file; that there is none is fine.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StorageError> {
        let bytes = self.folder.file_bytes(name)?;
        self.folder.remove_file(name)?;
        if let Some(bytes) = bytes {
            self.data_dir.disk().removed(DataPart::Logs, bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_grow_are_read_in_pieces_and_go() {
        let temp = tempfile::tempdir().expect("a directory");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let files = LogFiles::open(&data_dir).expect("opened");
        files.append("a", b"one ").expect("written");
        files.append("a", b"two").expect("written");
        assert_eq!(files.read("a", 2, 4).expect("read"), b"e tw");
        assert_eq!(files.read("a", 4, 100).expect("read"), b"two");
        assert_eq!(files.read("a", 100, 1).expect("read"), b"");
        assert_eq!(files.read("none", 0, 1).expect("read"), b"");
        let listed = files.list().expect("listed");
        assert_eq!((listed[0].name.as_str(), listed[0].bytes), ("a", 7));
        files.remove("a").expect("removed");
        files.remove("a").expect("gone already");
        assert!(files.list().expect("listed").is_empty());
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let temp = tempfile::tempdir().expect("a directory");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let files = LogFiles::open(&data_dir).expect("opened");
        assert!(files.append("../../outside", b"x").is_err());
        assert!(
            !temp
                .path()
                .parent()
                .expect("a parent")
                .join("outside")
                .exists()
        );
    }
}
