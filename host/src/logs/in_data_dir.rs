//! Logs in a data directory.

use super::LogKeeper;
use super::archive::{Archive, Bounds};
use super::medium::Medium;
use crate::domain::AccountId;
use crate::limits;
use crate::storage::{DataDir, LogFile, LogFiles, StorageError};

impl LogKeeper {
    /// Logs in the folder `logs` of `data_dir`. What is there already is looked through by the thread
    /// that writes, so that nobody waits for it who does not want to read.
    ///
    /// # Errors
    /// When the folder cannot be created, or the system refuses the thread.
    pub fn in_dir(data_dir: &DataDir) -> Result<Self, StorageError> {
        Self::in_files(LogFiles::open(data_dir)?)
    }

    /// The same, for logs of another account than the host's own, which have a folder of their own.
    ///
    /// # Errors
    /// Those of [`in_dir`](Self::in_dir).
    pub fn of_account_in_dir(
        data_dir: &DataDir,
        account: &AccountId,
    ) -> Result<Self, StorageError> {
        Self::in_files(LogFiles::of_account(data_dir, account)?)
    }

    fn in_files(files: LogFiles) -> Result<Self, StorageError> {
        let bounds = Bounds::on_disk(files.bytes_max());
        Self::start(Archive::new(Box::new(files), bounds))
    }
}

impl Bounds {
    /// Where all logs may take so many bytes: a group takes half of them at most, and has a few segments.
    pub(super) fn on_disk(total_bytes_max: u64) -> Self {
        let group_bytes_max = limits::LOG_GROUP_BYTES_MAX.min(total_bytes_max / 2);
        let segment_bytes = (group_bytes_max / 4).max(limits::MEMORY_LOG_SEGMENT_BYTES);
        Self {
            segment_bytes: limits::LOG_SEGMENT_BYTES.min(segment_bytes),
            group_bytes_max,
            total_bytes_max,
            age_max: limits::LOG_AGE_MAX,
        }
    }
}

impl Medium for LogFiles {
    fn list(&self) -> Result<Vec<LogFile>, StorageError> {
        self.list()
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.append(name, bytes)
    }

    fn read(&self, name: &str, offset: u64, bytes_max: usize) -> Result<Vec<u8>, StorageError> {
        self.read(name, offset, bytes_max)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.remove(name)
    }
}
