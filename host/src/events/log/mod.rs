//! Where accepted events are kept, as a seam: a log that hosts lease from.
//!
//! ```text
//! accept ─▶ waits ─▶ leased ─▶ settled: done, waits again, or ended with messages to deliver or dead
//!             ▲         │
//!             └─────────┘ its lease lapsed, or was given back
//! ```
//!
//! What is leased to one host is handed to no other until the lease lapses: whoever holds it has not
//! been heard of for [`EVENT_LEASE_DURATION`]. A log decides nothing about retries, ages or turns; it
//! keeps what it is told, gives numbers, and says when there is no more room.
//!
//! [`MemoryEventLog`] and [`SqliteEventLog`] share their [`index`](self::index); `suite` holds what any
//! log must do.
//!
//! [`EVENT_LEASE_DURATION`]: crate::limits::EVENT_LEASE_DURATION

mod bounds;
#[cfg(test)]
pub(crate) mod faulty;
mod index;
mod memory;
mod pool;
#[cfg(feature = "storage")]
mod sqlite;
#[cfg(test)]
pub(super) mod suite;

use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

use super::event::{AccountRoom, Arrival, Condition, Event, EventId};
use super::message::Message;
use crate::domain::FunctionName;
use crate::domain::named::named;

pub(crate) use bounds::{LogBounds, LogClock};
pub(crate) use memory::MemoryEventLog;
#[cfg(feature = "storage")]
pub(crate) use sqlite::SqliteEventLog;

/// What a log answers, later.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A log of events that hosts lease from. All that it says it has done is as durable as it is.
pub trait EventLog: Send + Sync + 'static {
    /// Keeps an event and gives it its number; it waits when this returns, and no number is given twice.
    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<EventId, AcceptError>>;

    /// Lets a host lease. What it held under the same name waits again.
    fn join(&self, host: Joining) -> Answer<'_, Result<(), LogError>>;

    /// Leases what is due to a host that has joined, as far as it has room; extends what it holds.
    fn lease(&self, holder: HolderId, now_ms: u64) -> Answer<'_, Result<Handed, LogError>>;

    /// Completes when there may be something to lease that was not there at the last time.
    fn woken(&self, holder: HolderId) -> Answer<'_, ()>;

    /// Extends all that a host holds.
    fn extend(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>>;

    /// Gives back what a host has not begun; it is handed no more.
    fn leave(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>>;

    /// Begins a leased event: from now on it counts as running.
    fn event(&self, lease: Lease<EventId>) -> Answer<'_, Result<Arc<Event>, LogError>>;

    /// Begins a leased delivery.
    fn message(&self, lease: Lease<DeliveryId>) -> Answer<'_, Result<Arc<Message>, LogError>>;

    /// Ends the lease of an event with what comes next, all of it or none. Where it could not be
    /// written, the lease is still held.
    fn settle(&self, lease: Lease<EventId>, next: Settle) -> Answer<'_, Result<(), LogError>>;

    /// Ends the lease of a delivery, likewise.
    fn told(&self, lease: Lease<DeliveryId>, how: Told) -> Answer<'_, Result<(), LogError>>;

    /// Up to `limit` events that `filter` wants, in the order of their numbers.
    fn list(&self, filter: Filter, limit: usize) -> Answer<'_, Result<Vec<Listed>, LogError>>;

    /// How many events of an account, or of one function of it, do what.
    fn counts(
        &self,
        account: Arc<str>,
        function: Option<FunctionName>,
        now_ms: u64,
    ) -> Answer<'_, Result<Counts, LogError>>;

    /// Does something with dead events, a bounded number at a time; none of them is done with twice.
    fn administer(
        &self,
        filter: Filter,
        what: Administer,
    ) -> Answer<'_, Result<Moved, AcceptError>>;
}

/// A host, as the log knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HolderId(pub Uuid);

/// A host that wants to lease.
#[derive(Clone, Debug)]
pub struct Joining {
    /// Who.
    pub holder: HolderId,
    /// Whose events.
    pub account: Arc<str>,
    /// How many events of one function it holds at once.
    pub events_per_function_max: usize,
    /// How many messages to one target it holds at once.
    pub messages_per_target_max: usize,
    /// What seems to be due later than this was accepted while some clock was ahead: it is due then.
    pub due_ms_max: u64,
}

/// One message of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId {
    /// The event.
    pub event: EventId,
    /// Which of its messages.
    pub part: u8,
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

/// The right of one host to one piece of work: to run an event, or to deliver a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease<W> {
    /// Which.
    pub work: W,
    /// Tells it from earlier leases of the same work.
    pub token: u64,
}

/// Something that was leased, and what its host needs to give it a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased<W, K> {
    /// The right to it.
    pub lease: Lease<W>,
    /// The function, or the target.
    pub lane: K,
    /// Since when it is due.
    pub due_ms: u64,
    /// Attempts in a row that did not run.
    pub tries: u32,
}

/// What a host was handed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// To be run.
    pub events: Vec<Leased<EventId, FunctionName>>,
    /// To be delivered.
    pub messages: Vec<Leased<DeliveryId, Arc<str>>>,
    /// When the next is due that there is room for.
    pub wake_ms: Option<u64>,
}

/// What comes after the lease of an event.
#[derive(Clone, Debug)]
pub enum Settle {
    /// The event is gone; these for other functions come of it.
    Done {
        /// They need not ask for room.
        events: Vec<Arrival>,
    },
    /// The function failed; the event waits for another run.
    Retry {
        /// Times that it ran.
        runs: u32,
        /// Unix time.
        due_ms: u64,
    },
    /// It could not be done, and waits. Need not be durable: after a crash, it is simply tried again.
    Later {
        /// Unix time.
        due_ms: u64,
        /// Attempts in a row that did not run.
        tries: u32,
    },
    /// The event has ended, and these are to be told.
    Deliver {
        /// How it ended.
        ending: Ending,
        /// For queues, topics and folders; at least one.
        messages: Vec<Message>,
        /// For other functions.
        events: Vec<Arrival>,
    },
    /// The event has failed, and nobody is to be told.
    Die(Ending),
}

/// What comes after the lease of a delivery.
#[derive(Clone, Debug)]
pub enum Told {
    /// The message is delivered. Its event goes with the last one.
    Delivered,
    /// The message cannot be delivered. Its event is dead when no other is on its way.
    GaveUp {
        /// A sentence for people.
        reason: String,
        /// Unix time.
        at_ms: u64,
    },
    /// It could not be delivered, and waits. Need not be durable.
    Later {
        /// Unix time.
        due_ms: u64,
        /// Attempts in a row that failed.
        tries: u32,
    },
}

/// How an event has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub condition: Condition,
    /// A sentence for people.
    pub reason: String,
    /// Times that the function ran.
    pub runs: u32,
    /// Unix time.
    pub at_ms: u64,
}

/// What is done with dead events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administer {
    /// They wait again, as if they had just been accepted; those with messages are delivered again.
    Redrive {
        /// Unix time.
        at_ms: u64,
        /// Until when messages are tried.
        expires_ms: u64,
        /// What the account may have, these included.
        room: AccountRoom,
    },
    /// They are removed.
    Purge,
    /// Those that died before are removed.
    PurgeOlder {
        /// Unix time.
        than_ms: u64,
    },
}

/// What was done with dead events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// How many.
    pub events: usize,
    /// Whether more are left: a call does a bounded number.
    pub has_more: bool,
}

/// How many events there are, by what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Being run now.
    pub running: u64,
    /// Due, and waiting for their turn.
    pub waiting: u64,
    /// Waiting for another attempt at a later time.
    pub retrying: u64,
    /// Ended, with messages on their way.
    pub delivering: u64,
    /// Failed, and kept.
    pub dead: u64,
}

named! {
    /// What an event does, as lists show it.
    pub enum State {
        /// It waits, or runs.
        Waiting = "waiting",
        /// It has ended, with messages on their way.
        Delivering = "delivering",
        /// It has failed, and is kept.
        Dead = "dead",
    }
}

/// Which events are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Those of this account.
    pub account: Arc<str>,
    /// Those of one function.
    pub function: Option<FunctionName>,
    /// Those in one state.
    pub state: Option<State>,
    /// One event, by its number or by its request id.
    pub id: Option<String>,
    /// Those behind this number.
    pub after: u64,
}

/// An event as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: EventId,
    /// What it does.
    pub state: State,
    /// Its function.
    pub function: FunctionName,
    /// Version or alias, where one was named.
    pub qualifier: Option<String>,
    /// The id of its attempts.
    pub request_id: String,
    /// Unix time in milliseconds.
    pub accepted_ms: u64,
    /// When it is run next, where it waits.
    pub due_ms: u64,
    /// Times that the function ran.
    pub runs: u32,
    /// Of its payload and messages.
    pub bytes: u64,
    /// How it ended.
    pub condition: Option<String>,
    /// Why, for people.
    pub reason: Option<String>,
    /// When it ended.
    pub ended_ms: Option<u64>,
}

/// Why a log did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Another may hold it by now, or it is gone.
    #[error("the lease has lapsed")]
    Lapsed,
    /// It could not be written, since the disk is full; the text says what.
    #[error("{0}")]
    NoRoom(String),
    /// Something could not be written or read; the text says what and why.
    #[error("{0}")]
    Failed(String),
}

/// Why an event was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// As many wait as may.
    #[error("{events} events wait, with {bytes} bytes")]
    Full {
        /// How many wait.
        events: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// As many of its account wait as may.
    #[error("{events} events of the account wait, with {bytes} bytes")]
    AccountFull {
        /// How many of the account wait.
        events: u64,
        /// How many of it may.
        events_max: u64,
        /// Their bytes.
        bytes: u64,
        /// What those may be.
        bytes_max: u64,
    },
    /// There is no room for it where it would be kept; the text says what is short.
    #[error("{0}")]
    NoRoom(String),
    /// It could not be written; the text says why.
    #[error("{0}")]
    Failed(String),
}

impl From<LogError> for AcceptError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NoRoom(_) => Self::NoRoom(
                "The disk of this host is full. Have its owner make room there, and send the event again."
                    .into(),
            ),
            error => Self::Failed(error.to_string()),
        }
    }
}
