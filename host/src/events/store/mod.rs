//! Events in an SQLite database: the file `events.db` of the data directory, or memory.
//!
//! One connection writes, many changes a transaction; another reads beside it what has left memory.

mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

pub use read::Listed;
pub(super) use read::{Filter, Indexed, Outstanding};
use schema::DATABASE;

use super::delivery::Message;
use super::event::{Event, EventId};
use crate::limits::{DEAD_EVENTS_BYTES_MAX, DEAD_EVENTS_IN_MEMORY_BYTES_MAX};
use crate::storage::{DataDir, StorageError, connect};

/// Something could not be written or read; the text says what and why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A change of one event. Changes of one commit become durable together, or not at all.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A new event waits.
    Accept(Event),
    /// The function failed; the event waits for another run.
    Retry { id: EventId, runs: u32, due_ms: u64 },
    /// It has ended, and nobody is to be told.
    Remove(EventId),
    /// It has ended, and these are to be told.
    Deliver {
        id: EventId,
        ending: Ending,
        messages: Vec<Message>,
    },
    /// One of them has been told. The event goes with the last one.
    Delivered(DeliveryId),
    /// One of them cannot be told. The event is dead when no other is on its way.
    GiveUp {
        delivery: DeliveryId,
        reason: String,
        at_ms: u64,
    },
    /// It has failed, and nobody is to be told.
    Die { id: EventId, ending: Ending },
    /// A dead event waits again, as if it had just been accepted.
    Revive { id: EventId, at_ms: u64 },
    /// The messages of a dead event are to be delivered again.
    Redeliver { id: EventId, expires_ms: u64 },
    /// A dead event is removed.
    Purge(EventId),
    /// Dead events that died before are removed, the oldest [`DEAD_EVENTS_PER_CALL_MAX`] of them.
    ///
    /// [`DEAD_EVENTS_PER_CALL_MAX`]: crate::limits::DEAD_EVENTS_PER_CALL_MAX
    PurgeOlder { than_ms: u64 },
}

/// How an event has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) condition: &'static str,
    /// A sentence for people.
    pub(super) reason: String,
    pub(super) runs: u32,
    pub(super) at_ms: u64,
}

/// One message of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DeliveryId {
    pub(super) event: EventId,
    pub(super) part: u8,
}

impl DeliveryId {
    /// Messages of one event, at most.
    const PARTS: u64 = 4;

    /// As one number, in the order of the events.
    pub(super) fn number(self) -> u64 {
        self.event.0 * Self::PARTS + u64::from(self.part)
    }

    /// Of that number.
    pub(super) fn of(number: u64) -> Self {
        Self {
            event: EventId(number / Self::PARTS),
            part: u8::try_from(number % Self::PARTS).unwrap_or(0),
        }
    }
}

impl Change {
    /// Bytes that it writes, without what is the same for all.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Accept(event) => event.new.payload.len(),
            Self::Deliver { messages, .. } => {
                messages.iter().map(|message| message.body.len()).sum()
            }
            _ => 0,
        }
    }
}

/// What a host finds when it starts.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) events: Vec<Indexed>,
    pub(super) deliveries: Vec<Outstanding>,
    pub(super) next_id: u64,
}

/// The database. A clone is another handle.
#[derive(Clone)]
pub(super) struct Store {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Memory,
    /// Keeps the lock for as long as the database is open.
    File(
        PathBuf,
        #[expect(dead_code, reason = "it is held, not used")] DataDir,
    ),
}

impl Store {
    /// Opens the database of `data_dir`, and creates it where there is none.
    pub(super) fn in_dir(data_dir: &DataDir) -> Result<Self, StorageError> {
        let (writer, path) = DATABASE.open(data_dir)?;
        let set = |error: rusqlite::Error| DATABASE.sentence(error.into(), &path);
        // A longer log between two copies into the database: each copy costs two syncs more.
        writer
            .pragma_update(None, "wal_autocheckpoint", 4_000)
            .map_err(set)?;
        let reader = connect(&path).map_err(set)?;
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            reader: Arc::new(Mutex::new(reader)),
            place: Place::File(path, data_dir.clone()),
        })
    }

    /// A database that is gone with its last handle.
    pub(super) fn in_memory() -> Result<Self, StorageError> {
        let only = Arc::new(Mutex::new(DATABASE.in_memory()?));
        Ok(Self {
            writer: Arc::clone(&only),
            reader: only,
            place: Place::Memory,
        })
    }

    /// Whether events outlive the host.
    pub(super) fn is_durable(&self) -> bool {
        matches!(self.place, Place::File(..))
    }

    /// Makes all changes durable, or none of them.
    pub(super) fn commit<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> Result<(), StoreError> {
        let dead_bytes_max = match self.is_durable() {
            true => DEAD_EVENTS_BYTES_MAX,
            false => DEAD_EVENTS_IN_MEMORY_BYTES_MAX,
        };
        write::commit(&mut lock(&self.writer), changes, dead_bytes_max).map_err(|error| {
            let place = self.name();
            StoreError(format!("the {place} could not be written: {error}"))
        })
    }

    /// What an earlier run left.
    pub(super) fn load(&self) -> Result<Found, StorageError> {
        read::found(&lock(&self.reader)).map_err(|error| match &self.place {
            Place::File(path, _) => DATABASE.sentence(error.into(), path),
            Place::Memory => StorageError(format!("the {} is broken: {error}", DATABASE.name)),
        })
    }

    /// An event that waits, with its payload.
    pub(super) fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        self.read(|connection| read::event(connection, id))
    }

    /// The messages of an event, those included that were given up.
    pub(super) fn messages(&self, id: EventId) -> Result<Vec<Outstanding>, StoreError> {
        self.read(|connection| read::messages(connection, id))
    }

    /// A message that is to be delivered.
    pub(super) fn message(&self, id: DeliveryId) -> Result<Option<Message>, StoreError> {
        self.read(|connection| read::message(connection, id))
    }

    /// Up to `limit` events that `filter` wants, in the order of their ids.
    pub(super) fn list(&self, filter: &Filter, limit: usize) -> Result<Vec<Listed>, StoreError> {
        self.read(|connection| read::list(connection, filter, limit))
    }

    /// How many dead events there are, of one function or of all.
    pub(super) fn dead(&self, function: Option<&str>) -> Result<u64, StoreError> {
        self.read(|connection| read::dead(connection, function))
    }

    /// Whether there is a dead event that died before.
    pub(super) fn has_dead_before(&self, than_ms: u64) -> Result<bool, StoreError> {
        self.read(|connection| read::has_dead_before(connection, than_ms))
    }

    /// Whether an event is there and not dead.
    pub(super) fn is_alive(&self, id: EventId) -> Result<bool, StoreError> {
        self.read(|connection| read::is_alive(connection, id))
    }

    /// How many events of a function have messages on their way.
    pub(super) fn delivering(&self, function: &str) -> Result<u64, StoreError> {
        self.read(|connection| read::delivering(connection, function))
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&lock(&self.reader)).map_err(|error| {
            let place = self.name();
            StoreError(format!("the {place} could not be read: {error}"))
        })
    }

    fn name(&self) -> String {
        match &self.place {
            Place::Memory => DATABASE.name.into(),
            Place::File(path, _) => format!("{} {}", DATABASE.name, path.display()),
        }
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A transaction that a panic interrupted was rolled back when it was dropped.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
