//! Who is next of those who wait for one of a few places, and who has to leave one.
//!
//! Whoever asks says whose it is, a *lane* of an *owner*, and how long it expects to take. Served first is who would
//! be done first if each owner, and each lane of an owner, took up its time where the last of it left off. So short
//! ones go before long ones, what floods a lane waits behind others, and so does an owner with many lanes. Each that
//! is served moves on the time that newcomers begin at, by its share among those who wait, so that no stream of short
//! ones starves a long one.
//!
//! What is expected need not be true. Places are nested in *levels*, by the time that is needed: all of them for what
//! is short, fewer for what takes longer. One that has used up the time of its level rises to the next where there is
//! room, leaving its place to short ones; where there is none, it goes on as long as nobody else could use its place.
//! It is told to leave then, and asks again at the next level: nothing is kept of those that wait, and they are tried
//! at most once on each level.
//!
//! A value: no clock, no lock, no waiting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::times::milliseconds;

/// Whose turn it is: something of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    /// Whoever has it done.
    pub owner: Arc<str>,
    /// What it is done for.
    pub name: Arc<str>,
}

/// Places for what takes no longer than `time`, and for all that takes longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// How many places there are for this level and those above it together.
    pub(crate) at_once: usize,
    /// How long one of this level may take before it has to rise. The highest has all the time that it needs.
    pub(crate) time: Duration,
}

/// What nobody takes less than, so that nobody is served for nothing.
const COST_MS_MIN: u64 = 10;

/// Among so many the time of newcomers is shared at most: a flood of short ones must not make it stand still.
const SHARERS_MAX: usize = 8;

/// Those who wait, and those who have a place.
#[derive(Debug)]
pub(crate) struct Fair {
    levels: Vec<Level>,
    per_lane_max: usize,
    waiting: BTreeMap<u64, Waiting>,
    served: BTreeMap<u64, Served>,
    asked: u64,
    /// What an owner begins at of whom nothing was served.
    time_ms: u64,
    owners: HashMap<Arc<str>, Owner>,
}

#[derive(Debug)]
struct Waiting {
    lane: Lane,
    level: usize,
    cost_ms: u64,
    /// The times of all, and of its owner, when it came: it ages by keeping them.
    came_ms: u64,
    came_of_owner_ms: u64,
}

#[derive(Debug)]
struct Served {
    lane: Lane,
    level: usize,
}

#[derive(Debug, Default)]
struct Owner {
    /// Where the last that was served of it left off.
    end_ms: u64,
    /// What a lane begins at of which nothing was served.
    time_ms: u64,
    /// Where the last that was served of each left off.
    lanes: HashMap<Arc<str>, u64>,
}

impl Fair {
    /// Nobody waits. `levels` rise, and of each lane as many are served at once as `per_lane_max`.
    pub(crate) fn new(levels: Vec<Level>, per_lane_max: usize) -> Self {
        Self {
            levels,
            per_lane_max,
            waiting: BTreeMap::new(),
            served: BTreeMap::new(),
            asked: 0,
            time_ms: 0,
            owners: HashMap::new(),
        }
    }

    /// One more waits; its number.
    pub(crate) fn ask(&mut self, lane: Lane, expected: Duration) -> u64 {
        let id = self.asked;
        self.asked += 1;
        let level = self.level_of(expected);
        let waiting = self.newcomer(lane, level, milliseconds(expected).max(COST_MS_MIN));
        self.waiting.insert(id, waiting);
        id
    }

    /// Serves the next for whom there is room.
    pub(crate) fn serve(&mut self) -> Option<u64> {
        if self.served.len() >= self.levels.first()?.at_once {
            return None;
        }
        let id = self.first(None, 0)?;
        let waiting = self.waiting.remove(&id)?;
        self.charge(&waiting);
        let Waiting { lane, level, .. } = waiting;
        self.served.insert(id, Served { lane, level });
        Some(id)
    }

    /// Whether one that is served may go on after it has used so much.
    pub(crate) fn may_go_on(&mut self, id: u64, used: Duration) -> bool {
        while let Some(served) = self.served.get(&id)
            && let Some(next) = self.level_above(served.level, used)
        {
            if self.first(Some(id), 0).is_none() {
                // It could leave its place to nobody.
                return true;
            }
            let cost_ms = milliseconds(self.levels[next].time);
            let rising = self.newcomer(served.lane.clone(), next, cost_ms);
            // Whoever is past the first level waits for the places that it would go on to hold.
            let heir = self.first(Some(id), 1);
            let is_before = heir.is_some_and(|heir| self.is_before(heir, &rising));
            if is_before || self.count(next, Some(id)) >= self.levels[next].at_once {
                return false;
            }
            self.charge(&rising);
            if let Some(served) = self.served.get_mut(&id) {
                served.level = next;
            }
        }
        true
    }

    /// One waits no more, or is served no more.
    pub(crate) fn leave(&mut self, id: u64) {
        self.waiting.remove(&id);
        self.served.remove(&id);
        self.forget();
    }

    /// What to expect of one that was told to leave after it had used so much.
    pub(crate) fn expected_after(&self, used: Duration) -> Duration {
        let mut times = self.levels.iter().map(|level| level.time);
        times.find(|time| *time > used).unwrap_or(used)
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many are served.
    pub(crate) fn served(&self) -> usize {
        self.served.len()
    }

    fn level_of(&self, expected: Duration) -> usize {
        let below = self.levels.iter().take_while(|level| level.time < expected);
        below.count().min(self.levels.len() - 1)
    }

    /// The level to rise to from `level` when that much is used, where it is time to.
    fn level_above(&self, level: usize, used: Duration) -> Option<usize> {
        let is_over = self.levels.get(level)?.time < used;
        (is_over && level + 1 < self.levels.len()).then_some(level + 1)
    }

    /// One that asks now.
    fn newcomer(&self, lane: Lane, level: usize, cost_ms: u64) -> Waiting {
        let owner = self.owners.get(&lane.owner);
        Waiting {
            level,
            cost_ms,
            came_ms: self.time_ms,
            came_of_owner_ms: owner.map_or(0, |owner| owner.time_ms),
            lane,
        }
    }

    /// How many are served at `level` and above, without one of them.
    fn count(&self, level: usize, without: Option<u64>) -> usize {
        let others = self.served.iter().filter(|(id, _)| Some(**id) != without);
        others.filter(|(_, served)| served.level >= level).count()
    }

    /// Whether there is room for one that waits, if `without` were not served.
    fn has_room(&self, waiting: &Waiting, without: Option<u64>) -> bool {
        let mut levels = (0..=waiting.level).zip(&self.levels);
        let others = self.served.iter().filter(|(id, _)| Some(**id) != without);
        let of_lane = others.filter(|(_, served)| served.lane == waiting.lane);
        levels.all(|(level, room)| self.count(level, without) < room.at_once)
            && of_lane.count() < self.per_lane_max
    }

    /// Who would be next, of those from `level` on, if `without` were not served: of each owner the first, and of
    /// these the first.
    fn first(&self, without: Option<u64>, level: usize) -> Option<u64> {
        let mut firsts: HashMap<&str, (u64, u64)> = HashMap::new();
        for (id, waiting) in &self.waiting {
            if waiting.level < level || !self.has_room(waiting, without) {
                continue;
            }
            let (of_owner_ms, _) = self.ends_ms(waiting);
            let first = firsts.entry(&waiting.lane.owner).or_insert((u64::MAX, *id));
            *first = (*first).min((of_owner_ms, *id));
        }
        let ends = firsts.into_values().filter_map(|(_, id)| {
            let (_, of_all_ms) = self.ends_ms(self.waiting.get(&id)?);
            Some(Reverse((of_all_ms, id)))
        });
        ends.max().map(|Reverse((_, id))| id)
    }

    /// When it would be done: within its owner's time, and within that of all.
    fn ends_ms(&self, waiting: &Waiting) -> (u64, u64) {
        let owner = self.owners.get(&waiting.lane.owner);
        let lane_ms = owner.and_then(|owner| owner.lanes.get(&waiting.lane.name));
        let of_owner = waiting.came_of_owner_ms.max(lane_ms.copied().unwrap_or(0));
        let of_all = waiting.came_ms.max(owner.map_or(0, |owner| owner.end_ms));
        (
            of_owner.saturating_add(waiting.cost_ms),
            of_all.saturating_add(waiting.cost_ms),
        )
    }

    /// Whether one that waits is to be served before `other`.
    fn is_before(&self, id: u64, other: &Waiting) -> bool {
        let Some(waiting) = self.waiting.get(&id) else {
            return false;
        };
        let (one, other_ends) = (self.ends_ms(waiting), self.ends_ms(other));
        match waiting.lane.owner == other.lane.owner {
            true => one.0 <= other_ends.0,
            false => one.1 <= other_ends.1,
        }
    }

    /// Its lane and its owner begin where it would be done, and newcomers later than before.
    fn charge(&mut self, served: &Waiting) {
        let Waiting { lane, cost_ms, .. } = served;
        let (of_owner_ms, of_all_ms) = self.ends_ms(served);
        let others = self.waiting.values().map(|other| &other.lane);
        let lanes = others.clone().filter(|other| other.owner == lane.owner);
        let lanes: HashSet<_> = lanes.map(|other| &other.name).chain([&lane.name]).collect();
        let owners: HashSet<_> = others
            .map(|other| &other.owner)
            .chain([&lane.owner])
            .collect();
        let later_ms = |time_ms: u64, end_ms: u64, sharers: usize| {
            let share_ms = cost_ms / sharers.min(SHARERS_MAX) as u64;
            time_ms.max(end_ms - cost_ms).saturating_add(share_ms)
        };
        let (lanes, owners) = (lanes.len(), owners.len());
        let owner = self.owners.entry(Arc::clone(&lane.owner)).or_default();
        owner.end_ms = of_all_ms;
        owner.time_ms = later_ms(owner.time_ms, of_owner_ms, lanes);
        owner.lanes.insert(Arc::clone(&lane.name), of_owner_ms);
        self.time_ms = later_ms(self.time_ms, of_all_ms, owners);
    }

    /// Nothing is kept of whoever would be treated like a newcomer.
    fn forget(&mut self) {
        if self.waiting.is_empty() && self.served.is_empty() {
            self.owners.clear();
            self.time_ms = 0;
        }
        let waiting: HashSet<_> = self.waiting.values().map(|waiting| &waiting.lane).collect();
        for (name, owner) in &mut self.owners {
            let waits = |lane: &Arc<str>| {
                let (owner, name) = (Arc::clone(name), Arc::clone(lane));
                waiting.contains(&Lane { owner, name })
            };
            let time_ms = owner.time_ms;
            owner
                .lanes
                .retain(|lane, end_ms| *end_ms > time_ms || waits(lane));
        }
        let time_ms = self.time_ms;
        let waits = |name: &Arc<str>| waiting.iter().any(|lane| lane.owner == *name);
        self.owners
            .retain(|name, owner| owner.end_ms > time_ms || !owner.lanes.is_empty() || waits(name));
    }
}

#[cfg(test)]
mod tests;
