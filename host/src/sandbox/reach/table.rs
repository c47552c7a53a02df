//! What a guest has handles of.
//!
//! A handle has a place, which costs a fixed amount, and what it names may hold more. Both come out of the guest's
//! budget: nobody gets at the places but through here.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable, ResourceTableError};

use crate::limits;
use crate::sandbox::memory::budget::{Budget, Spent};
use crate::sandbox::memory::charge::Charge;

/// Places that a function of the engine takes at most in one call.
const PLACES_OF_CALL_MAX: usize = 4;

/// The handles of one guest.
pub(in crate::sandbox) struct Table {
    places: ResourceTable,
    /// At least as many as are taken. The engine takes and leaves them on its own.
    taken_at_most: usize,
    costs: Costs,
}

/// What the things hold beside their places, by their places.
pub(in crate::sandbox) struct Costs {
    budget: Arc<Budget>,
    /// Of all places that there may be so far.
    places: Charge,
    held: BTreeMap<u32, Charge>,
}

impl Table {
    /// One without places.
    pub(in crate::sandbox) fn new(budget: &Arc<Budget>) -> Self {
        let mut places = ResourceTable::new();
        places.set_max_capacity(0);
        Self {
            places,
            taken_at_most: 0,
            costs: Costs {
                budget: Arc::clone(budget),
                places: Charge::none(budget),
                held: BTreeMap::new(),
            },
        }
    }

    /// Gives a thing a place. It holds `bytes` beside that, for as long as it has it.
    ///
    /// # Errors
    /// Where there is no memory, or no place, left for it.
    pub(in crate::sandbox) fn push<T: Send + 'static>(
        &mut self,
        thing: T,
        bytes: usize,
    ) -> wasmtime::Result<Resource<T>> {
        let charge = Charge::take(&self.costs.budget, bytes)?;
        let pushed = self.lend().push(thing)?;
        self.costs.put(pushed.rep(), charge);
        Ok(pushed)
    }

    pub(in crate::sandbox) fn get<T: 'static>(
        &self,
        key: &Resource<T>,
    ) -> Result<&T, ResourceTableError> {
        self.places.get(key)
    }

    pub(in crate::sandbox) fn get_mut<T: 'static>(
        &mut self,
        key: &Resource<T>,
    ) -> Result<&mut T, ResourceTableError> {
        self.places.get_mut(key)
    }

    pub(in crate::sandbox) fn delete<T: 'static>(
        &mut self,
        key: Resource<T>,
    ) -> Result<T, ResourceTableError> {
        let place = key.rep();
        let deleted = self.places.delete(key)?;
        self.costs.take(place);
        Ok(deleted)
    }

    /// Lets go of all things.
    pub(in crate::sandbox) fn clear(&mut self) {
        if self.places.max_capacity() > 0 {
            let budget = Arc::clone(&self.costs.budget);
            *self = Self::new(&budget);
        }
    }

    pub(in crate::sandbox) fn budget(&self) -> &Arc<Budget> {
        &self.costs.budget
    }

    /// The places for one call of a function of the engine, which have been paid for. Where they could not be, there
    /// is none left, which ends a guest that takes one.
    pub(in crate::sandbox) fn lend(&mut self) -> &mut ResourceTable {
        self.split().0
    }

    /// The same, and what things hold beside their places.
    pub(in crate::sandbox) fn split(&mut self) -> (&mut ResourceTable, &mut Costs) {
        let wanted = self.taken_at_most + PLACES_OF_CALL_MAX;
        if wanted > self.places.max_capacity() {
            self.make_room();
        }
        self.taken_at_most += PLACES_OF_CALL_MAX;
        (&mut self.places, &mut self.costs)
    }

    /// Counts what is taken, and pays for more places where a good part of them is.
    fn make_room(&mut self) {
        self.taken_at_most = self.places.iter_mut().count();
        let places = self.places.max_capacity();
        if self.taken_at_most + PLACES_OF_CALL_MAX <= places / 4 * 3 {
            return;
        }
        let more = (2 * places).clamp(limits::GUEST_HANDLES_MIN, limits::GUEST_HANDLES_MAX);
        if self.costs.places.grow_if_there(bytes_of(more)) {
            self.places.set_max_capacity(more);
            return;
        }
        let needed = (self.taken_at_most + PLACES_OF_CALL_MAX).min(limits::GUEST_HANDLES_MAX);
        // A refusal is noted in the budget: there is not enough for one call.
        if needed > places && self.costs.places.set(bytes_of(needed)).is_ok() {
            self.places.set_max_capacity(needed);
        }
    }
}

/// What so many places cost.
fn bytes_of(places: usize) -> usize {
    places * limits::GUEST_HANDLE_BYTES
}

impl Costs {
    pub(in crate::sandbox) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// What the thing at `place` holds from now on, besides.
    pub(in crate::sandbox) fn put(&mut self, place: u32, charge: Charge) {
        if charge.bytes() > 0 {
            self.held.insert(place, charge);
        }
    }

    /// The thing at `place` holds so many bytes from now on.
    ///
    /// # Errors
    /// Where they are more than before, and not there.
    pub(in crate::sandbox) fn set(&mut self, place: u32, bytes: usize) -> Result<(), Spent> {
        self.of(place).set(bytes)
    }

    /// What the thing at `place` holds.
    pub(in crate::sandbox) fn of(&mut self, place: u32) -> &mut Charge {
        let none = || Charge::none(&self.budget);
        self.held.entry(place).or_insert_with(none)
    }

    /// What the thing held that was at `place`.
    pub(in crate::sandbox) fn take(&mut self, place: u32) -> Option<Charge> {
        self.held.remove(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::memory::budget::tests::budget_of;

    #[test]
    fn things_cost_their_places_and_what_they_hold_until_they_go() {
        let budget = budget_of(u64::MAX);
        let mut table = Table::new(&budget);
        assert_eq!(budget.held_bytes(), 0, "most guests have none");
        let first = table.push(1, 0).expect("a place");
        let places = budget.held_bytes();
        let second = table.push("second", 100).expect("a place");
        assert_eq!(budget.held_bytes(), places + 100);
        assert_eq!(table.get(&second).ok(), Some(&"second"));
        table.delete(second).expect("it is there");
        table.delete(first).expect("it is there");
        assert_eq!(budget.held_bytes(), places, "places stay");
        table.push((), 100).expect("a place");
        table.clear();
        assert_eq!(budget.held_bytes(), 0);
        table.push((), 0).expect("a place");
        drop(table);
        assert_eq!(budget.held_bytes(), 0);
    }

    #[test]
    fn what_comes_and_goes_needs_no_more_places() {
        let budget = budget_of(u64::MAX);
        let mut table = Table::new(&budget);
        for round in 0..10_000 {
            let thing = table.push(round, 0).expect("a place");
            table.delete(thing).expect("it is there");
        }
        let first_places = limits::GUEST_HANDLES_MIN * limits::GUEST_HANDLE_BYTES;
        assert_eq!(budget.held_bytes(), first_places as u64);
    }

    #[test]
    fn there_are_as_many_places_as_may_be_and_no_more() {
        let mut table = Table::new(&budget_of(u64::MAX));
        let count = (0..)
            .take_while(|thing| table.push(*thing, 0).is_ok())
            .count();
        assert_eq!(count, limits::GUEST_HANDLES_MAX);
    }

    #[test]
    fn as_long_as_there_are_places_nobody_is_told_of_those_that_there_could_not_be_more_of() {
        let budget = budget_of(bytes_of(limits::GUEST_HANDLES_MIN + PLACES_OF_CALL_MAX) as u64);
        let mut table = Table::new(&budget);
        for thing in 0..limits::GUEST_HANDLES_MIN {
            table.push(thing, 0).expect("a place");
        }
        assert!(!budget.is_spent() && !budget.is_host_spent());
    }

    #[test]
    fn without_memory_there_are_no_more_places() {
        let places = 3 * limits::GUEST_HANDLES_MIN * limits::GUEST_HANDLE_BYTES;
        let budget = budget_of(places as u64);
        let mut table = Table::new(&budget);
        let count = (0..).take_while(|_| table.lend().push(()).is_ok()).count();
        // To the last one that there is memory for.
        let fits = 3 * limits::GUEST_HANDLES_MIN - PLACES_OF_CALL_MAX;
        assert!(
            (fits..limits::GUEST_HANDLES_MAX).contains(&count),
            "{count}"
        );
        assert!(budget.is_spent());
        assert!(table.push((), 0).is_err());
        assert!(table.push((), places).is_err());
    }
}
