//! Asynchronous invocation: events are accepted now, and run later, at least once.
//!
//! An event is on disk before its caller is told so ([`Events::accept`]), and stays there until the
//! function has returned, or until everybody who is to be told of its failure has been told; what then
//! remains is a dead event, which is kept for a person to look at. A crash at any moment costs at most
//! the attempts that ran: they run again. `decision` draws the life of an event.
//!
//! Events are kept by a [`log`], which several hosts may lease from: what one has leased runs at no other
//! until its lease lapses. A host leases no more than it could run, and gives it turns in lanes.

mod administration;
mod attempt;
mod decision;
mod delivering;
mod delivery;
mod dispatch;
mod ending;
mod event;
pub(crate) mod log;
mod message;
mod queues;
mod record;
mod taking;
mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use administration::{Listing, Selection};
pub use decision::RetryDelays;
pub use delivery::Destinations;
#[cfg(test)]
pub(crate) use event::EventId;
pub(crate) use event::NewEvent;
#[cfg(feature = "storage")]
pub(crate) use log::SqliteEventLog;
pub(crate) use log::{Counts, EventLog, Listed, MemoryEventLog, Moved, State};
pub(crate) use record::timestamp;

pub use crate::sigv4::Credentials;
pub(crate) use crate::turns::{Clock, SystemClock};

use crate::catalog::Catalog;
use crate::domain::quotas::CurrentQuotas;
use crate::domain::{Account, Refusal};
use crate::invoker::{Invoker, RunGuest};
use delivery::Courier;
use event::{AccountRoom, Arrival};
use log::{Filter, HolderId};
use queues::Queues;

/// What an owner of a host chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsConfig {
    /// Where messages about events go that have ended.
    pub destinations: Destinations,
    /// How long an event waits after a function error.
    pub retry_delays: RetryDelays,
}

/// What asynchronous invocation is made of.
pub struct EventsParts<G> {
    /// Whose functions these are.
    pub account: Account,
    /// Which functions there are, and what their owners say about events.
    pub catalog: Arc<Catalog>,
    /// Runs them.
    pub invoker: Arc<Invoker<G>>,
    /// Where events are kept; other hosts may lease from it, too.
    pub log: Arc<dyn EventLog>,
    /// Invocations that may run at once, of which events take half.
    pub concurrency_max: u32,
    /// What its owner chooses.
    pub config: EventsConfig,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the account may have.
    pub(crate) quotas: CurrentQuotas,
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
    /// Its id, as events carry it.
    account_id: Arc<str>,
    catalog: Arc<Catalog>,
    invoker: Arc<Invoker<G>>,
    log: Arc<dyn EventLog>,
    /// Who this host is to the log.
    holder: HolderId,
    queues: Arc<Queues>,
    courier: Courier,
    delays: RetryDelays,
    clock: Arc<dyn Clock>,
    quotas: CurrentQuotas,
}

impl<G: RunGuest> Events<G> {
    /// Takes up what the log holds, and begins to run events. Needs the runtime that they are to run on.
    pub fn start(parts: EventsParts<G>) -> Self {
        let queues = Queues::new(parts.concurrency_max, Arc::clone(&parts.clock));
        let shared = Arc::new(Shared {
            courier: Courier::new(parts.config.destinations, parts.account.clone()),
            account_id: parts.account.id.as_str().into(),
            account: parts.account,
            catalog: parts.catalog,
            invoker: parts.invoker,
            log: parts.log,
            holder: HolderId(Uuid::new_v4()),
            queues: Arc::new(queues),
            delays: parts.config.retry_delays,
            clock: parts.clock,
            quotas: parts.quotas,
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(dispatch::keep_leases(Arc::downgrade(&shared)));
        tokio::spawn(dispatch::dispatch(Arc::clone(&shared), stopped));
        Self {
            shared,
            stop: Arc::new(stop),
        }
    }

    /// Accepts an event: returns when the log has it. Then it will run, whoever goes away.
    ///
    /// # Errors
    /// [`Refusal::TooManyEvents`] where as many wait as may, and [`Refusal::Internal`] where it could
    /// not be written.
    pub async fn accept(&self, mut new: NewEvent) -> Result<(), Refusal> {
        let shared = &self.shared;
        // What comes from a connection is a piece of its buffer, which would be kept as a whole.
        new.payload = Bytes::copy_from_slice(&new.payload);
        let arrival = Arrival {
            account: Arc::clone(&shared.account_id),
            account_room: AccountRoom::of(shared.quotas.get()),
            new,
            accepted_ms: shared.clock.now_ms(),
            hops: 0,
        };
        let accepted = shared.log.accept(arrival).await;
        accepted.map(drop).map_err(administration::refusal)
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
    /// All events of the account.
    fn all(&self) -> Filter {
        Filter {
            account: Arc::clone(&self.account_id),
            function: None,
            state: None,
            id: None,
            after: 0,
        }
    }
}
