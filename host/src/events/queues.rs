//! What of the queue is in memory: who waits, who runs, and how much room is left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::cache::Cache;
use super::clock::Clock;
use super::event::{Event, EventId};
use super::lanes::{Lanes, Room, Turn};
use super::store::{DeliveryId, Found};
use crate::domain::{FunctionName, Refusal};
use crate::limits::{
    DELIVERIES_PER_TARGET_MAX, DELIVERIES_RUNNING_MAX, EVENTS_CACHED_BYTES_MAX, EVENTS_RUNNING_MAX,
    EVENTS_RUNNING_PER_FUNCTION_MAX, EVENTS_WAITING_MAX,
};

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

/// The part of the queue that is in memory.
pub(super) struct Queues {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    bytes_max: u64,
    /// Something may have become due.
    wake: Notify,
    /// Something has ended.
    ended: Notify,
}

pub(super) struct State {
    pub(super) runs: Lanes<FunctionName>,
    pub(super) deliveries: Lanes<String>,
    cache: Cache,
    /// Events with messages on their way.
    delivering: HashMap<EventId, Delivering>,
    events: u64,
    bytes: u64,
}

struct Delivering {
    messages: usize,
    bytes: u64,
}

/// What there is to do now, and when to look again.
pub(super) struct Due {
    pub(super) runs: Vec<Turn<FunctionName>>,
    pub(super) deliveries: Vec<Turn<String>>,
    pub(super) wake_ms: Option<u64>,
}

/// A message that is to be delivered.
pub(super) struct Posted {
    pub(super) id: DeliveryId,
    pub(super) target: String,
    pub(super) bytes: u64,
}

impl Queues {
    /// Queues that run at most half of what may run at all.
    pub(super) fn new(concurrency_max: u32, bytes_max: u64, clock: Arc<dyn Clock>) -> Self {
        let half = (concurrency_max / 2).max(1) as usize;
        let running_max = half.min(EVENTS_RUNNING_MAX);
        // Half of that again, so that slow events of one function leave room for those of others.
        let per_lane_max = running_max.div_ceil(2).min(EVENTS_RUNNING_PER_FUNCTION_MAX);
        Self {
            state: Mutex::new(State {
                runs: Lanes::new(Room {
                    running_max,
                    per_lane_max,
                }),
                deliveries: Lanes::new(Room {
                    running_max: DELIVERIES_RUNNING_MAX,
                    per_lane_max: DELIVERIES_PER_TARGET_MAX,
                }),
                cache: Cache::new(EVENTS_CACHED_BYTES_MAX),
                delivering: HashMap::new(),
                events: 0,
                bytes: 0,
            }),
            clock,
            bytes_max,
            wake: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// Takes up what an earlier run left. Nothing waits longer than `wait_ms_max`: what seems to was
    /// accepted while the system's time was ahead.
    pub(super) fn take_up(&self, found: Found, wait_ms_max: u64) {
        let now_ms = self.clock.now_ms();
        let due_ms_max = now_ms.saturating_add(wait_ms_max);
        let mut state = self.lock();
        for event in found.events {
            state.events += 1;
            state.bytes += event.bytes;
            if event.waits {
                state.runs.insert(Turn {
                    lane: event.function,
                    id: event.id.0,
                    due_ms: event.due_ms.min(due_ms_max),
                    tries: 0,
                });
            } else {
                let delivering = Delivering {
                    messages: 0,
                    bytes: event.bytes,
                };
                state.delivering.insert(event.id, delivering);
            }
        }
        for message in found.deliveries {
            state.post(message.id, message.target, now_ms);
        }
    }

    /// Room for one more event.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reserved, Refusal> {
        let mut state = self.lock();
        self.check_room(&state, 1, bytes)?;
        state.events += 1;
        state.bytes += bytes;
        Ok(Reserved {
            queues: Arc::clone(self),
            bytes,
            is_kept: false,
        })
    }

    /// Whether there is room for so many more.
    pub(super) fn has_room(&self, events: u64, bytes: u64) -> Result<(), Refusal> {
        self.check_room(&self.lock(), events, bytes)
    }

    fn check_room(&self, state: &State, events: u64, bytes: u64) -> Result<(), Refusal> {
        let fits = state.events + events <= EVENTS_WAITING_MAX
            && state.bytes.saturating_add(bytes) <= self.bytes_max;
        match fits {
            true => Ok(()),
            false => Err(Refusal::TooManyEvents {
                events: state.events,
                bytes: state.bytes,
            }),
        }
    }

    /// An event that has room and is durable waits for its turn.
    pub(super) fn admit(&self, event: Event) {
        let mut state = self.lock();
        state.runs.insert(Turn {
            lane: event.new.function.clone(),
            id: event.id.0,
            due_ms: event.accepted_ms,
            tries: 0,
        });
        state.cache.keep(event);
        drop(state);
        self.wake.notify_one();
    }

    /// Events that come without having asked for room, since something accepted depends on them.
    pub(super) fn admit_all(&self, events: Vec<Event>) {
        for event in events {
            let mut state = self.lock();
            state.events += 1;
            state.bytes += event.bytes();
            drop(state);
            self.admit(event);
        }
    }

    /// A dead event waits again.
    pub(super) fn revive(&self, id: EventId, function: FunctionName, bytes: u64, due_ms: u64) {
        let mut state = self.lock();
        state.events += 1;
        state.bytes += bytes;
        state.runs.insert(Turn {
            lane: function,
            id: id.0,
            due_ms,
            tries: 0,
        });
        drop(state);
        self.wake.notify_one();
    }

    /// An event that has room has ended: with messages on their way, or for good.
    pub(super) fn end(&self, id: EventId, bytes: u64, posted: Vec<Posted>) {
        let mut state = self.lock();
        if posted.is_empty() {
            state.leave(bytes);
            return;
        }
        let now_ms = self.clock.now_ms();
        let more: u64 = posted.iter().map(|message| message.bytes).sum();
        state.bytes += more;
        let delivering = Delivering {
            messages: 0,
            bytes: bytes + more,
        };
        state.delivering.insert(id, delivering);
        for message in posted {
            state.post(message.id, message.target, now_ms);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The messages of a dead event are on their way again.
    pub(super) fn repost(&self, id: EventId, bytes: u64, posted: Vec<Posted>) {
        self.lock().events += 1;
        self.lock().bytes += bytes;
        self.end(id, bytes, posted);
    }

    /// One message of an event is delivered or given up.
    pub(super) fn told(&self, id: EventId) {
        let mut state = self.lock();
        let Some(delivering) = state.delivering.get_mut(&id) else {
            return;
        };
        delivering.messages -= 1;
        if delivering.messages == 0
            && let Some(delivering) = state.delivering.remove(&id)
        {
            state.leave(delivering.bytes);
        }
    }

    /// Takes what is due.
    pub(super) fn take(&self) -> Due {
        let now_ms = self.clock.now_ms();
        let mut state = self.lock();
        let runs = state.runs.take(now_ms);
        let deliveries = state.deliveries.take(now_ms);
        let wakes = [state.runs.wake_ms(), state.deliveries.wake_ms()];
        Due {
            runs,
            deliveries,
            wake_ms: wakes
                .into_iter()
                .flatten()
                .filter(|at_ms| *at_ms > now_ms)
                .min(),
        }
    }

    /// What time it is.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Completes when something may have become due.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// An event out of memory, if it is there.
    pub(super) fn cached(&self, id: EventId) -> Option<Event> {
        self.lock().cache.take(id)
    }

    /// Keeps an event in memory that waits again, if there is room.
    pub(super) fn keep(&self, event: Event) {
        self.lock().cache.keep(event);
    }

    /// Ends turns: `change` puts back what waits again and gives the room back.
    pub(super) fn end_turn(&self, change: impl FnOnce(&mut State, u64)) {
        let now_ms = self.clock.now_ms();
        change(&mut self.lock(), now_ms);
        self.wake.notify_one();
        self.ended.notify_waiters();
    }

    /// What is in memory of one function, or of all; `delivering` is always that of all.
    pub(super) fn counts(&self, function: Option<&FunctionName>) -> Counts {
        let now_ms = self.clock.now_ms();
        let state = self.lock();
        let [running, waiting, retrying] = match function {
            Some(function) => state.runs.of_lane(function, now_ms),
            None => state.runs.of_all(now_ms),
        }
        .map(|count| count as u64);
        Counts {
            running,
            waiting,
            retrying,
            delivering: state.delivering.len() as u64,
            dead: 0,
        }
    }

    /// Completes when nothing runs and nothing is being delivered.
    pub(super) async fn idle(&self) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // Registered before the counts are read, so that the last one is not missed.
            ended.as_mut().enable();
            if self.is_idle() {
                return;
            }
            ended.await;
        }
    }

    fn is_idle(&self) -> bool {
        let state = self.lock();
        state.runs.running() == 0 && state.deliveries.running() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No change of the state panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn post(&mut self, id: DeliveryId, target: String, due_ms: u64) {
        if let Some(delivering) = self.delivering.get_mut(&id.event) {
            delivering.messages += 1;
        }
        self.deliveries.insert(Turn {
            lane: target,
            id: id.number(),
            due_ms,
            tries: 0,
        });
    }

    fn leave(&mut self, bytes: u64) {
        self.events -= 1;
        self.bytes -= bytes;
    }
}

/// Room for an event, given back when it is dropped unless it is kept.
pub(super) struct Reserved {
    queues: Arc<Queues>,
    bytes: u64,
    is_kept: bool,
}

impl Reserved {
    /// The event is there: its room goes with it.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_kept {
            self.queues.lock().leave(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests;
