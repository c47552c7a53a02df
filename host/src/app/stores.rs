//! The one place where what a host keeps is opened.

use std::fmt;
#[cfg(feature = "storage")]
use std::path::PathBuf;
use std::sync::Arc;

use super::HostConfig;
use crate::catalog::{Journal, MemoryJournal};
use crate::events::{EventLog, MemoryEventLog};
use crate::logs::LogKeeper;
#[cfg(feature = "storage")]
use crate::storage::DataDir;
use crate::storage::{ArtifactStore, Content, Leases, MemoryContent, MemoryLeases, TmpFolders};

/// Where functions are kept.
#[derive(Clone, Debug, Default)]
pub enum Storage {
    /// In memory: gone when the host is.
    #[default]
    Ephemeral,
    /// In a directory, which is created if it is missing. One host at a time may use it.
    #[cfg(feature = "storage")]
    DataDir(PathBuf),
}

/// What a host keeps and may share with others; what it could make again, it keeps for itself.
#[derive(Clone)]
pub(crate) struct Stores {
    /// Functions.
    pub(crate) journal: Arc<dyn Journal>,
    /// Asynchronous events that were accepted.
    pub(crate) events: Arc<dyn EventLog>,
    /// Packages of functions.
    pub(crate) content: Arc<dyn Content>,
    /// Who may do what alone.
    pub(crate) leases: Arc<dyn Leases>,
}

impl Stores {
    /// Stores in memory.
    pub(crate) fn in_memory() -> Self {
        Self {
            journal: Arc::new(MemoryJournal::default()),
            events: Arc::new(MemoryEventLog::default()),
            content: Arc::new(MemoryContent::default()),
            leases: Arc::new(MemoryLeases::default()),
        }
    }
}

/// The storage, opened.
pub(super) struct Opened {
    pub(super) stores: Stores,
    /// The directory that it is in, where it is in one.
    #[cfg(feature = "storage")]
    pub(super) data_dir: Option<DataDir>,
    /// Compiled code stays with the host that compiled it: it fits that one's engine and processor, it can be
    /// made again at any time, and a host runs no machine code that another wrote.
    pub(super) artifacts: Arc<ArtifactStore>,
    pub(super) logs: Arc<LogKeeper>,
    pub(super) tmp: TmpFolders,
    /// What of that may take memory outside of this process, in bytes.
    pub(super) memory_bytes: u64,
}

impl Opened {
    /// Opens the storage that `config` names, and takes `tmp` for temporary files where it is in memory; an error
    /// says what to do about it. Blocks.
    pub(super) fn of(config: &HostConfig, tmp: Option<TmpFolders>) -> Result<Self, String> {
        match &config.storage {
            Storage::Ephemeral => Self::around(Stores::in_memory(), tmp),
            #[cfg(feature = "storage")]
            Storage::DataDir(path) => Self::in_dir(path, config),
        }
    }

    fn around(stores: Stores, tmp: Option<TmpFolders>) -> Result<Self, String> {
        Ok(Self {
            stores,
            #[cfg(feature = "storage")]
            data_dir: None,
            artifacts: Arc::new(ArtifactStore::in_memory()),
            logs: Arc::new(LogKeeper::in_memory().map_err(text)?),
            tmp: tmp.unwrap_or_else(TmpFolders::in_system_folder),
            memory_bytes: 0,
        })
    }
}

pub(super) fn text(error: impl fmt::Display) -> String {
    error.to_string()
}
