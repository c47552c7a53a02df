//! What a host keeps in a data directory.

use std::path::Path;
use std::sync::Arc;

use super::HostConfig;
use super::stores::{Opened, Stores, text};
use crate::catalog::SqliteJournal;
use crate::domain::Account;
use crate::events::SqliteEventLog;
use crate::logs::LogKeeper;
use crate::sandbox::data_memory_bytes_max;
use crate::storage::{
    ArtifactStore, ContentFiles, DataDir, MemoryLeases, PACKAGES_FOLDER, TmpFolders,
};

impl Stores {
    /// Stores in a data directory. Its lock keeps other processes out, so that its leases are those of this one.
    fn in_dir(data_dir: &DataDir, account: &Account) -> Result<Self, String> {
        let content = ContentFiles::in_dir(data_dir, PACKAGES_FOLDER).map_err(text)?;
        if !SqliteJournal::exists(data_dir).map_err(text)? {
            // Packages without a catalog belong to one that was moved away: it may be mended and put back. The
            // mark outlasts this start, after which the new catalog would look like any other.
            content.keep_orphans().map_err(text)?;
        }
        let journal = SqliteJournal::open(data_dir, &account.owner()).map_err(text)?;
        Ok(Self {
            journal: Arc::new(journal),
            events: Arc::new(SqliteEventLog::open(data_dir, account).map_err(text)?),
            content: Arc::new(content),
            leases: Arc::new(MemoryLeases::default()),
        })
    }
}

impl Opened {
    /// Opens the data directory at `path`; an error says what to do about it. Blocks.
    pub(super) fn in_dir(path: &Path, config: &HostConfig) -> Result<Self, String> {
        let memory_bytes_max = data_memory_bytes_max();
        let data_dir = DataDir::within(path, config.data_bytes_max, memory_bytes_max);
        let data_dir = data_dir.map_err(text)?;
        let memory_bytes = data_dir.disk().memory_bytes_max();
        let opened = Self {
            stores: Stores::in_dir(&data_dir, &config.account)?,
            artifacts: Arc::new(ArtifactStore::in_dir(&data_dir).map_err(text)?),
            logs: Arc::new(LogKeeper::in_dir(&data_dir).map_err(text)?),
            tmp: TmpFolders::in_dir(&data_dir).map_err(text)?,
            data_dir: Some(data_dir.clone()),
            memory_bytes,
        };
        data_dir.check_apart_from(&config.folders).map_err(text)?;
        let figures = data_dir.disk().figures();
        tracing::info!(
            bytes = figures.bytes(),
            bytes_max = figures.bytes_max,
            free_bytes = figures.free_bytes,
            free_bytes_min = figures.free_bytes_min,
            "the data directory is open"
        );
        if memory_bytes > 0 {
            tracing::info!(
                bytes = memory_bytes,
                "the data directory lies in memory, of which so much is set aside for it; a folder on a disk leaves \
                 functions that, and --data-max a part of it"
            );
        }
        Ok(opened)
    }
}
