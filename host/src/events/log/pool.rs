//! What waits to be handed out, in lanes, and what is leased to whom.
//!
//! ```text
//! waiting ──take──▶ held ──begin──▶ begun ──remove──▶ gone
//!    ▲                │                │
//!    └── give back, or the lease lapsed ┘
//! ```
//!
//! A holder gets of each lane no more than it has room for, so that what it cannot run yet stays for
//! others, and no lane crowds out another. A value: no clock, no lock, no waiting.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use super::HolderId;

/// Of which account, and which lane of it.
type Place<K> = (Arc<str>, K);

/// Something that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) due_ms: u64,
    /// Attempts in a row that did not run.
    pub(super) tries: u32,
    /// What it takes of the log's room.
    pub(super) bytes: u64,
}

/// Something that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken<K> {
    pub(super) lane: K,
    pub(super) waiting: Waiting,
    pub(super) token: u64,
}

/// What waits and what is held, of all accounts.
#[derive(Debug)]
pub(super) struct Pool<K> {
    lanes: HashMap<Place<K>, Lane>,
    held: HashMap<u64, Held<K>>,
    seats: HashMap<HolderId, Seat<K>>,
    tokens: u64,
}

#[derive(Debug, Default)]
struct Lane {
    /// By the time at which they are due, then by age.
    waiting: BTreeMap<(u64, u64), (u32, u64)>,
    shares: Vec<Share>,
    begun: usize,
}

/// What a lane is to one holder.
#[derive(Debug)]
struct Share {
    holder: HolderId,
    held: usize,
    /// Where the lane stands among those that have something for the holder.
    listed_ms: Option<u64>,
}

/// What a holder may take.
#[derive(Debug)]
struct Seat<K> {
    account: Arc<str>,
    per_lane_max: usize,
    /// The lanes that have something for it, by the time at which that is due.
    due: BTreeSet<(u64, Place<K>)>,
}

#[derive(Debug)]
struct Held<K> {
    place: Place<K>,
    holder: HolderId,
    token: u64,
    waiting: Waiting,
    is_begun: bool,
    /// Its end is being written: it does not lapse in between.
    is_settling: bool,
}

impl<K> Default for Pool<K> {
    fn default() -> Self {
        Self {
            lanes: HashMap::new(),
            held: HashMap::new(),
            seats: HashMap::new(),
            tokens: 0,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Pool<K> {
    /// Lets a holder take, of each lane of `account`, so many at once.
    pub(super) fn seat(&mut self, holder: HolderId, account: &Arc<str>, per_lane_max: usize) {
        self.unseat(holder);
        let seat = Seat {
            account: Arc::clone(account),
            per_lane_max,
            due: BTreeSet::new(),
        };
        self.seats.insert(holder, seat);
        for place in self.places_of(account) {
            self.list(&place);
        }
    }

    /// Takes a holder away, and what it holds with it: that waits again.
    pub(super) fn unseat(&mut self, holder: HolderId) {
        self.give_back_all(holder, |_| true);
        if let Some(seat) = self.seats.remove(&holder) {
            for place in self.places_of(&seat.account) {
                if let Some(lane) = self.lanes.get_mut(&place) {
                    lane.share(holder).listed_ms = None;
                    // What is being settled is still held.
                    let is_kept = |share: &Share| share.holder != holder || share.held > 0;
                    lane.shares.retain(is_kept);
                }
            }
        }
    }

    /// What a holder has not begun waits again, and it gets no more.
    pub(super) fn close(&mut self, holder: HolderId) {
        if let Some(seat) = self.seats.get_mut(&holder) {
            seat.per_lane_max = 0;
            let account = Arc::clone(&seat.account);
            self.give_back_all(holder, |held| !held.is_begun);
            for place in self.places_of(&account) {
                self.list(&place);
            }
        }
    }

    /// Nothing of `account` waits longer than until `due_ms_max`.
    pub(super) fn hasten(&mut self, account: &Arc<str>, due_ms_max: u64) {
        for place in self.places_of(account) {
            if let Some(lane) = self.lanes.get_mut(&place) {
                for ((_, id), value) in lane.waiting.split_off(&(due_ms_max, u64::MAX)) {
                    lane.waiting.insert((due_ms_max, id), value);
                }
            }
            self.list(&place);
        }
    }

    /// Adds one that waits.
    pub(super) fn insert(&mut self, account: &Arc<str>, lane: K, waiting: Waiting) {
        let place = (Arc::clone(account), lane);
        self.wait(&place, waiting);
        self.list(&place);
    }

    /// Hands out what is due at `now_ms`, as far as the holder has room for it.
    pub(super) fn take(&mut self, holder: HolderId, now_ms: u64) -> Vec<Taken<K>> {
        let mut taken = Vec::new();
        while let Some(place) = self.next_place(holder, now_ms) {
            taken.extend(self.take_first(&place, holder));
            self.list(&place);
        }
        taken
    }

    /// When the next one is due that the holder has room for.
    pub(super) fn wake_ms(&self, holder: HolderId) -> Option<u64> {
        let (due_ms, _) = self.seats.get(&holder)?.due.first()?;
        Some(*due_ms)
    }

    /// Whether a holder still holds what it was handed.
    pub(super) fn holds(&self, id: u64, token: u64) -> bool {
        self.held.get(&id).is_some_and(|held| held.token == token)
    }

    /// It is being run.
    pub(super) fn begin(&mut self, id: u64) {
        if let Some(held) = self.held.get_mut(&id)
            && !held.is_begun
        {
            held.is_begun = true;
            if let Some(lane) = self.lanes.get_mut(&held.place) {
                lane.begun += 1;
            }
        }
    }

    /// Its end is being written, or could not be.
    pub(super) fn set_settling(&mut self, id: u64, is_settling: bool) {
        if let Some(held) = self.held.get_mut(&id) {
            held.is_settling = is_settling;
        }
    }

    /// It waits again, until `due_ms`.
    pub(super) fn give_back(&mut self, id: u64, due_ms: u64, tries: u32) {
        if let Some((place, mut waiting)) = self.let_go(id) {
            waiting.due_ms = due_ms;
            waiting.tries = tries;
            self.wait(&place, waiting);
            self.list(&place);
        }
    }

    /// It is gone; with what it took of the log's room.
    pub(super) fn remove(&mut self, id: u64) -> Option<(Place<K>, Waiting)> {
        let (place, waiting) = self.let_go(id)?;
        self.list(&place);
        Some((place, waiting))
    }

    /// How many of a lane, or of all lanes of an account, are begun, wait and are due, and wait for a
    /// later time.
    pub(super) fn counts(&self, account: &Arc<str>, lane: Option<&K>, now_ms: u64) -> [u64; 3] {
        let counted = self.lanes.iter().filter(|((owner, name), _)| {
            owner == account && lane.is_none_or(|wanted| wanted == name)
        });
        counted.fold([0; 3], |sum, (_, lane)| {
            let counts = lane.counts(now_ms);
            [0, 1, 2].map(|index| sum[index] + counts[index] as u64)
        })
    }

    fn places_of(&self, account: &Arc<str>) -> Vec<Place<K>> {
        let places = self.lanes.keys().filter(|(owner, _)| owner == account);
        places.cloned().collect()
    }

    fn next_place(&self, holder: HolderId, now_ms: u64) -> Option<Place<K>> {
        let (due_ms, place) = self.seats.get(&holder)?.due.first()?;
        (*due_ms <= now_ms).then(|| place.clone())
    }

    fn take_first(&mut self, place: &Place<K>, holder: HolderId) -> Option<Taken<K>> {
        let lane = self.lanes.get_mut(place)?;
        let ((due_ms, id), (tries, bytes)) = lane.waiting.pop_first()?;
        lane.share(holder).held += 1;
        self.tokens += 1;
        let waiting = Waiting {
            id,
            due_ms,
            tries,
            bytes,
        };
        let held = Held {
            place: place.clone(),
            holder,
            token: self.tokens,
            waiting,
            is_begun: false,
            is_settling: false,
        };
        self.held.insert(id, held);
        Some(Taken {
            lane: place.1.clone(),
            waiting,
            token: self.tokens,
        })
    }

    fn let_go(&mut self, id: u64) -> Option<(Place<K>, Waiting)> {
        let held = self.held.remove(&id)?;
        if let Some(lane) = self.lanes.get_mut(&held.place) {
            lane.share(held.holder).held -= 1;
            lane.begun -= usize::from(held.is_begun);
        }
        Some((held.place, held.waiting))
    }

    fn give_back_all(&mut self, holder: HolderId, which: impl Fn(&Held<K>) -> bool) {
        let theirs = self
            .held
            .iter()
            .filter(|(_, held)| held.holder == holder && !held.is_settling && which(held));
        let ids: Vec<(u64, Waiting)> = theirs.map(|(id, held)| (*id, held.waiting)).collect();
        for (id, waiting) in ids {
            self.give_back(id, waiting.due_ms, waiting.tries);
        }
    }

    fn wait(&mut self, place: &Place<K>, waiting: Waiting) {
        if !self.lanes.contains_key(place) {
            self.lanes.insert(place.clone(), Lane::default());
        }
        if let Some(lane) = self.lanes.get_mut(place) {
            let value = (waiting.tries, waiting.bytes);
            lane.waiting.insert((waiting.due_ms, waiting.id), value);
        }
    }

    /// Puts a lane where it belongs for each holder, and forgets one of which nothing is left.
    fn list(&mut self, place: &Place<K>) {
        let Some(lane) = self.lanes.get_mut(place) else {
            return;
        };
        let first_ms = lane
            .waiting
            .first_key_value()
            .map(|((due_ms, _), _)| *due_ms);
        for (holder, seat) in &mut self.seats {
            if seat.account != place.0 {
                continue;
            }
            let share = lane.share(*holder);
            let wanted_ms = first_ms.filter(|_| share.held < seat.per_lane_max);
            if share.listed_ms == wanted_ms {
                continue;
            }
            if let Some(at_ms) = share.listed_ms {
                seat.due.remove(&(at_ms, place.clone()));
            }
            if let Some(at_ms) = wanted_ms {
                seat.due.insert((at_ms, place.clone()));
            }
            share.listed_ms = wanted_ms;
        }
        if lane.waiting.is_empty() && lane.shares.iter().all(|share| share.held == 0) {
            self.lanes.remove(place);
        }
    }
}

impl Lane {
    fn share(&mut self, holder: HolderId) -> &mut Share {
        let known = self.shares.iter().position(|share| share.holder == holder);
        let index = known.unwrap_or_else(|| {
            self.shares.push(Share {
                holder,
                held: 0,
                listed_ms: None,
            });
            self.shares.len() - 1
        });
        &mut self.shares[index]
    }

    fn counts(&self, now_ms: u64) -> [usize; 3] {
        let held: usize = self.shares.iter().map(|share| share.held).sum();
        let later = self.waiting.range((now_ms + 1, 0)..).count();
        [
            self.begun,
            self.waiting.len() - later + held - self.begun,
            later,
        ]
    }
}
