//! SQLite databases of the data directory, opened with suspicion.
//!
//! Write-ahead log, synced at every commit: a change that returned is on disk, one that did not is not
//! there at all. SQLite opens files by path, and makes others beside them, so it cannot be given the
//! handle of the data directory; it gets the path of the directory that is locked, checked to lead there,
//! and is told to follow no symbolic link.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, ffi};

use super::disk::PAGE_BYTES;
use super::{DataDir, StorageError};
use crate::limits::CATALOG_CHECK_BYTES_MAX;

/// What one database is, and how sentences speak of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseKind {
    /// Its name in the data directory.
    pub(crate) file: &'static str,
    /// Such as `catalog`.
    pub(crate) name: &'static str,
    /// What tells it from other databases.
    pub(crate) application_id: i64,
    /// The `n`th makes schema `n + 1` of schema `n`. One that was released never changes.
    pub(crate) migrations: &'static [Migration],
    /// Pages of its log, after which they are copied into the database, which costs two syncs more. Fewer where
    /// the data directory is small.
    pub(crate) wal_pages_max: u64,
    /// What a start is like after a damaged one was moved away, such as `without functions`.
    pub(crate) without_it: &'static str,
}

/// A step from one schema to the next, made whole or not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// What is done first.
    pub(crate) sql: &'static str,
    /// What SQL cannot say, where there is any.
    pub(crate) then: Option<fn(&Transaction<'_>) -> rusqlite::Result<()>>,
}

impl Migration {
    pub(crate) const fn of(sql: &'static str) -> Self {
        Self { sql, then: None }
    }
}

/// Why a database cannot be used.
pub(crate) enum Problem {
    /// SQLite's words, or ours in their place.
    Damaged(String),
    /// It holds something else.
    Foreign,
    /// A newer host wrote it.
    Newer {
        /// What it was written with.
        schema: usize,
    },
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl DatabaseKind {
    /// Opens the database of `data_dir`, and creates it where there is none.
    ///
    /// # Errors
    /// When it is damaged, is not ours or was written by a newer host; it is then left as it is.
    pub(crate) fn open(&self, data_dir: &DataDir) -> Result<(Connection, PathBuf), StorageError> {
        if data_dir.file_bytes(self.file)?.is_none() {
            data_dir.create_by_path(self.file, |path| self.create(path))?;
        }
        let path = data_dir.path_of(self.file)?;
        let must_check = self.must_check(data_dir)?;
        let wal_pages = data_dir.disk().shares().wal_pages(self.wal_pages_max);
        let opened = self.open_checked(&path, must_check).and_then(|connection| {
            bound_wal(&connection, wal_pages)?;
            Ok(connection)
        });
        match opened {
            Ok(connection) => Ok((connection, path)),
            Err(problem) => Err(self.sentence(problem, &path)),
        }
    }

    /// What whoever starts a host is told of a problem with the database at `path`.
    pub(crate) fn sentence(&self, problem: Problem, path: &Path) -> StorageError {
        let Self {
            name,
            file,
            without_it,
            ..
        } = self;
        let path = path.display();
        let known = self.migrations.len();
        StorageError::of(match problem {
            Problem::Damaged(reason) => format!(
                "the {name} {path} is damaged or cannot be read: {reason}. Nothing was changed: restore \
                 it from a backup, or move it away (with the files {file}-wal and {file}-shm) to start \
                 {without_it}"
            ),
            Problem::Foreign => format!(
                "{path} is an SQLite database, but not a {name} of Sparkler; choose another directory \
                 with --data-dir"
            ),
            Problem::Newer { schema } => format!(
                "the {name} {path} was written by a newer Sparkler (schema {schema}, this one knows \
                 {known}); start that one, or choose another directory with --data-dir"
            ),
        })
    }

    /// A new database is made aside and gets its name when it is whole. So an empty file under that
    /// name is damage, and is never taken for a new database.
    fn create(&self, path: &Path) -> Result<(), StorageError> {
        let make = || -> rusqlite::Result<()> {
            let mut connection = connect(path)?;
            self.migrate(&mut connection, 0)?;
            connection.close().map_err(|(_, error)| error)
        };
        make().map_err(|error| {
            let path = path.display();
            StorageError::of(format!(
                "the {} {path} could not be created: {error}",
                self.name
            ))
        })
    }

    fn open_checked(&self, path: &Path, must_check: bool) -> Result<Connection, Problem> {
        let mut connection = connect(path)?;
        let schema = self.schema(&connection)?;
        if must_check {
            check(&connection)?;
        }
        if schema > self.migrations.len() {
            return Err(Problem::Newer { schema });
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        self.migrate(&mut connection, schema)?;
        Ok(connection)
    }

    /// SQLite removes its log at a clean stop, so one that is there tells of another kind of stop.
    fn must_check(&self, data_dir: &DataDir) -> Result<bool, StorageError> {
        let log_bytes = data_dir.file_bytes(&format!("{}-wal", self.file))?;
        let bytes = data_dir.file_bytes(self.file)?.unwrap_or(0);
        Ok(log_bytes.is_some_and(|bytes| bytes > 0) || bytes <= CATALOG_CHECK_BYTES_MAX)
    }

    /// The schema of an existing database.
    fn schema(&self, connection: &Connection) -> Result<usize, Problem> {
        let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        match usize::try_from(version) {
            _ if tables == 0 => Err(Problem::Damaged("the file holds no tables".into())),
            Ok(version) if id == self.application_id && version > 0 => Ok(version),
            _ => Err(Problem::Foreign),
        }
    }

    /// Brings schema `from` to the newest, one transaction a step.
    fn migrate(&self, connection: &mut Connection, from: usize) -> rusqlite::Result<()> {
        for (index, migration) in self.migrations.iter().enumerate().skip(from) {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            self.step(&transaction, migration, index + 1)?;
            transaction.commit()?;
        }
        Ok(())
    }

    fn step(
        &self,
        transaction: &Transaction<'_>,
        migration: &Migration,
        to: usize,
    ) -> rusqlite::Result<()> {
        transaction.execute_batch(migration.sql)?;
        if let Some(then) = migration.then {
            then(transaction)?;
        }
        transaction.pragma_update(None, "application_id", self.application_id)?;
        transaction.pragma_update(None, "user_version", i64::try_from(to).unwrap_or(i64::MAX))
    }
}

/// One more connection to a database that is open.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE,
    )?;
    set_up(&connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "trusted_schema", false)?;
    // What it sets aside while it works would lie in folders that a host may not have, and hold other people's data.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is removed, or replaced by what is sealed, does not stay in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// A transaction may be larger than that; the log is cut again when its pages were copied.
fn bound_wal(connection: &Connection, pages: u64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", pages)?;
    connection.pragma_update(None, "journal_size_limit", pages * PAGE_BYTES)
}

/// Makes a change, and once more with what is set aside in `data_dir` where it could not be written for want of
/// room. For what ends something that was begun, or removes something: whatever begins something asks for room
/// first, and finds none.
pub(crate) fn with_reserve<T>(
    data_dir: &DataDir,
    mut change: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    match change() {
        Err(error) if is_for_want_of_room(&error) => {
            tracing::warn!(
                data_dir = %data_dir.path().display(), %error,
                "the disk is full: a change is written with what is set aside for that"
            );
            let _lent = data_dir.disk().reserve();
            change()
        }
        changed => changed,
    }
}

/// Whether a change failed for want of room. Not every file system says so in the same way.
pub(crate) fn is_for_want_of_room(error: &rusqlite::Error) -> bool {
    const WHILE_WRITING: [i32; 4] = [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_SHMMAP,
    ];
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull || WHILE_WRITING.contains(&error.extended_code)
    })
}

fn check(connection: &Connection) -> Result<(), Problem> {
    let mut statement = connection.prepare("PRAGMA quick_check(1)")?;
    let finding: String = statement.query_row([], |row| row.get(0))?;
    match finding.as_str() {
        "ok" => Ok(()),
        _ => Err(Problem::Damaged(finding.replace('\n', " "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn a_change_on_a_full_disk_is_made_with_what_is_set_aside() {
        let temp = tempfile::tempdir().expect("a folder");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let reserve = temp.path().join("reserve");
        data_dir.disk().figures();
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHMSIZE,
        ] {
            assert!(reserve.exists());
            let made = with_reserve(&data_dir, || match reserve.exists() {
                true => Err(failed(code)),
                false => Ok(7),
            });
            assert_eq!(made, Ok(7));
            // Whoever looks next sets it aside again.
            data_dir.disk().figures();
        }
        let mut tries = 0;
        let made = with_reserve(&data_dir, || -> rusqlite::Result<()> {
            tries += 1;
            Err(failed(ffi::SQLITE_CORRUPT))
        });
        assert_eq!((made, tries), (Err(failed(ffi::SQLITE_CORRUPT)), 1));
        assert!(reserve.exists(), "it would not have helped");
    }
}
