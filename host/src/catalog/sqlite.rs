//! The catalog in an SQLite database, the file `catalog.db` of the data directory.
//!
//! Write-ahead log, synced at every commit: a change that returned is on disk, one that did not is not
//! there at all. SQLite opens files by path, and makes others beside them, so it cannot be given the
//! handle of the data directory; it gets the path of the directory that is locked, checked to lead there,
//! and is told to follow no symbolic link.

mod columns;
mod read;
mod schema;
mod write;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::{Journal, JournalError};
use crate::domain::FunctionName;
use crate::domain::FunctionRecord;
use crate::limits::CATALOG_CHECK_BYTES_MAX;
use crate::storage::{ContentStore, DataDir, PACKAGES_FOLDER, StorageError};

const FILE: &str = "catalog.db";

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
            data_dir.create_by_path(FILE, create)?;
        }
        let path = data_dir.path_of(FILE)?;
        let must_check = must_check(data_dir)?;
        let connection = open(&path, must_check).map_err(|problem| problem.sentence(&path))?;
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
        read::load(&self.connection()).map_err(|error| Problem::from(error).sentence(&self.path))
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

/// Why a database cannot be used.
enum Problem {
    /// SQLite's words, or ours in their place.
    Damaged(String),
    /// It holds something else.
    Foreign,
    /// A newer host wrote it.
    Newer { schema: usize },
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl Problem {
    fn sentence(&self, path: &Path) -> JournalError {
        let path = path.display();
        let known = schema::MIGRATIONS.len();
        JournalError(match self {
            Self::Damaged(reason) => format!(
                "the catalog {path} is damaged or cannot be read: {reason}. Nothing was changed: restore \
                 it from a backup, or move it away (with the files {FILE}-wal and {FILE}-shm) to start \
                 without functions; their packages are kept"
            ),
            Self::Foreign => format!(
                "{path} is an SQLite database, but not a catalog of Sparkler; choose another directory \
                 with --data-dir"
            ),
            Self::Newer { schema } => format!(
                "the catalog {path} was written by a newer Sparkler (schema {schema}, this one knows \
                 {known}); start that one, or choose another directory with --data-dir"
            ),
        })
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

/// A new database is made aside and gets its name when it is whole. So an empty file under that name is
/// damage, and is never taken for a new catalog.
fn create(path: &Path) -> Result<(), JournalError> {
    let make = || -> rusqlite::Result<()> {
        let mut connection = connect(path)?;
        schema::migrate(&mut connection, 0)?;
        connection.close().map_err(|(_, error)| error)
    };
    make().map_err(|error| {
        let path = path.display();
        JournalError(format!("the catalog {path} could not be created: {error}"))
    })
}

fn open(path: &Path, must_check: bool) -> Result<Connection, Problem> {
    let mut connection = connect(path)?;
    let schema = schema::version(&connection)?;
    if must_check {
        check(&connection)?;
    }
    if schema > schema::MIGRATIONS.len() {
        return Err(Problem::Newer { schema });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    schema::migrate(&mut connection, schema)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE,
    )?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// SQLite removes its log at a clean stop, so one that is there tells of another kind of stop.
fn must_check(data_dir: &DataDir) -> Result<bool, StorageError> {
    let log_bytes = data_dir.file_bytes(&format!("{FILE}-wal"))?;
    let bytes = data_dir.file_bytes(FILE)?.unwrap_or(0);
    Ok(log_bytes.is_some_and(|bytes| bytes > 0) || bytes <= CATALOG_CHECK_BYTES_MAX)
}

fn check(connection: &Connection) -> Result<(), Problem> {
    let mut statement = connection.prepare("PRAGMA quick_check(1)")?;
    let finding: String = statement.query_row([], |row| row.get(0))?;
    match finding.as_str() {
        "ok" => Ok(()),
        _ => Err(Problem::Damaged(finding.replace('\n', " "))),
    }
}
