//! A log that is gone with its process: plain values behind one lock, no database.

mod dead;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::{Arc, MutexGuard};

use rows::{Redriven, Rows};

use super::index::{Index, Indexed};
use super::{
    AcceptError, Administer, Answer, Counts, DeliveryId, EventLog, Filter, Handed, HolderId,
    Joining, Lease, Listed, LogBounds, LogClock, LogError, Moved, Settle, Told,
};
use crate::domain::{FunctionName, Lock};
use crate::events::event::{AccountRoom, Arrival, Event, EventId};
use crate::events::message::Message;
use crate::limits::DEAD_EVENTS_PER_CALL_MAX;

/// A log in memory.
#[derive(Debug)]
pub(crate) struct MemoryEventLog {
    state: Lock<Kept>,
    clock: LogClock,
}

#[derive(Debug)]
struct Kept {
    index: Index,
    rows: Rows,
    bounds: LogBounds,
}

impl Default for MemoryEventLog {
    fn default() -> Self {
        Self::new(LogBounds::IN_MEMORY, LogClock::default())
    }
}

impl MemoryEventLog {
    /// An empty log.
    pub(crate) fn new(bounds: LogBounds, clock: LogClock) -> Self {
        let state = Lock::new(Kept {
            index: Index::new(bounds),
            rows: Rows::default(),
            bounds,
        });
        Self { state, clock }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // No change of the state panics half way.
        self.state.lock()
    }

    /// What is done at once, as an answer.
    fn now<T>(&self, answer: impl FnOnce(&mut Kept) -> T) -> Answer<'_, T>
    where
        T: Send + 'static,
    {
        let answer = answer(&mut self.lock());
        Box::pin(std::future::ready(answer))
    }
}

impl EventLog for MemoryEventLog {
    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<EventId, AcceptError>> {
        self.now(|kept| {
            let (more, most) = ((1, arrival.bytes()), arrival.account_room);
            kept.index.reserve(&arrival.account, more, most)?;
            Ok(kept.add(arrival))
        })
    }

    fn join(&self, host: Joining) -> Answer<'_, Result<(), LogError>> {
        let now = self.clock.now();
        self.now(|kept| {
            kept.index.join(&host, now);
            Ok(())
        })
    }

    fn lease(&self, holder: HolderId, now_ms: u64) -> Answer<'_, Result<Handed, LogError>> {
        let now = self.clock.now();
        self.now(|kept| kept.index.lease(holder, now_ms, now))
    }

    fn woken(&self, holder: HolderId) -> Answer<'_, ()> {
        let waker = self.lock().index.waker(holder);
        Box::pin(async move {
            if let Some(waker) = waker {
                waker.notified().await;
            }
        })
    }

    fn extend(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        let now = self.clock.now();
        self.now(|kept| kept.index.extend(holder, now))
    }

    fn leave(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        self.now(|kept| {
            kept.index.leave(holder);
            Ok(())
        })
    }

    fn event(&self, lease: Lease<EventId>) -> Answer<'_, Result<Arc<Event>, LogError>> {
        self.now(|kept| {
            kept.index.begin(lease)?;
            kept.rows.event(lease.work).ok_or(LogError::Lapsed)
        })
    }

    fn message(&self, lease: Lease<DeliveryId>) -> Answer<'_, Result<Arc<Message>, LogError>> {
        self.now(|kept| {
            kept.index.begin(lease)?;
            kept.rows.message(lease.work).ok_or(LogError::Lapsed)
        })
    }

    fn settle(&self, lease: Lease<EventId>, next: Settle) -> Answer<'_, Result<(), LogError>> {
        self.now(|kept| {
            kept.index.settling(lease)?;
            kept.settle(lease.work, next);
            Ok(())
        })
    }

    fn told(&self, lease: Lease<DeliveryId>, how: Told) -> Answer<'_, Result<(), LogError>> {
        self.now(|kept| {
            kept.index.settling(lease)?;
            kept.told(lease.work, how);
            Ok(())
        })
    }

    fn list(&self, filter: Filter, limit: usize) -> Answer<'_, Result<Vec<Listed>, LogError>> {
        self.now(|kept| Ok(kept.rows.list(&filter, limit)))
    }

    fn counts(
        &self,
        account: Arc<str>,
        function: Option<FunctionName>,
        now_ms: u64,
    ) -> Answer<'_, Result<Counts, LogError>> {
        self.now(|kept| {
            let counts = kept.index.counts(&account, function.as_ref(), now_ms);
            let dead = kept.rows.dead(&account, function.as_ref());
            Ok(Counts { dead, ..counts })
        })
    }

    fn administer(
        &self,
        filter: Filter,
        what: Administer,
    ) -> Answer<'_, Result<Moved, AcceptError>> {
        self.now(|kept| {
            let mut ids = kept
                .rows
                .dead_ids(&filter, what, DEAD_EVENTS_PER_CALL_MAX + 1);
            let has_more = ids.len() > DEAD_EVENTS_PER_CALL_MAX;
            ids.truncate(DEAD_EVENTS_PER_CALL_MAX);
            match what {
                Administer::Redrive {
                    at_ms,
                    expires_ms,
                    room,
                } => {
                    kept.redrive(&filter.account, &ids, (at_ms, expires_ms), room)?;
                }
                Administer::Purge | Administer::PurgeOlder { .. } => {
                    ids.iter().for_each(|id| kept.rows.remove(*id));
                }
            }
            Ok(Moved {
                events: ids.len(),
                has_more,
            })
        })
    }
}

impl Kept {
    /// Adds an event that has room.
    fn add(&mut self, arrival: Arrival) -> EventId {
        let event = self.rows.add(arrival);
        self.index.admit(Indexed::of(&event));
        event.id
    }

    /// Adds events that need not ask for room.
    fn add_all(&mut self, events: Vec<Arrival>) {
        for arrival in events {
            self.index.occupy(&arrival.account, 1, arrival.bytes());
            self.add(arrival);
        }
    }

    fn settle(&mut self, id: EventId, next: Settle) {
        match next {
            Settle::Done { events } => {
                self.rows.remove(id);
                self.index.end(id, Vec::new(), 0, 0);
                self.add_all(events);
            }
            Settle::Retry { runs, due_ms } => {
                self.rows.retry(id, runs, due_ms);
                self.index.again(id, due_ms, 0);
            }
            Settle::Later { due_ms, tries } => self.index.again(id, due_ms, tries),
            Settle::Deliver {
                ending,
                messages,
                events,
            } => {
                let (at_ms, more_bytes) = (ending.at_ms, bytes_of(&messages));
                let posted = self.rows.deliver(id, ending, messages);
                self.index.end(id, posted, more_bytes, at_ms);
                self.add_all(events);
            }
            Settle::Die(ending) => {
                self.rows.die(id, ending);
                self.index.end(id, Vec::new(), 0, 0);
                self.rows.make_room_for_the_dead(&self.bounds);
            }
        }
    }

    fn told(&mut self, id: DeliveryId, how: Told) {
        match how {
            Told::Delivered => self.rows.delivered(id),
            Told::GaveUp { reason, at_ms } => self.rows.give_up(id, reason, at_ms),
            Told::Later { due_ms, tries } => return self.index.again(id, due_ms, tries),
        }
        self.index.told(id);
        self.rows.make_room_for_the_dead(&self.bounds);
    }

    fn redrive(
        &mut self,
        account: &Arc<str>,
        ids: &[EventId],
        (at_ms, expires_ms): (u64, u64),
        room: AccountRoom,
    ) -> Result<(), AcceptError> {
        let bytes = ids.iter().map(|id| self.rows.bytes(*id)).sum();
        let more = (ids.len() as u64, bytes);
        self.index.reserve(account, more, room)?;
        for id in ids {
            match self.rows.redrive(*id, at_ms, expires_ms) {
                Some(Redriven::Waits(event)) => self.index.admit(event),
                Some(Redriven::Delivers(event, posted)) => self.index.post(event, posted),
                None => {}
            }
        }
        Ok(())
    }
}

/// Bytes of their bodies.
fn bytes_of(messages: &[Message]) -> u64 {
    messages
        .iter()
        .map(|message| message.body.len() as u64)
        .sum()
}
