//! Changes of rows, as values: many of them become one transaction.

use std::sync::Arc;

use crate::events::event::{Event, EventId};
use crate::events::log::{DeliveryId, Ending};
use crate::events::message::Message;

/// A change of one event. Changes of one commit become durable together, or not at all.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A new event waits.
    Accept(Arc<Event>),
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
}

impl Change {
    /// Bytes that it writes, without what is the same for all.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Accept(event) => event.new.payload.len(),
            Self::Deliver { messages, .. } => {
                messages.iter().map(|message| message.body.len()).sum()
            }
            Self::Retry { .. }
            | Self::Remove(_)
            | Self::Delivered(_)
            | Self::GiveUp { .. }
            | Self::Die { .. }
            | Self::Revive { .. }
            | Self::Redeliver { .. }
            | Self::Purge(_) => 0,
        }
    }

    /// Whether it may add to the dead.
    pub(super) fn may_kill(&self) -> bool {
        match self {
            Self::Delivered(_) | Self::GiveUp { .. } | Self::Die { .. } => true,
            Self::Accept(_)
            | Self::Retry { .. }
            | Self::Remove(_)
            | Self::Deliver { .. }
            | Self::Revive { .. }
            | Self::Redeliver { .. }
            | Self::Purge(_) => false,
        }
    }
}
