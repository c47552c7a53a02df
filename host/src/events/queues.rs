//! What of the queue is in memory: what this host has leased, who is next, and who runs.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, MutexGuard};

use tokio::sync::Notify;

use super::log::{Handed, HolderId, Joining, Leased};
use crate::domain::{FunctionName, Lock};
use crate::limits::{
    DELIVERIES_PER_TARGET_MAX, DELIVERIES_RUNNING_MAX, EVENTS_RUNNING_MAX,
    EVENTS_RUNNING_PER_FUNCTION_MAX,
};
use crate::turns::{Clock, Lanes, Room, Turn, Went};

/// The part of the queue that is in memory.
pub(super) struct Queues {
    state: Lock<State>,
    clock: Arc<dyn Clock>,
    events_per_function_max: usize,
    /// There may be room for more.
    wake: Notify,
    /// Something has ended.
    ended: Notify,
}

pub(super) struct State {
    pub(super) events: Held<FunctionName>,
    pub(super) messages: Held<Arc<str>>,
}

/// What is leased, in lanes while it waits, and out of them while it has its turn.
pub(super) struct Held<K> {
    lanes: Lanes<K>,
    /// Of each, the newest token of its lease: it may have been handed out again in between.
    tokens: HashMap<u64, u64>,
}

/// What there is to do now, and when to look again.
pub(super) struct Due {
    pub(super) events: Vec<Turn<FunctionName>>,
    pub(super) messages: Vec<Turn<Arc<str>>>,
    pub(super) wake_ms: Option<u64>,
}

impl<K: Clone + Eq + Hash + Ord> Held<K> {
    fn new(room: Room) -> Self {
        Self {
            lanes: Lanes::new(room),
            tokens: HashMap::new(),
        }
    }

    fn hold<W>(&mut self, leased: Leased<W, K>, number: impl Fn(W) -> u64) {
        let id = number(leased.lease.work);
        // What is here already has its turn, or waits for it.
        if self.tokens.insert(id, leased.lease.token).is_none() {
            self.lanes.insert(Turn {
                lane: leased.lane,
                id,
                due_ms: leased.due_ms,
                tries: leased.tries,
            });
        }
    }

    /// The newest token of a lease; that of no lease where it is not held.
    pub(super) fn token(&self, id: u64) -> u64 {
        self.tokens.get(&id).copied().unwrap_or_default()
    }

    /// Its turn comes again.
    pub(super) fn again(&mut self, turn: Turn<K>) {
        self.lanes.insert(turn);
    }

    /// It is not held any more.
    pub(super) fn let_go(&mut self, id: u64) {
        self.tokens.remove(&id);
    }

    /// Gives the room of a turn back.
    pub(super) fn ended(&mut self, lane: &K, went: Went, now_ms: u64) {
        self.lanes.ended(lane, went, now_ms);
    }
}

impl Queues {
    /// Queues that run at most half of what may run at all.
    pub(super) fn new(concurrency_max: u32, clock: Arc<dyn Clock>) -> Self {
        let half = (concurrency_max / 2).max(1) as usize;
        let running_max = half.min(EVENTS_RUNNING_MAX);
        // Half of that again, so that slow events of one function leave room for those of others.
        let per_lane_max = running_max.div_ceil(2).min(EVENTS_RUNNING_PER_FUNCTION_MAX);
        Self {
            state: Lock::new(State {
                events: Held::new(Room {
                    running_max,
                    per_lane_max,
                }),
                messages: Held::new(Room {
                    running_max: DELIVERIES_RUNNING_MAX,
                    per_lane_max: DELIVERIES_PER_TARGET_MAX,
                }),
            }),
            clock,
            events_per_function_max: per_lane_max,
            wake: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// A host that leases no more than it could run, and that lets nothing wait longer than
    /// `wait_ms_max`.
    pub(super) fn joining(&self, holder: HolderId, account: Arc<str>, wait_ms_max: u64) -> Joining {
        Joining {
            holder,
            account,
            events_per_function_max: self.events_per_function_max,
            messages_per_target_max: DELIVERIES_PER_TARGET_MAX,
            due_ms_max: self.now_ms().saturating_add(wait_ms_max),
        }
    }

    /// Takes in what was leased.
    pub(super) fn hold(&self, handed: Handed) {
        let mut state = self.lock();
        for leased in handed.events {
            state.events.hold(leased, |id| id.0);
        }
        for leased in handed.messages {
            state.messages.hold(leased, |id| id.number());
        }
    }

    /// Takes what is due.
    pub(super) fn take(&self) -> Due {
        let now_ms = self.clock.now_ms();
        let mut state = self.lock();
        let events = state.events.lanes.take(now_ms);
        let messages = state.messages.lanes.take(now_ms);
        let wakes = [state.events.lanes.wake_ms(), state.messages.lanes.wake_ms()];
        Due {
            events,
            messages,
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

    /// Completes when there may be room for more.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Looks something up.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock())
    }

    /// Ends turns: `change` puts back what waits again and gives the room back.
    pub(super) fn end_turn(&self, change: impl FnOnce(&mut State, u64)) {
        let now_ms = self.clock.now_ms();
        change(&mut self.lock(), now_ms);
        self.wake.notify_one();
        self.ended.notify_waiters();
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
        state.events.lanes.running() == 0 && state.messages.lanes.running() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No change of the state panics half way.
        self.state.lock()
    }
}

#[cfg(test)]
mod tests;
