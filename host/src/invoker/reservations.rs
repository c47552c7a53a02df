//! Places for invocations that are set aside for single functions.
//!
//! Only calls of functions that have a reservation, or something provisioned, come here. They look their
//! function up and take a place in one reading, so that a change of the reservation finds each call
//! either counted or not begun. A counter is kept for as long as calls hold it: what is deleted and set
//! again meanwhile goes on with those that run.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::figures::{FunctionFigures, ProvisionedFigures};
use crate::domain::concurrency::{Reservation, provisioned_place};
use crate::domain::{FunctionName, FunctionRecord, Qualifier, SharedLock, VersionId};

/// What is set aside for functions.
#[derive(Default)]
pub(super) struct Reservations(SharedLock<Table>);

#[derive(Default)]
struct Table {
    functions: BTreeMap<FunctionName, Function>,
    /// Functions that have nothing any more, and may have calls that hold places.
    retired: Vec<FunctionName>,
    /// What all functions take from the account.
    set_aside: u64,
}

#[derive(Default)]
struct Function {
    reservation: Reservation,
    /// What is reserved and not provisioned.
    rest: Arc<Places>,
    provisioned: BTreeMap<Qualifier, Arc<Places>>,
}

/// Places that calls take and give back.
#[derive(Default)]
pub(super) struct Places {
    running: AtomicU64,
    running_max: AtomicU64,
    /// Calls that found all of them taken and went elsewhere.
    spilled_over: AtomicU64,
}

/// What a call that asked for a place gets.
pub(super) enum Asked {
    /// A place among those that are provisioned.
    Provisioned(Arc<Places>),
    /// A place among those that are reserved.
    Reserved(Arc<Places>),
    /// Nothing but what all functions share; where it comes from provisioned places that are all
    /// taken, these count it.
    Shared(Option<Arc<Places>>),
    /// Everything reserved is taken.
    Full,
}

impl Reservations {
    /// A place for a call of `version` of a function under the qualifier that was asked for.
    pub(super) fn ask(
        &self,
        record: &FunctionRecord,
        version: VersionId,
        asked_for: Option<&Qualifier>,
    ) -> Asked {
        let table = self.0.read();
        let Some(function) = table.functions.get(&record.latest.function) else {
            return Asked::Shared(None);
        };
        let place = provisioned_place(record, version, asked_for);
        let provisioned = place.and_then(|place| function.provisioned.get(&place));
        if let Some(places) = provisioned.filter(|places| places.take()) {
            return Asked::Provisioned(Arc::clone(places));
        }
        let spills = provisioned.filter(|places| places.exist());
        match function.reservation.reserved {
            None => Asked::Shared(spills.cloned()),
            Some(_) if function.rest.take() => {
                if let Some(places) = spills {
                    places.spill_over();
                }
                Asked::Reserved(Arc::clone(&function.rest))
            }
            Some(_) => Asked::Full,
        }
    }

    /// A place that is set aside for a function and that no call has, for what runs ahead of its calls.
    pub(super) fn ask_ahead(&self, name: &FunctionName) -> Option<Arc<Places>> {
        let table = self.0.read();
        let function = table.functions.get(name)?;
        let mut places = std::iter::once(&function.rest).chain(function.provisioned.values());
        places.find(|places| places.take()).cloned()
    }

    /// Takes over what a function has for itself now, and tells what all of them take from the account.
    pub(super) fn set(&self, name: &FunctionName, reservation: Reservation) -> u64 {
        let mut table = self.0.write();
        let function = table.functions.entry(name.clone()).or_default();
        let after = reservation.set_aside();
        let before = function.change(reservation).set_aside();
        if after == 0 {
            table.retired.push(name.clone());
        }
        table.set_aside = table.set_aside + after - before;
        table.sweep();
        table.set_aside
    }

    /// Those of at most `functions_max` functions, in the order of their names, and how many more there
    /// are.
    pub(super) fn figures(&self, functions_max: usize) -> (Vec<FunctionFigures>, usize) {
        let table = self.0.read();
        let functions = table.functions.iter().take(functions_max);
        let figures: Vec<_> = functions
            .map(|(name, function)| function.figures(name))
            .collect();
        let left_out = table.functions.len() - figures.len();
        (figures, left_out)
    }
}

impl Table {
    /// Forgets functions that have nothing any more and of which no call holds a place.
    fn sweep(&mut self) {
        let functions = &mut self.functions;
        self.retired.retain(|name| {
            let is_over = functions.get(name).is_none_or(Function::is_over);
            let is_back = functions.get(name).is_some_and(Function::has_any);
            if is_over {
                functions.remove(name);
            }
            !is_over && !is_back
        });
    }
}

impl Function {
    /// Takes `reservation` over, and gives what was there before.
    fn change(&mut self, reservation: Reservation) -> Reservation {
        self.rest.allow(reservation.rest());
        for places in self.provisioned.values() {
            places.allow(0);
        }
        for (place, requested) in &reservation.provisioned {
            let places = self.provisioned.entry(place.clone()).or_default();
            places.allow((*requested).into());
        }
        self.provisioned
            .retain(|_, places| places.exist() || places.are_held());
        mem::replace(&mut self.reservation, reservation)
    }

    fn has_any(&self) -> bool {
        self.reservation != Reservation::default()
    }

    fn is_over(&self) -> bool {
        let mut provisioned = self.provisioned.values();
        !self.has_any() && !self.rest.are_held() && !provisioned.any(|places| places.are_held())
    }

    fn figures(&self, name: &FunctionName) -> FunctionFigures {
        let provisioned = self
            .provisioned
            .iter()
            // One that was deleted is kept until another change, also when its calls have ended.
            .filter(|(_, places)| places.exist() || places.are_held())
            .map(|(place, places)| ProvisionedFigures {
                place: place.clone(),
                requested: places.running_max.load(Ordering::Relaxed),
                in_use: places.running.load(Ordering::Relaxed),
                spilled_over: places.spilled_over.load(Ordering::Relaxed),
            });
        let provisioned: Vec<_> = provisioned.collect();
        let in_use: u64 = provisioned.iter().map(|figures| figures.in_use).sum();
        FunctionFigures {
            name: name.clone(),
            reserved: self.reservation.reserved,
            running: self.rest.running.load(Ordering::Relaxed) + in_use,
            provisioned,
        }
    }
}

impl Places {
    fn take(&self) -> bool {
        let running_max = self.running_max.load(Ordering::SeqCst);
        let more = |running| (running < running_max).then_some(running + 1);
        let taken = self
            .running
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        taken.is_ok()
    }

    pub(super) fn give_back(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn spill_over(&self) {
        self.spilled_over.fetch_add(1, Ordering::Relaxed);
    }

    fn allow(&self, running_max: u64) {
        self.running_max.store(running_max, Ordering::SeqCst);
    }

    fn exist(&self) -> bool {
        self.running_max.load(Ordering::SeqCst) > 0
    }

    fn are_held(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }
}
