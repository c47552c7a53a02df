//! The catalog in an SQLite database, the file `catalog.db` of the data directory.
//!
//! One row a function, and one transaction a change.

mod columns;
mod read;
mod schema;
mod write;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{Journal, JournalError};
use crate::domain::FunctionName;
use crate::domain::FunctionRecord;
use crate::storage::{ContentStore, DataDir, DatabaseKind, PACKAGES_FOLDER, StorageError};

const FILE: &str = "catalog.db";

const DATABASE: DatabaseKind = DatabaseKind {
    file: FILE,
    name: "catalog",
    application_id: schema::APPLICATION_ID,
    migrations: schema::MIGRATIONS,
    without_it: "without functions; their packages are kept",
};

/// Functions and their versions in SQLite.
pub struct SqliteJournal {
    connection: Mutex<Connection>,
    path: PathBuf,
    /// Keeps the lock for as long as the database is open.
    _data_dir: DataDir,
}

impl SqliteJournal {
    /// Opens the database of `data_dir`, and creates it where there is none.
    ///
    /// # Errors
    /// When it is damaged, is not ours or was written by a newer host; it is then left as it is.
    pub fn open(data_dir: &DataDir) -> Result<Self, JournalError> {
        if data_dir.file_bytes(FILE)?.is_none() {
            keep_packages_of_an_older_catalog(data_dir)?;
        }
        let (connection, path) = DATABASE.open(data_dir)?;
        Ok(Self {
            connection: Mutex::new(connection),
            path,
            _data_dir: data_dir.clone(),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic interrupted was rolled back when it was dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self, result: rusqlite::Result<()>) -> Result<(), JournalError> {
        result.map_err(|error| {
            let path = self.path.display();
            JournalError(format!("the catalog {path} could not be written: {error}"))
        })
    }
}

impl Journal for SqliteJournal {
    fn load(&self) -> Result<Vec<FunctionRecord>, JournalError> {
        read::load(&self.connection())
            .map_err(|error| DATABASE.sentence(error.into(), &self.path).into())
    }

    fn put(
        &self,
        before: Option<&FunctionRecord>,
        after: &FunctionRecord,
    ) -> Result<(), JournalError> {
        self.written(write::put(&mut self.connection(), before, after))
    }

    fn remove(&self, name: &FunctionName) -> Result<(), JournalError> {
        self.written(write::remove(&self.connection(), name))
    }
}

impl From<StorageError> for JournalError {
    fn from(error: StorageError) -> Self {
        Self(error.0)
    }
}

/// Packages without a catalog belong to one that was moved away: it may be mended and put back. The mark
/// outlasts this start, after which the new catalog would look like any other.
fn keep_packages_of_an_older_catalog(data_dir: &DataDir) -> Result<(), StorageError> {
    let packages = ContentStore::in_dir(data_dir, PACKAGES_FOLDER)?;
    match packages.digests()?.is_empty() {
        true => Ok(()),
        false => packages.keep_orphans(),
    }
}
