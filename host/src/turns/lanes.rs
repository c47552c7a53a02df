//! Who is next: a lane for each function (or destination), and turns between the lanes.
//!
//! ```text
//! empty ──▶ later (its first is not due, or it is paused) ──▶ ready ──▶ full (as many run as may)
//!   ▲                                                          │ ▲        │
//!   └──────────────────── nothing waits ───────────────────────┘ └────────┘ one has ended
//! ```
//!
//! Lanes that are ready take turns, one event each, so that a flood in one does not starve another. A
//! lane that meets a refusal is paused as a whole and becomes narrower: the next of it are not tried in
//! vain. One that ends makes it wider by one and ends the pause, since it leaves room.
//!
//! A value: no clock, no lock, no waiting.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use super::backoff::backoff_ms;

/// Longest pause of a lane: one of it is tried then, to see whether there is room. Shorter than the
/// least age that an owner can give events, so that none is too old before it was tried.
const PAUSE_MS_MAX: u64 = 20_000;

/// How much may run at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) running_max: usize,
    pub(crate) per_lane_max: usize,
}

/// Something that waits or runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn<K> {
    pub(crate) lane: K,
    pub(crate) id: u64,
    pub(crate) due_ms: u64,
    /// Attempts in a row that did not run.
    pub(crate) tries: u32,
}

/// How a turn went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    /// It ran, so there is room for another.
    Ran,
    /// It could not run, which says nothing about the others of its lane.
    Failed,
    /// There was no room: the lane waits.
    Refused,
}

/// All lanes.
#[derive(Debug)]
pub(crate) struct Lanes<K> {
    lanes: HashMap<K, Lane>,
    ready: VecDeque<K>,
    later: BTreeSet<(u64, K)>,
    room: Room,
    running: usize,
}

#[derive(Debug)]
struct Lane {
    /// By the time at which they are due, then by age; with the attempts that did not run.
    waiting: BTreeMap<(u64, u64), u32>,
    running: usize,
    /// How many may run, as far as the refusals tell.
    width: usize,
    /// Refusals in a row.
    refusals: u32,
    paused_until_ms: u64,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Empty or full.
    Aside,
    Ready,
    Later(u64),
}

impl Lane {
    fn new(width: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            running: 0,
            width,
            refusals: 0,
            paused_until_ms: 0,
            place: Place::Aside,
        }
    }

    /// When its next one may run, where one waits and there is room.
    fn next_ms(&self) -> Option<u64> {
        let ((due_ms, _), _) = self.waiting.first_key_value()?;
        (self.running < self.width).then(|| (*due_ms).max(self.paused_until_ms))
    }
}

impl<K: Clone + Eq + Hash + Ord> Lanes<K> {
    pub(crate) fn new(room: Room) -> Self {
        Self {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            later: BTreeSet::new(),
            room,
            running: 0,
        }
    }

    /// Adds one that waits.
    pub(crate) fn insert(&mut self, turn: Turn<K>) {
        let width = self.room.per_lane_max;
        let lane = self
            .lanes
            .entry(turn.lane.clone())
            .or_insert_with(|| Lane::new(width));
        lane.waiting.insert((turn.due_ms, turn.id), turn.tries);
        self.place(&turn.lane);
    }

    /// Takes what is due at `now_ms` and has room, one of each lane in turn.
    pub(crate) fn take(&mut self, now_ms: u64) -> Vec<Turn<K>> {
        while let Some((at_ms, _)) = self.later.first()
            && *at_ms <= now_ms
            && let Some((_, key)) = self.later.pop_first()
        {
            self.make_ready(&key);
        }
        let mut taken = Vec::new();
        while self.running < self.room.running_max
            && let Some(key) = self.ready.pop_front()
        {
            taken.extend(self.take_one(key, now_ms));
        }
        taken
    }

    fn take_one(&mut self, key: K, now_ms: u64) -> Option<Turn<K>> {
        let lane = self.lanes.get_mut(&key)?;
        lane.place = Place::Aside;
        let is_due = lane.next_ms().is_some_and(|at_ms| at_ms <= now_ms);
        let first = is_due.then(|| lane.waiting.pop_first()).flatten();
        if first.is_some() {
            lane.running += 1;
            self.running += 1;
        }
        match lane.next_ms() {
            Some(at_ms) if at_ms <= now_ms => self.make_ready(&key),
            _ => self.place(&key),
        }
        let ((due_ms, id), tries) = first?;
        Some(Turn {
            lane: key,
            id,
            due_ms,
            tries,
        })
    }

    /// Gives the room of one that was taken back.
    pub(crate) fn ended(&mut self, key: &K, went: Went, now_ms: u64) {
        let Some(lane) = self.lanes.get_mut(key) else {
            return;
        };
        lane.running -= 1;
        self.running -= 1;
        match went {
            Went::Failed => {}
            Went::Ran => {
                lane.refusals = 0;
                lane.paused_until_ms = 0;
                lane.width = (lane.width + 1).min(self.room.per_lane_max);
            }
            Went::Refused => {
                lane.width = lane.running.max(1);
                // Several that were tried together are one refusal.
                if lane.paused_until_ms <= now_ms {
                    lane.refusals = lane.refusals.saturating_add(1);
                    lane.paused_until_ms = now_ms + backoff_ms(lane.refusals).min(PAUSE_MS_MAX);
                }
            }
        }
        self.place(key);
    }

    /// When something becomes due that is not yet.
    pub(crate) fn wake_ms(&self) -> Option<u64> {
        self.later.first().map(|(at_ms, _)| *at_ms)
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Puts a lane where it belongs. One that is ready keeps its turn: it is looked at when that comes.
    fn place(&mut self, key: &K) {
        let Some(lane) = self.lanes.get_mut(key) else {
            return;
        };
        if lane.place == Place::Ready {
            return;
        }
        if let Place::Later(at_ms) = lane.place {
            self.later.remove(&(at_ms, key.clone()));
        }
        match lane.next_ms() {
            Some(at_ms) => {
                lane.place = Place::Later(at_ms);
                self.later.insert((at_ms, key.clone()));
            }
            None if lane.waiting.is_empty() && lane.running == 0 => {
                self.lanes.remove(key);
            }
            None => lane.place = Place::Aside,
        }
    }

    fn make_ready(&mut self, key: &K) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.place = Place::Ready;
            self.ready.push_back(key.clone());
        }
    }
}

#[cfg(test)]
mod tests;
