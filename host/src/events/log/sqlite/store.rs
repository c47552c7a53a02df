//! The database: the file `events.db` of the data directory.
//!
//! One connection writes, many changes a transaction; another reads beside it what has left memory.

use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};

use rusqlite::{Connection, params};

use super::change::Change;
use super::read::{self, Found};
use super::schema::DATABASE;
use super::write;
use crate::domain::{FunctionName, Lock};
use crate::events::event::{Event, EventId};
use crate::events::log::index::Posted;
use crate::events::log::{DeliveryId, Filter, Listed, LogBounds, LogError};
use crate::events::message::Message;
use crate::storage::{DataDir, Disk, StorageError, connect, is_for_want_of_room, with_reserve};

/// The database. A clone is another handle.
#[derive(Clone)]
pub(super) struct Store {
    writer: Arc<Lock<Connection>>,
    reader: Arc<Lock<Connection>>,
    path: PathBuf,
    bounds: LogBounds,
    /// Its lock is kept for as long as the database is open.
    data_dir: DataDir,
}

impl Store {
    /// Opens the database of `data_dir`, and creates it where there is none. What was written before
    /// accounts were belongs to `account`.
    pub(super) fn open(
        data_dir: &DataDir,
        account: &str,
        bounds: LogBounds,
    ) -> Result<Self, StorageError> {
        let (writer, path) = DATABASE.open(data_dir)?;
        let set = |error: rusqlite::Error| DATABASE.sentence(error.into(), &path);
        let nobodys = "UPDATE events SET account = ?1 WHERE account = ''";
        writer.execute(nobodys, params![account]).map_err(set)?;
        let reader = connect(&path).map_err(set)?;
        Ok(Self {
            writer: Arc::new(Lock::new(writer)),
            reader: Arc::new(Lock::new(reader)),
            path,
            bounds,
            data_dir: data_dir.clone(),
        })
    }

    /// Makes all changes durable, or none of them.
    pub(super) fn commit<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a Change, IntoIter: Clone>,
    ) -> Result<(), LogError> {
        let (connection, changes) = (&mut lock(&self.writer), changes.into_iter());
        let written = with_reserve(&self.data_dir, || {
            write::commit(connection, changes.clone(), &self.bounds)
        });
        written.map_err(|error| match is_for_want_of_room(&error) {
            true => LogError::NoRoom(self.sentence("written", &error)),
            false => self.failed("written", &error),
        })
    }

    /// How much room the data directory has.
    pub(super) fn disk(&self) -> &Arc<Disk> {
        self.data_dir.disk()
    }

    /// What the database has that nothing is in: events that go there make it no larger.
    pub(super) fn unused_bytes(&self) -> Result<u64, LogError> {
        let number = |name: &str| {
            self.read(|connection| {
                connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0))
            })
        };
        Ok(number("freelist_count")? * number("page_size")?)
    }

    /// What an earlier run left.
    pub(super) fn load(&self) -> Result<Found, StorageError> {
        read::found(&lock(&self.reader))
            .map_err(|error| DATABASE.sentence(error.into(), &self.path))
    }

    /// An event that waits, with its payload.
    pub(super) fn event(&self, id: EventId) -> Result<Option<Event>, LogError> {
        self.read(|connection| read::event(connection, id))
    }

    /// The messages of an event, those included that were given up.
    pub(super) fn messages(&self, id: EventId) -> Result<Vec<Posted>, LogError> {
        self.read(|connection| read::messages(connection, id))
    }

    /// A message that is to be delivered.
    pub(super) fn message(&self, id: DeliveryId) -> Result<Option<Message>, LogError> {
        self.read(|connection| read::message(connection, id))
    }

    /// Up to `limit` events that `filter` wants, in the order of their ids.
    pub(super) fn list(&self, filter: &Filter, limit: usize) -> Result<Vec<Listed>, LogError> {
        self.read(|connection| read::list(connection, filter, limit))
    }

    /// How many dead events an account has, of one function or of all.
    pub(super) fn dead(
        &self,
        account: &str,
        function: Option<&FunctionName>,
    ) -> Result<u64, LogError> {
        self.read(|connection| read::dead(connection, account, function))
    }

    /// Up to `limit` events of an account that died before, the oldest first.
    pub(super) fn dead_before(
        &self,
        account: &str,
        than_ms: u64,
        limit: usize,
    ) -> Result<Vec<EventId>, LogError> {
        self.read(|connection| read::dead_before(connection, account, than_ms, limit))
    }

    /// Whether an event is there and not dead.
    pub(super) fn is_alive(&self, id: EventId) -> Result<bool, LogError> {
        self.read(|connection| read::is_alive(connection, id))
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        read(&lock(&self.reader)).map_err(|error| self.failed("read", &error))
    }

    fn failed(&self, what: &str, error: &rusqlite::Error) -> LogError {
        LogError::Failed(self.sentence(what, error))
    }

    fn sentence(&self, what: &str, error: &rusqlite::Error) -> String {
        let (name, path) = (DATABASE.name, self.path.display());
        format!("the {name} {path} could not be {what}: {error}")
    }

    #[cfg(test)]
    pub(super) fn execute(&self, sql: &str) {
        lock(&self.writer).execute_batch(sql).expect("executed");
    }

    #[cfg(test)]
    pub(super) fn text(&self, sql: &str) -> String {
        let row = lock(&self.writer).query_row(sql, [], |row| row.get(0));
        row.expect("a text")
    }
}

fn lock(connection: &Lock<Connection>) -> MutexGuard<'_, Connection> {
    // A transaction that a panic interrupted was rolled back when it was dropped.
    connection.lock()
}
