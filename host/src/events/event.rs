//! An asynchronous event, as a value.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::quotas::Quotas;
use crate::domain::{FunctionName, Qualifier, RequestId, VersionId};

/// What tells events apart; request ids do not, since callers may choose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event that somebody brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The function that it is for.
    pub function: FunctionName,
    /// Version or alias, where one was named: each attempt resolves it again.
    pub qualifier: Option<Qualifier>,
    /// The id that all its attempts carry.
    pub request_id: RequestId,
    /// The tracing header.
    pub trace_id: Option<String>,
    /// The tenant that the caller named.
    pub tenant_id: Option<String>,
    /// JSON text, checked.
    pub payload: Bytes,
}

/// What of the room for events an account may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRoom {
    /// Events.
    pub events_max: u64,
    /// One of so many shares of all bytes.
    pub shares: u64,
}

impl AccountRoom {
    /// All that there is: what comes out of an event that was accepted is not refused.
    pub const ALL: Self = Self {
        events_max: u64::MAX,
        shares: 1,
    };

    /// That of these quotas.
    pub(super) fn of(quotas: Quotas) -> Self {
        Self {
            events_max: quotas.events,
            shares: quotas.event_shares,
        }
    }
}

/// An event on its way into the log, which gives it its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Whose function it is for.
    pub account: Arc<str>,
    /// What the account may have at once, this one included.
    pub account_room: AccountRoom,
    /// What somebody brought.
    pub new: NewEvent,
    /// Unix time; its age counts from here.
    pub accepted_ms: u64,
    /// Destinations between the caller's event and this one: 0 for the caller's own.
    pub hops: u32,
}

impl Arrival {
    /// What it takes of the log's room.
    pub(super) fn bytes(&self) -> u64 {
        self.new.payload.len() as u64
    }

    /// The event of this number, which did not run yet.
    pub(super) fn numbered(self, id: EventId) -> Event {
        let Self {
            account,
            new,
            accepted_ms,
            hops,
            ..
        } = self;
        Event {
            id,
            account,
            new,
            accepted_ms,
            runs: 0,
            hops,
        }
    }
}

/// An event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// Whose function it is for.
    pub account: Arc<str>,
    /// What somebody brought.
    pub new: NewEvent,
    /// Unix time; its age counts from here.
    pub accepted_ms: u64,
    /// Attempts in which the function ran and failed.
    pub runs: u32,
    /// Destinations between the caller's event and this one: 0 for the caller's own.
    pub hops: u32,
}

impl Event {
    /// What it takes of the log's room.
    pub(super) fn bytes(&self) -> u64 {
        self.new.payload.len() as u64
    }

    /// The same as if it had just been accepted.
    pub(super) fn revived(self, at_ms: u64) -> Self {
        Self {
            accepted_ms: at_ms,
            runs: 0,
            hops: 0,
            ..self
        }
    }
}

/// Why an event has ended, as records name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The function returned.
    Success,
    /// The function failed as often as it may.
    RetriesExhausted,
    /// It would be too old for another attempt.
    EventAgeExceeded,
    /// The function may not run at all: its reserved concurrency is 0.
    ZeroReservedConcurrency,
    /// It came over so many destinations that they must be a loop.
    RecursiveInvocation,
}

impl Condition {
    /// The name in records.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Self::RecursiveInvocation => "RecursiveInvocation",
        }
    }
}

/// What the last attempt came to, where the function ran in it.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) executed: VersionId,
    /// What the function returned, or its error object.
    pub(super) payload: Bytes,
    /// What the error object says, where the function failed.
    pub(super) error: Option<String>,
}

/// An event that has ended, and how.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) condition: Condition,
    pub(super) at_ms: u64,
    /// Attempts in which the function ran, this last one included.
    pub(super) runs: u32,
    pub(super) response: Option<Response>,
    /// Why the last attempt did not run, where it did not: status and sentence.
    pub(super) refusal: Option<(u16, String)>,
}
