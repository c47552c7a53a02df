//! The sandboxes of one version that are prepared ahead: how many are wanted, wait, are being made and
//! are in use.
//!
//! Waiting ones are replaced as soon as they are taken, so that while they are in use there may be more
//! than were wanted. Those are a *surplus*, made from room that nobody else needs, and they give way.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::domain::concurrency::is_same_guest;
use crate::domain::{Digest, FunctionName, Lock, Version, VersionId};

/// The shelves of all versions that have one.
pub(in crate::sandbox) struct Shelves<T> {
    shelves: Lock<ByVersion<T>>,
}

type ByVersion<T> = HashMap<(FunctionName, VersionId), Arc<Shelf<T>>>;

/// The sandboxes of one version.
pub(in crate::sandbox) struct Shelf<T> {
    version: Arc<Version>,
    stock: Lock<Stock<T>>,
    /// Told whenever the making of one has ended.
    made: Notify,
}

struct Stock<T> {
    wanted: usize,
    waiting: Vec<T>,
    /// Those that are being made, by the numbers in which they were begun.
    in_the_making: BTreeSet<u64>,
    begun: u64,
    in_use: usize,
}

/// The right to make one sandbox of a shelf; given back when it is dropped.
pub(in crate::sandbox) struct Making<T> {
    shelf: Arc<Shelf<T>>,
    number: u64,
    /// Whether it is more than is wanted as long as those in use are.
    pub(in crate::sandbox) is_surplus: bool,
}

/// Held while a sandbox of a shelf is in use.
pub(in crate::sandbox) struct InUse<T> {
    shelf: Arc<Shelf<T>>,
}

impl<T> Default for Shelves<T> {
    fn default() -> Self {
        Self {
            shelves: Lock::default(),
        }
    }
}

impl<T> Shelves<T> {
    /// The shelf of `version`, where it has one for its very code and settings.
    pub(in crate::sandbox) fn get(&self, version: &Version) -> Option<Arc<Shelf<T>>> {
        let shelves = self.shelves.lock();
        let shelf = shelves.get(&(version.function.clone(), version.id))?;
        shelf.is_for(version).then(|| Arc::clone(shelf))
    }

    /// The shelf of `version`, an empty one where it has none. One of other code or settings is cleared.
    pub(in crate::sandbox) fn get_or_make(&self, version: &Arc<Version>) -> Arc<Shelf<T>> {
        let place = (version.function.clone(), version.id);
        let mut shelves = self.shelves.lock();
        if let Some(shelf) = shelves.get(&place)
            && shelf.is_for(version)
        {
            return Arc::clone(shelf);
        }
        let shelf = Arc::new(Shelf::new(Arc::clone(version)));
        let old = shelves.insert(place, Arc::clone(&shelf));
        drop(shelves);
        clear(old);
        shelf
    }

    /// Removes and clears the shelf of `version`, whatever its code and settings are.
    pub(in crate::sandbox) fn remove(&self, version: &Version) {
        let place = (version.function.clone(), version.id);
        let removed = self.shelves.lock().remove(&place);
        clear(removed);
    }

    /// Removes and clears the shelves of a component.
    pub(in crate::sandbox) fn forget(&self, component: Digest) {
        let mut removed = Vec::new();
        self.shelves.lock().retain(|_, shelf| {
            let stays = shelf.version.image().component != component;
            if !stays {
                removed.push(Arc::clone(shelf));
            }
            stays
        });
        clear(removed);
    }

    /// Drops one sandbox of a surplus; `false` where there is none.
    pub(in crate::sandbox) fn give_way(&self) -> bool {
        let surplus = self
            .shelves
            .lock()
            .values()
            .find_map(|shelf| shelf.take_surplus());
        surplus.is_some()
    }
}

fn clear<T>(shelves: impl IntoIterator<Item = Arc<Shelf<T>>>) {
    for shelf in shelves {
        shelf.set_wanted(0);
    }
}

impl<T> Shelf<T> {
    fn new(version: Arc<Version>) -> Self {
        Self {
            version,
            stock: Lock::new(Stock {
                wanted: 0,
                waiting: Vec::new(),
                in_the_making: BTreeSet::new(),
                begun: 0,
                in_use: 0,
            }),
            made: Notify::new(),
        }
    }

    /// Whether a sandbox of this shelf is the same as one that is made of `version` now. A revision
    /// may change without that.
    fn is_for(&self, version: &Version) -> bool {
        is_same_guest(&self.version, version)
    }

    /// How many are to wait; drops those that are too many.
    pub(in crate::sandbox) fn set_wanted(&self, wanted: usize) {
        let mut stock = self.stock.lock();
        stock.wanted = wanted;
        let kept = stock.waiting.len().min(wanted);
        let too_many = stock.waiting.split_off(kept);
        drop(stock);
        drop(too_many);
    }

    /// How many wait.
    pub(in crate::sandbox) fn waiting(&self) -> usize {
        self.stock.lock().waiting.len()
    }

    /// One of those that wait.
    pub(in crate::sandbox) fn take(self: &Arc<Self>) -> Option<(T, InUse<T>)> {
        let mut stock = self.stock.lock();
        let taken = stock.waiting.pop()?;
        stock.in_use += 1;
        let shelf = Arc::clone(self);
        Some((taken, InUse { shelf }))
    }

    /// Begins to make one, if one is missing.
    pub(in crate::sandbox) fn begin(self: &Arc<Self>) -> Option<Making<T>> {
        let mut stock = self.stock.lock();
        let coming = stock.waiting.len() + stock.in_the_making.len();
        if coming >= stock.wanted {
            return None;
        }
        let number = stock.begun;
        stock.begun += 1;
        stock.in_the_making.insert(number);
        Some(Making {
            shelf: Arc::clone(self),
            number,
            is_surplus: coming + stock.in_use >= stock.wanted,
        })
    }

    /// Waits until none is being made of those that are now. Where calls go on taking some, there may
    /// always be one of those that replace them.
    pub(in crate::sandbox) async fn all_made(&self) {
        let begun = self.stock.lock().begun;
        loop {
            let mut made = std::pin::pin!(self.made.notified());
            // Registered before the count is read, so that the last one is not missed.
            made.as_mut().enable();
            let is_over = |first: &u64| *first >= begun;
            if self.stock.lock().in_the_making.first().is_none_or(is_over) {
                return;
            }
            made.await;
        }
    }

    fn take_surplus(&self) -> Option<T> {
        let mut stock = self.stock.lock();
        let is_surplus = stock.waiting.len() + stock.in_use > stock.wanted;
        if is_surplus {
            stock.waiting.pop()
        } else {
            None
        }
    }
}

impl<T> Making<T> {
    /// The version to make one of.
    pub(in crate::sandbox) fn version(&self) -> &Arc<Version> {
        &self.shelf.version
    }

    /// Whether it still is wanted.
    pub(in crate::sandbox) fn is_wanted(&self) -> bool {
        let stock = self.shelf.stock.lock();
        stock.waiting.len() < stock.wanted
    }

    /// Puts it with those that wait, unless it is not wanted any more.
    pub(in crate::sandbox) fn done(self, sandbox: T) {
        let mut stock = self.shelf.stock.lock();
        let unwanted = match stock.waiting.len() < stock.wanted {
            true => {
                stock.waiting.push(sandbox);
                None
            }
            false => Some(sandbox),
        };
        drop(stock);
        drop(unwanted);
    }
}

impl<T> Drop for Making<T> {
    fn drop(&mut self) {
        self.shelf.stock.lock().in_the_making.remove(&self.number);
        self.shelf.made.notify_waiters();
    }
}

impl<T> InUse<T> {
    /// Where it came from.
    pub(in crate::sandbox) fn shelf(&self) -> &Arc<Shelf<T>> {
        &self.shelf
    }
}

impl<T> Drop for InUse<T> {
    fn drop(&mut self) {
        self.shelf.stock.lock().in_use -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use super::*;
    use crate::domain::samples;

    fn shelf_of(wanted: usize) -> (Shelves<u32>, Arc<Shelf<u32>>) {
        let shelves = Shelves::default();
        let shelf = shelves.get_or_make(&Arc::new(samples::version("one")));
        shelf.set_wanted(wanted);
        (shelves, shelf)
    }

    fn fill(shelf: &Arc<Shelf<u32>>) -> Vec<bool> {
        let makings = std::iter::from_fn(|| shelf.begin()).collect::<Vec<_>>();
        let are_surplus = makings.iter().map(|making| making.is_surplus).collect();
        (0..).zip(makings).for_each(|(n, making)| making.done(n));
        are_surplus
    }

    #[test]
    fn as_many_are_made_as_are_missing() {
        let (_, shelf) = shelf_of(3);
        assert_eq!(fill(&shelf), [false; 3]);
        assert_eq!(shelf.waiting(), 3);
        assert!(shelf.begin().is_none());
        shelf.set_wanted(1);
        assert_eq!(shelf.waiting(), 1);
    }

    #[test]
    fn one_that_is_taken_is_replaced_by_a_surplus_which_gives_way_until_it_is_back() {
        let (shelves, shelf) = shelf_of(2);
        fill(&shelf);
        assert!(!shelves.give_way());
        let (_, in_use) = shelf.take().expect("one that waits");
        assert_eq!(fill(&shelf), [true]);
        assert_eq!(shelf.waiting(), 2);
        assert!(shelves.give_way());
        assert!(!shelves.give_way());
        drop(in_use);
        assert_eq!(fill(&shelf), [false]);
        assert!(!shelves.give_way());
    }

    #[test]
    fn whoever_waits_for_all_does_not_wait_for_those_that_are_begun_later() {
        let (_, shelf) = shelf_of(1);
        let mut context = Context::from_waker(Waker::noop());
        let first = shelf.begin().expect("one is missing");
        let mut all_made = pin!(shelf.all_made());
        assert!(all_made.as_mut().poll(&mut context).is_pending());
        first.done(1);
        let taken = shelf.take().expect("one that waits");
        let _second = shelf.begin().expect("one is missing again");
        assert!(all_made.as_mut().poll(&mut context).is_ready());
        drop(taken);
    }

    #[test]
    fn what_is_made_too_late_or_not_at_all_leaves_nothing() {
        let (shelves, shelf) = shelf_of(1);
        let making = shelf.begin().expect("one is missing");
        assert!(shelf.begin().is_none());
        drop(making);
        let making = shelf.begin().expect("one is missing again");
        shelves.remove(&shelf.version);
        making.done(1);
        assert_eq!(shelf.waiting(), 0);
        assert!(shelves.get(&shelf.version).is_none());
    }

    #[test]
    fn other_code_other_settings_and_a_function_made_anew_have_a_shelf_of_their_own_and_a_revision_has_not()
     {
        let (shelves, shelf) = shelf_of(1);
        fill(&shelf);
        let version = samples::version("one");
        let touched = Version {
            revision: uuid::Uuid::from_u128(9),
            ..version.clone()
        };
        assert_eq!(shelves.get(&touched).map(|shelf| shelf.waiting()), Some(1));
        let mut changed = version.clone();
        changed.settings.memory_mb += 1;
        assert!(shelves.get(&changed).is_none());
        let made_anew = Version {
            last_modified: version.last_modified + Duration::from_millis(1),
            ..version.clone()
        };
        assert!(shelves.get(&made_anew).is_none());
        let other = Version {
            code: samples::code("other"),
            ..version
        };
        assert_eq!(shelves.get_or_make(&Arc::new(other)).waiting(), 0);
        assert_eq!(shelf.waiting(), 0, "the old ones are let go");
    }

    #[test]
    fn a_component_that_is_forgotten_takes_its_sandboxes_along() {
        let (shelves, shelf) = shelf_of(1);
        fill(&shelf);
        shelves.forget(samples::code("other").component);
        assert_eq!(shelf.waiting(), 1);
        shelves.forget(shelf.version.code.component);
        assert_eq!(shelf.waiting(), 0);
    }
}
