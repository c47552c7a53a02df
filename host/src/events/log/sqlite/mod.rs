//! A log in an SQLite database: the file `events.db` of the data directory.
//!
//! One process has the database, so who has leased what is in memory only: after a crash nothing is
//! leased, and what ran runs again at once.

mod administration;
mod cache;
mod change;
mod memory;
mod read;
mod rows;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod under_way;
mod write;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use change::Change;
use memory::{Memory, Settling};
use store::Store;
use under_way::{UnderWay, Writing};
use writer::Writer;

use super::index::{Index, Posted, Work};
use super::{
    AcceptError, Administer, Answer, Counts, DeliveryId, Ending, EventLog, Filter, Handed,
    HolderId, Joining, Lease, Listed, LogBounds, LogClock, LogError, Moved, Settle, Told,
};
use crate::domain::{Account, FunctionName};
use crate::events::event::{Arrival, Event, EventId};
use crate::events::message::Message;
use crate::limits::DATA_BYTES_OF_EVENT_MIN;
use crate::storage::{DataDir, NoRoom, StorageError};

/// A log on disk.
pub(crate) struct SqliteEventLog {
    memory: Arc<Memory>,
    store: Store,
    writer: Writer,
    /// Events that were begun and are not written yet.
    under_way: Arc<UnderWay>,
    next_id: AtomicU64,
    clock: LogClock,
    /// Held while dead events are moved, so that none is moved twice.
    administration: tokio::sync::Mutex<()>,
}

impl SqliteEventLog {
    /// Opens the log of `data_dir`, and creates it where there is none. What a host of before wrote,
    /// when events did not say whose they are, is taken to belong to `account`.
    ///
    /// # Errors
    /// When the database is damaged, is not ours or was written by a newer host.
    pub(crate) fn open(data_dir: &DataDir, account: &Account) -> Result<Self, StorageError> {
        let bounds = LogBounds::on_disk(data_dir.disk().shares());
        Self::with(data_dir, account, bounds, LogClock::default())
    }

    /// The same, with bounds and a time of the caller's.
    ///
    /// # Errors
    /// As [`SqliteEventLog::open`].
    pub(crate) fn with(
        data_dir: &DataDir,
        account: &Account,
        bounds: LogBounds,
        clock: LogClock,
    ) -> Result<Self, StorageError> {
        let store = Store::open(data_dir, &account.id, bounds)?;
        let found = store.load()?;
        let mut index = Index::new(bounds);
        for event in found.waiting {
            index.occupy(&event.account, 1, event.bytes);
            index.admit(event);
        }
        for (event, posted) in found.delivering {
            index.occupy(&event.account, 1, event.bytes);
            index.post(event, posted);
        }
        let writer = Writer::start(store.clone()).map_err(|error| {
            StorageError::of(format!("the writer of events cannot start: {error}"))
        })?;
        Ok(Self {
            memory: Arc::new(Memory::new(index, bounds.cached_bytes_max)),
            store,
            writer,
            under_way: Arc::default(),
            next_id: AtomicU64::new(found.next_id),
            clock,
            administration: tokio::sync::Mutex::new(()),
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.memory.index()
    }

    fn number(&self, arrival: Arrival) -> Arc<Event> {
        let id = EventId(self.next_id.fetch_add(1, Ordering::Relaxed));
        Arc::new(arrival.numbered(id))
    }

    fn settling<W: Copy + Into<Work>>(&self, lease: Lease<W>) -> Result<Settling, LogError> {
        self.index().settling(lease)?;
        Ok(Settling {
            memory: Arc::clone(&self.memory),
            work: lease.work.into(),
            is_over: false,
        })
    }

    /// Writes what comes after a lease, then does the same in memory.
    async fn write(
        &self,
        settling: Settling,
        changes: Vec<Change>,
        then: impl FnOnce(&Memory) + Send + 'static,
    ) -> Result<(), LogError> {
        let written = self.writer.commit(changes, move |written| {
            if written.is_ok() {
                then(&settling.memory);
                settling.over();
            }
        });
        written.await
    }

    async fn end(&self, lease: Lease<EventId>, end: End) -> Result<(), LogError> {
        let settling = self.settling(lease)?;
        let events: Vec<_> = end.events.into_iter().map(|new| self.number(new)).collect();
        let accepts = events.iter().map(Arc::clone).map(Change::Accept);
        let changes = std::iter::once(end.change).chain(accepts).collect();
        self.write(settling, changes, move |memory| {
            let (posted, more_bytes) = (end.posted, end.more_bytes);
            memory.cache().remove(lease.work);
            memory
                .index()
                .end(lease.work, posted, more_bytes, end.at_ms);
            for event in events {
                memory.index().occupy(&event.account, 1, event.bytes());
                memory.admit(event);
            }
        })
        .await
    }

    async fn retry(&self, lease: Lease<EventId>, runs: u32, due_ms: u64) -> Result<(), LogError> {
        let (settling, id) = (self.settling(lease)?, lease.work);
        let change = Change::Retry { id, runs, due_ms };
        self.write(settling, vec![change], move |memory| {
            // It waits for long: others need the memory sooner.
            memory.cache().remove(id);
            memory.index().again(id, due_ms, 0);
        })
        .await
    }

    fn later<W: Copy + Into<Work>>(
        &self,
        lease: Lease<W>,
        due_ms: u64,
        tries: u32,
    ) -> Result<(), LogError> {
        let mut index = self.index();
        index.settling(lease)?;
        index.again(lease.work, due_ms, tries);
        Ok(())
    }

    /// Keeps room on disk for an event of so many bytes until it is written.
    async fn room(&self, bytes: u64) -> Result<Writing, AcceptError> {
        let bytes = bytes + DATA_BYTES_OF_EVENT_MIN;
        let disk = self.store.disk();
        let NoRoom(reason) = match disk.event_room(bytes).await {
            Ok(promise) => return Ok(self.under_way.with(bytes, promise)),
            Err(no_room) => no_room,
        };
        // Of its budget it takes no more where the event goes into what is empty of the database.
        let no_room = || {
            disk.count_refused();
            AcceptError::NoRoom(reason.clone())
        };
        let promise = disk.free_event_room(bytes).await.map_err(|_| no_room())?;
        let under_way = Arc::clone(&self.under_way);
        let begun =
            self.read(move |store| under_way.within(bytes, promise, || store.unused_bytes()));
        begun.await?.ok_or_else(no_room)
    }

    /// Reads on a thread that may wait.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || read(&store)).await;
        read.unwrap_or_else(|error| Err(LogError::Failed(error.to_string())))
    }
}

/// How an event ends.
struct End {
    change: Change,
    posted: Vec<Posted>,
    /// Bytes of the messages.
    more_bytes: u64,
    at_ms: u64,
    /// For other functions.
    events: Vec<Arrival>,
}

impl End {
    fn without_messages(change: Change, events: Vec<Arrival>) -> Self {
        Self {
            change,
            posted: Vec::new(),
            more_bytes: 0,
            at_ms: 0,
            events,
        }
    }

    fn with_messages(
        id: EventId,
        ending: Ending,
        messages: Vec<Message>,
        events: Vec<Arrival>,
    ) -> Self {
        let posted = messages.iter().zip(0..).map(|(message, part)| Posted {
            part,
            target: Arc::clone(message.head.target.arn()),
        });
        let bytes = messages.iter().map(|message| message.body.len() as u64);
        Self {
            posted: posted.collect(),
            more_bytes: bytes.sum(),
            at_ms: ending.at_ms,
            change: Change::Deliver {
                id,
                ending,
                messages,
            },
            events,
        }
    }
}

impl EventLog for SqliteEventLog {
    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<EventId, AcceptError>> {
        Box::pin(async move {
            let writing = self.room(arrival.bytes()).await?;
            let (more, most) = ((1, arrival.bytes()), arrival.account_room);
            let room = self.memory.reserve(&arrival.account, more, most)?;
            let event = self.number(arrival);
            let (id, change) = (event.id, Change::Accept(Arc::clone(&event)));
            let written = self.writer.commit(vec![change], move |written| {
                drop(writing);
                if written.is_ok() {
                    room.keep().admit(event);
                }
            });
            written.await?;
            Ok(id)
        })
    }

    fn join(&self, host: Joining) -> Answer<'_, Result<(), LogError>> {
        self.index().join(&host, self.clock.now());
        at_once(Ok(()))
    }

    fn lease(&self, holder: HolderId, now_ms: u64) -> Answer<'_, Result<Handed, LogError>> {
        at_once(self.index().lease(holder, now_ms, self.clock.now()))
    }

    fn woken(&self, holder: HolderId) -> Answer<'_, ()> {
        let waker = self.index().waker(holder);
        Box::pin(async move {
            if let Some(waker) = waker {
                waker.notified().await;
            }
        })
    }

    fn extend(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        at_once(self.index().extend(holder, self.clock.now()))
    }

    fn leave(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        self.index().leave(holder);
        at_once(Ok(()))
    }

    fn event(&self, lease: Lease<EventId>) -> Answer<'_, Result<Arc<Event>, LogError>> {
        Box::pin(async move {
            self.index().begin(lease)?;
            let id = lease.work;
            let cached = self.memory.cache().get(id);
            if let Some(event) = cached {
                return Ok(event);
            }
            let Some(event) = self.read(move |store| store.event(id)).await? else {
                self.index().end(id, Vec::new(), 0, 0);
                return Err(LogError::Lapsed);
            };
            let event = Arc::new(event);
            self.memory.cache().keep(Arc::clone(&event));
            Ok(event)
        })
    }

    fn message(&self, lease: Lease<DeliveryId>) -> Answer<'_, Result<Arc<Message>, LogError>> {
        Box::pin(async move {
            self.index().begin(lease)?;
            let id = lease.work;
            let Some(message) = self.read(move |store| store.message(id)).await? else {
                self.index().told(id);
                return Err(LogError::Lapsed);
            };
            Ok(Arc::new(message))
        })
    }

    fn settle(&self, lease: Lease<EventId>, next: Settle) -> Answer<'_, Result<(), LogError>> {
        let id = lease.work;
        match next {
            Settle::Later { due_ms, tries } => at_once(self.later(lease, due_ms, tries)),
            Settle::Retry { runs, due_ms } => Box::pin(self.retry(lease, runs, due_ms)),
            Settle::Done { events } => {
                let end = End::without_messages(Change::Remove(id), events);
                Box::pin(self.end(lease, end))
            }
            Settle::Die(ending) => {
                let end = End::without_messages(Change::Die { id, ending }, Vec::new());
                Box::pin(self.end(lease, end))
            }
            Settle::Deliver {
                ending,
                messages,
                events,
            } => {
                let end = End::with_messages(id, ending, messages, events);
                Box::pin(self.end(lease, end))
            }
        }
    }

    fn told(&self, lease: Lease<DeliveryId>, how: Told) -> Answer<'_, Result<(), LogError>> {
        let delivery = lease.work;
        let change = match how {
            Told::Later { due_ms, tries } => return at_once(self.later(lease, due_ms, tries)),
            Told::Delivered => Change::Delivered(delivery),
            Told::GaveUp { reason, at_ms } => Change::GiveUp {
                delivery,
                reason,
                at_ms,
            },
        };
        Box::pin(async move {
            let settling = self.settling(lease)?;
            self.write(settling, vec![change], move |memory| {
                memory.index().told(delivery);
            })
            .await
        })
    }

    fn list(&self, filter: Filter, limit: usize) -> Answer<'_, Result<Vec<Listed>, LogError>> {
        Box::pin(self.read(move |store| store.list(&filter, limit)))
    }

    fn counts(
        &self,
        account: Arc<str>,
        function: Option<FunctionName>,
        now_ms: u64,
    ) -> Answer<'_, Result<Counts, LogError>> {
        let counts = self.index().counts(&account, function.as_ref(), now_ms);
        Box::pin(async move {
            let dead = self.read(move |store| store.dead(&account, function.as_ref()));
            let dead = dead.await?;
            Ok(Counts { dead, ..counts })
        })
    }

    fn administer(
        &self,
        filter: Filter,
        what: Administer,
    ) -> Answer<'_, Result<Moved, AcceptError>> {
        Box::pin(async move {
            let _alone = self.administration.lock().await;
            match what {
                Administer::Redrive {
                    at_ms,
                    expires_ms,
                    room,
                } => self.redrive(filter, at_ms, expires_ms, room).await,
                Administer::Purge => self.purge(filter).await,
                Administer::PurgeOlder { than_ms } => {
                    self.purge_older(filter.account, than_ms).await
                }
            }
        })
    }
}

/// What is done already, as an answer.
fn at_once<T: Send + 'static>(answer: T) -> Answer<'static, T> {
    Box::pin(std::future::ready(answer))
}
