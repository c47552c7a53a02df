//! Asynchronous invocation: events are accepted now, and run later, at least once.
//!
//! An event is on disk before its caller is told so ([`Events::accept`]), and stays there until the
//! function has returned, or until everybody who is to be told of its failure has been told; what then
//! remains is a dead event, which is kept for a person to look at. A crash at any moment costs at most
//! the attempts that ran: they run again. `decision` draws the life of an event.
//!
//! In memory are only the numbers of the events that wait, in lanes that take turns, and as many whole
//! events as fit a bound; the rest is read back when it runs.

mod administration;
mod attempt;
mod cache;
mod clock;
mod decision;
mod delivering;
mod delivery;
mod dispatch;
mod ending;
mod event;
mod lanes;
mod queues;
mod record;
mod store;
mod taking;
mod target;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::watch;

pub use administration::{Listing, Moved, Selection};
pub use clock::{Clock, SystemClock};
pub use decision::RetryDelays;
pub use delivery::{Credentials, Destinations};
pub use event::{EventId, NewEvent};
pub use queues::Counts;
pub use record::timestamp;
pub use store::Listed;

use crate::catalog::Catalog;
use crate::domain::{Account, Refusal};
use crate::invoker::{Invoker, RunGuest};
use crate::limits::{EVENTS_WAITING_BYTES_MAX, EVENTS_WAITING_IN_MEMORY_BYTES_MAX};
use crate::storage::{DataDir, StorageError};
use delivery::Courier;
use event::Event;
use queues::Queues;
use store::{Change, Store};
use writer::Writer;

/// What an owner of a host chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsConfig {
    /// Where messages about events go that have ended.
    pub destinations: Destinations,
    /// How long an event waits after a function error.
    pub retry_delays: RetryDelays,
}

/// What asynchronous invocation is made of.
pub struct EventsParts<'a, G> {
    /// Whose functions these are.
    pub account: Account,
    /// Which functions there are, and what their owners say about events.
    pub catalog: Arc<Catalog>,
    /// Runs them.
    pub invoker: Arc<Invoker<G>>,
    /// Where events are kept; in memory where there is none.
    pub data_dir: Option<&'a DataDir>,
    /// Invocations that may run at once, of which events take half.
    pub concurrency_max: u32,
    /// What its owner chooses.
    pub config: EventsConfig,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The queue of asynchronous events, and what runs them. A clone is another handle; when the last one
/// is dropped, no more events are begun.
pub struct Events<G> {
    shared: Arc<Shared<G>>,
    stop: Arc<watch::Sender<bool>>,
}

impl<G> Clone for Events<G> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            stop: Arc::clone(&self.stop),
        }
    }
}

/// What the tasks of the queue share.
struct Shared<G> {
    account: Account,
    catalog: Arc<Catalog>,
    invoker: Arc<Invoker<G>>,
    store: Store,
    writer: Writer,
    queues: Arc<Queues>,
    courier: Courier,
    delays: RetryDelays,
    clock: Arc<dyn Clock>,
    next_id: AtomicU64,
    /// Held while dead events are moved, so that none is moved twice.
    administration: tokio::sync::Mutex<()>,
}

impl<G: RunGuest> Events<G> {
    /// Opens the queue, takes up what an earlier run left, and begins to run events. Needs the
    /// runtime that they are to run on.
    ///
    /// # Errors
    /// When the database is damaged, is not ours or was written by a newer host.
    pub fn start(parts: EventsParts<'_, G>) -> Result<Self, StorageError> {
        let store = match parts.data_dir {
            Some(data_dir) => Store::in_dir(data_dir)?,
            None => Store::in_memory()?,
        };
        let bytes_max = match store.is_durable() {
            true => EVENTS_WAITING_BYTES_MAX,
            false => EVENTS_WAITING_IN_MEMORY_BYTES_MAX,
        };
        let found = store.load()?;
        let next_id = AtomicU64::new(found.next_id);
        let queues = Queues::new(parts.concurrency_max, bytes_max, Arc::clone(&parts.clock));
        queues.take_up(found, parts.config.retry_delays.wait_ms_max());
        let writer = Writer::start(store.clone())
            .map_err(|error| StorageError(format!("the writer of events cannot start: {error}")))?;
        let shared = Arc::new(Shared {
            courier: Courier::new(parts.config.destinations, parts.account.clone()),
            account: parts.account,
            catalog: parts.catalog,
            invoker: parts.invoker,
            store,
            writer,
            queues: Arc::new(queues),
            delays: parts.config.retry_delays,
            clock: parts.clock,
            next_id,
            administration: tokio::sync::Mutex::new(()),
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(dispatch::dispatch(Arc::clone(&shared), stopped));
        Ok(Self {
            shared,
            stop: Arc::new(stop),
        })
    }

    /// Accepts an event: returns when it is on disk. Then it will run, whoever goes away.
    ///
    /// # Errors
    /// [`Refusal::TooManyEvents`] where as many wait as may, and [`Refusal::Internal`] where it could
    /// not be written; it is not there then.
    pub async fn accept(&self, mut new: NewEvent) -> Result<(), Refusal> {
        let shared = &self.shared;
        // What comes from a connection is a piece of its buffer, which would be kept as a whole.
        new.payload = Bytes::copy_from_slice(&new.payload);
        let room = shared.queues.reserve(new.payload.len() as u64)?;
        let event = Event {
            id: shared.new_id(),
            new,
            accepted_ms: shared.clock.now_ms(),
            runs: 0,
            hops: 0,
        };
        let queues = Arc::clone(&shared.queues);
        let change = Change::Accept(event.clone());
        shared
            .writer
            .commit(vec![change], move |written| {
                if written.is_ok() {
                    room.keep();
                    queues.admit(event);
                }
            })
            .await
            .map_err(|_| Refusal::Internal)
    }

    /// Begins no more events and no more deliveries; what waits stays on disk.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until nothing runs and nothing is being delivered.
    pub async fn drained(&self) {
        self.shared.queues.idle().await;
    }
}

impl<G> Shared<G> {
    fn new_id(&self) -> EventId {
        EventId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}
