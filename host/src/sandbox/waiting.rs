//! Things that wait to be used again: a bounded number of each owner's and in all, and each for a bounded time.
//!
//! Plain data, without a lock or a clock: times are given, and what gives way is handed out, since dropping it may
//! take its time. `swept` adds both.

pub(in crate::sandbox) mod swept;

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// Things that wait, by whom they belong to.
pub(in crate::sandbox) struct Waiting<K, T> {
    /// Those of one owner that have waited for longest come first; an owner of none is not kept.
    owners: HashMap<K, VecDeque<Waiter<T>>>,
    count: usize,
    bounds: Bounds,
}

/// How many may wait, and for how long.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct Bounds {
    pub(in crate::sandbox) of_owner_max: usize,
    pub(in crate::sandbox) all_max: usize,
    pub(in crate::sandbox) duration_max: Duration,
}

struct Waiter<T> {
    thing: T,
    since: Instant,
}

impl<K: Clone + Eq + Hash, T> Waiting<K, T> {
    pub(in crate::sandbox) fn new(bounds: Bounds) -> Self {
        Self {
            owners: HashMap::new(),
            count: 0,
            bounds,
        }
    }

    /// Keeps a thing of this owner; gives the one that makes room for it, where there are too many.
    pub(in crate::sandbox) fn put(&mut self, owner: K, thing: T, now: Instant) -> Option<T> {
        let waiters = self.owners.entry(owner).or_default();
        waiters.push_back(Waiter { thing, since: now });
        if waiters.len() > self.bounds.of_owner_max {
            return waiters.pop_front().map(|waiter| waiter.thing);
        }
        self.count += 1;
        match self.count > self.bounds.all_max {
            true => self.take_oldest(),
            false => None,
        }
    }

    /// Of those of this owner that fit, the one that came last; and those that have waited for longest, for as long
    /// as they are stale. `fits` is told since when each waits: one that has waited for too long may be there until
    /// those are taken out.
    pub(in crate::sandbox) fn take(
        &mut self,
        owner: &K,
        fits: impl Fn(&T, Instant) -> bool,
        is_stale: impl Fn(&T) -> bool,
    ) -> (Option<T>, Vec<T>) {
        let Entry::Occupied(mut of_owner) = self.owners.entry(owner.clone()) else {
            return (None, Vec::new());
        };
        let waiters = of_owner.get_mut();
        let stale = waiters.iter().take_while(|waiter| is_stale(&waiter.thing));
        let stale = stale.count();
        let stale: Vec<T> = waiters.drain(..stale).map(|waiter| waiter.thing).collect();
        let fits = |waiter: &Waiter<T>| fits(&waiter.thing, waiter.since);
        let newest = waiters.iter().rposition(fits);
        let newest = newest.and_then(|newest| waiters.remove(newest));
        if waiters.is_empty() {
            of_owner.remove();
        }
        self.count -= stale.len() + usize::from(newest.is_some());
        (newest.map(|waiter| waiter.thing), stale)
    }

    /// Of those of this owner that fit, the one that came last.
    pub(in crate::sandbox) fn take_newest(
        &mut self,
        owner: &K,
        fits: impl Fn(&T, Instant) -> bool,
    ) -> Option<T> {
        self.take(owner, fits, |_| false).0
    }

    /// Takes out what has waited for longest.
    pub(in crate::sandbox) fn take_oldest(&mut self) -> Option<T> {
        let first = self.owners.iter();
        let first = first.filter_map(|(owner, waiters)| Some((owner, waiters.front()?.since)));
        let (owner, _) = first.min_by_key(|(_, since)| *since)?;
        let owner = owner.clone();
        let waiters = self.owners.get_mut(&owner)?;
        let oldest = waiters.pop_front()?;
        if waiters.is_empty() {
            self.owners.remove(&owner);
        }
        self.count -= 1;
        Some(oldest.thing)
    }

    /// Takes out those that have waited for too long.
    pub(in crate::sandbox) fn take_late(&mut self, now: Instant) -> Vec<T> {
        let bounds = self.bounds;
        self.take_all(|waiter| bounds.are_exceeded(waiter.since, now))
    }

    /// Takes out those that are meant.
    pub(in crate::sandbox) fn take_those(&mut self, are_meant: impl Fn(&T) -> bool) -> Vec<T> {
        self.take_all(|waiter| are_meant(&waiter.thing))
    }

    pub(in crate::sandbox) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn take_all(&mut self, are_meant: impl Fn(&Waiter<T>) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for waiters in self.owners.values_mut() {
            let (gone, kept): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(waiters).into_iter().partition(&are_meant);
            *waiters = kept;
            taken.extend(gone.into_iter().map(|waiter| waiter.thing));
        }
        self.owners.retain(|_, waiters| !waiters.is_empty());
        self.count -= taken.len();
        taken
    }
}

impl Bounds {
    /// Whether what waits since then has waited for too long.
    pub(in crate::sandbox) fn are_exceeded(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) >= self.duration_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        of_owner_max: 3,
        all_max: 5,
        duration_max: Duration::from_secs(10),
    };

    fn none() -> Waiting<&'static str, u32> {
        Waiting::new(BOUNDS)
    }

    fn take(waiting: &mut Waiting<&'static str, u32>, owner: &'static str) -> Option<u32> {
        waiting.take_newest(&owner, |_, _| true)
    }

    #[test]
    fn the_last_that_came_is_taken_first_and_only_by_its_owner() {
        let (mut waiting, now) = (none(), Instant::now());
        for thing in 1..=3 {
            assert_eq!(waiting.put("one", thing, now), None);
        }
        assert_eq!(take(&mut waiting, "other"), None);
        assert_eq!(waiting.take_newest(&"one", |thing, _| *thing < 3), Some(2));
        let taken = [0; 3].map(|_| take(&mut waiting, "one"));
        assert_eq!(taken, [Some(3), Some(1), None]);
        assert!(waiting.is_empty() && waiting.owners.is_empty());
    }

    #[test]
    fn one_owner_and_all_together_are_bounded_and_the_oldest_gives_way() {
        let (mut waiting, now) = (none(), Instant::now());
        let at = |thing: u32| now + Duration::from_millis(thing.into());
        let gone = [1, 2, 3, 4].map(|thing| waiting.put("hot", thing, at(thing)));
        assert_eq!(gone, [None, None, None, Some(1)]);
        let gone = ["a", "b", "c"].map(|owner| waiting.put(owner, 9, at(9)));
        assert_eq!(gone, [None, None, Some(2)]);
        assert_eq!(waiting.count, BOUNDS.all_max);
    }

    #[test]
    fn what_has_waited_for_too_long_is_told_and_taken_out() {
        let (mut waiting, now) = (none(), Instant::now());
        let late = now + BOUNDS.duration_max;
        let in_time = |_: &u32, since| !BOUNDS.are_exceeded(since, late);
        waiting.put("one", 1, now);
        assert_eq!(waiting.take_newest(&"one", in_time), None);
        waiting.put("one", 2, late);
        assert_eq!(waiting.take_late(late), [1]);
        assert_eq!(waiting.take_newest(&"one", in_time), Some(2));
    }

    #[test]
    fn those_that_are_meant_are_taken_out_from_the_oldest_on_or_of_all() {
        let (mut waiting, now) = (none(), Instant::now());
        for thing in [1, 3, 2] {
            waiting.put("one", thing, now);
        }
        waiting.put("other", 1, now);
        let stale = |waiting: &mut Waiting<_, u32>, is_stale: fn(&u32) -> bool| {
            waiting.take(&"one", |_, _| false, is_stale)
        };
        assert_eq!(stale(&mut waiting, |thing| *thing < 3), (None, vec![1]));
        assert_eq!(waiting.take_those(|thing| *thing == 1), [1]);
        assert_eq!(waiting.take_oldest(), Some(3));
        assert_eq!(stale(&mut waiting, |_| true), (None, vec![2]));
        assert!(waiting.is_empty() && waiting.owners.is_empty());
    }
}
