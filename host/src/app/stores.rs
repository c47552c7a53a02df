//! The one place where what a host keeps is opened.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::{Journal, MemoryJournal, SqliteJournal};
use crate::domain::Account;
use crate::events::{EventLog, MemoryEventLog, SqliteEventLog};
use crate::logs::LogKeeper;
use crate::storage::{
    ArtifactStore, Content, ContentFiles, DataDir, Leases, MemoryContent, MemoryLeases,
    PACKAGES_FOLDER, TmpFolders,
};

/// Where functions are kept.
#[derive(Clone, Debug, Default)]
pub enum Storage {
    /// In memory: gone when the host is.
    #[default]
    Ephemeral,
    /// In a directory, which is created if it is missing. One host at a time may use it.
    DataDir(PathBuf),
    /// In stores that were opened before, and that other hosts may share.
    Shared(Stores),
}

/// What a host keeps and may share with others; what it could make again, it keeps for itself.
#[derive(Clone)]
pub struct Stores {
    /// Functions.
    pub journal: Arc<dyn Journal>,
    /// Asynchronous events that were accepted.
    pub events: Arc<dyn EventLog>,
    /// Packages of functions.
    pub content: Arc<dyn Content>,
    /// Who may do what alone.
    pub leases: Arc<dyn Leases>,
}

impl Stores {
    /// Stores in memory.
    pub fn in_memory() -> Self {
        Self {
            journal: Arc::new(MemoryJournal::default()),
            events: Arc::new(MemoryEventLog::default()),
            content: Arc::new(MemoryContent::default()),
            leases: Arc::new(MemoryLeases::default()),
        }
    }

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

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stores")
    }
}

/// The storage, opened.
pub(super) struct Opened {
    pub(super) stores: Stores,
    pub(super) data_dir: Option<Arc<DataDir>>,
    /// Compiled code stays with the host that compiled it: it fits that one's engine and processor, it can be
    /// made again at any time, and a host runs no machine code that another wrote.
    pub(super) artifacts: Arc<ArtifactStore>,
    pub(super) logs: Arc<LogKeeper>,
    pub(super) tmp: TmpFolders,
}

impl Opened {
    /// Opens the storage of a host that plays `account`; an error says what to do about it. Blocks.
    pub(super) fn of(storage: &Storage, account: &Account) -> Result<Self, String> {
        match storage {
            Storage::Ephemeral => Self::around(Stores::in_memory()),
            Storage::Shared(stores) => Self::around(stores.clone()),
            Storage::DataDir(path) => Self::in_dir(path, account),
        }
    }

    fn around(stores: Stores) -> Result<Self, String> {
        Ok(Self {
            stores,
            data_dir: None,
            artifacts: Arc::new(ArtifactStore::in_memory()),
            logs: Arc::new(LogKeeper::in_memory().map_err(text)?),
            tmp: TmpFolders::in_system_folder(),
        })
    }

    fn in_dir(path: &Path, account: &Account) -> Result<Self, String> {
        let data_dir = DataDir::open(path).map_err(text)?;
        Ok(Self {
            stores: Stores::in_dir(&data_dir, account)?,
            artifacts: Arc::new(ArtifactStore::in_dir(&data_dir).map_err(text)?),
            logs: Arc::new(LogKeeper::in_dir(&data_dir).map_err(text)?),
            tmp: TmpFolders::in_dir(&data_dir).map_err(text)?,
            data_dir: Some(Arc::new(data_dir)),
        })
    }
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}
