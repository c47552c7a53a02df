//! Who may run now: every invocation is counted from before it starts until it has ended.
//!
//! What the account has is shared by all functions, but for what is set aside for single ones: reserved,
//! or provisioned for a version or alias. A call of a function that has nothing for itself is one
//! counter: nothing is looked up, and nothing locked.

pub(super) mod initializations;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::figures::Figures;
use super::reservations::{Asked, Places, Reservations};
use crate::catalog::Change;
use crate::domain::concurrency::Reservation;
use crate::domain::{FunctionRecord, Lock, Qualifier, Refusal, Throttle, Version};

/// Counts running invocations against what the account and their functions may run.
#[derive(Clone)]
pub struct Gate {
    shared: Arc<Shared>,
}

struct Shared {
    /// Those that run on what all functions share.
    running: AtomicUsize,
    /// How many of those may run.
    running_max: AtomicUsize,
    /// Those that run on what is set aside for their function.
    running_apart: AtomicUsize,
    /// What all of them together may run, and what of that is set aside.
    limit: AtomicU32,
    set_aside: Lock<u64>,
    /// Of all of these, those that are initialized and serve no call yet.
    initializing: AtomicUsize,
    closed: AtomicBool,
    left: Notify,
    /// How many wait for somebody to leave, beside whoever closes the gate.
    waiting: AtomicUsize,
    reservations: Reservations,
    throttled_by_account: AtomicU64,
    throttled_by_reservation: AtomicU64,
}

/// The right to run one invocation: held while it runs, given back when it is dropped.
pub struct Admission {
    shared: Arc<Shared>,
    /// Where it is counted, if that is not what all functions share.
    apart: Option<Arc<Places>>,
    is_provisioned: bool,
    is_initialization: bool,
}

impl Gate {
    /// A gate that lets `limit` in at once.
    pub fn new(limit: u32) -> Self {
        Self {
            shared: Arc::new(Shared {
                running: AtomicUsize::new(0),
                running_max: AtomicUsize::new(limit as usize),
                running_apart: AtomicUsize::new(0),
                limit: AtomicU32::new(limit),
                set_aside: Lock::new(0),
                initializing: AtomicUsize::new(0),
                closed: AtomicBool::new(false),
                left: Notify::new(),
                waiting: AtomicUsize::new(0),
                reservations: Reservations::default(),
                throttled_by_account: AtomicU64::new(0),
                throttled_by_reservation: AtomicU64::new(0),
            }),
        }
    }

    /// Lets one more in, on what all functions share.
    ///
    /// # Errors
    /// [`Refusal::TooManyInvocations`] where as many run as may, [`Refusal::ShuttingDown`] once the
    /// gate is closed.
    pub fn enter(&self) -> Result<Admission, Refusal> {
        self.shared.enter_shared()?;
        self.opened(None)
    }

    /// Lets one call of `version` in, which `asked_for` led to: on what is provisioned for that, or else
    /// on what is reserved for the function, or else on what all functions share.
    ///
    /// # Errors
    /// Those of [`Gate::enter`]; the throttle says whether it was the function's reservation.
    pub fn enter_for(
        &self,
        record: &FunctionRecord,
        version: &Version,
        asked_for: Option<&Qualifier>,
    ) -> Result<Admission, Refusal> {
        if !Reservation::exists(record) {
            return self.enter();
        }
        match self.shared.reservations.ask(record, version.id, asked_for) {
            Asked::Provisioned(places) => self.enter_apart(places).map(Admission::provisioned),
            Asked::Reserved(places) => self.enter_apart(places),
            Asked::Full => Err(self.throttled(Throttle::Reserved)),
            Asked::Shared(spills) => {
                let admission = self.enter()?;
                if let Some(places) = spills {
                    places.spill_over();
                }
                Ok(admission)
            }
        }
    }

    /// Counts a call in whose place is taken already.
    fn enter_apart(&self, places: Arc<Places>) -> Result<Admission, Refusal> {
        let shared = &self.shared;
        let apart = shared.running_apart.fetch_add(1, Ordering::SeqCst);
        let admission = self.opened(Some(places))?;
        // Only where a reservation is so new that calls still run on what it was taken from, or where
        // the host has a smaller limit than when it was made.
        let running = apart + shared.running.load(Ordering::SeqCst);
        match running >= self.limit() as usize {
            true => Err(self.throttled(Throttle::Account)),
            false => Ok(admission),
        }
    }

    /// The admission of a call that is counted.
    fn opened(&self, apart: Option<Arc<Places>>) -> Result<Admission, Refusal> {
        let admission = Admission {
            shared: Arc::clone(&self.shared),
            apart,
            is_provisioned: false,
            is_initialization: false,
        };
        // Looked at after it was counted, so that whoever closes the gate waits for it; where it is
        // refused, the admission takes itself back.
        match self.shared.closed.load(Ordering::SeqCst) {
            true => Err(Refusal::ShuttingDown),
            false => Ok(admission),
        }
    }

    /// Counts an invocation that is refused, and gives the refusal.
    pub(super) fn throttled(&self, throttle: Throttle) -> Refusal {
        self.shared.throttled(throttle)
    }

    /// Takes over what a function has for itself, where that has changed. Calls that run go on being
    /// counted where they were admitted.
    pub(super) fn follow(&self, change: Change<'_>) {
        let reservation = |record: Option<&FunctionRecord>| {
            let record = record.filter(|record| Reservation::exists(record));
            record.map(Reservation::of).unwrap_or_default()
        };
        let after = reservation(change.after);
        if after == reservation(change.before) {
            return;
        }
        let mut set_aside = self.shared.set_aside.lock();
        *set_aside = self.shared.reservations.set(change.name, after);
        self.shared.leave(*set_aside);
    }

    /// From now on lets `limit` in at once. Those that run go on.
    #[cfg(feature = "server")]
    pub fn set_limit(&self, limit: u32) {
        let set_aside = self.shared.set_aside.lock();
        self.shared.limit.store(limit, Ordering::SeqCst);
        self.shared.leave(*set_aside);
        self.shared.left.notify_waiters();
    }

    /// How many invocations run now.
    pub fn running(&self) -> usize {
        self.shared.running()
    }

    /// How many may run at once.
    pub fn limit(&self) -> u32 {
        self.shared.limit.load(Ordering::SeqCst)
    }

    /// Whether functions that have nothing for themselves can run nothing.
    pub(super) fn is_all_set_aside(&self) -> bool {
        self.shared.running_max.load(Ordering::SeqCst) == 0
    }

    /// What can be seen from outside, of at most `functions_max` functions.
    pub fn figures(&self, functions_max: usize) -> Figures {
        let shared = &self.shared;
        let (functions, functions_left_out) = shared.reservations.figures(functions_max);
        let running_max = shared.running_max.load(Ordering::SeqCst) as u64;
        Figures {
            running: self.running(),
            limit: self.limit(),
            unreserved: running_max,
            throttled_by_account: shared.throttled_by_account.load(Ordering::Relaxed),
            throttled_by_reservation: shared.throttled_by_reservation.load(Ordering::Relaxed),
            functions,
            functions_left_out,
        }
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
    }

    /// Closes the gate and waits until nobody is left inside.
    pub async fn close_and_empty(&self) {
        self.close();
        loop {
            let mut left = std::pin::pin!(self.shared.left.notified());
            // Registered before the count is read, so that the last one to leave is not missed.
            left.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Shared {
    /// Leaves to all functions what is not set aside.
    fn leave(&self, set_aside: u64) {
        let limit = u64::from(self.limit.load(Ordering::SeqCst));
        let left = limit.saturating_sub(set_aside);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        self.running_max.store(left, Ordering::SeqCst);
    }

    fn enter_shared(&self) -> Result<(), Refusal> {
        match self.take_shared() {
            true => Ok(()),
            false => Err(self.throttled(Throttle::Account)),
        }
    }

    /// Counts one more on what all functions share, if there is room.
    fn take_shared(&self) -> bool {
        let running_max = self.running_max.load(Ordering::SeqCst);
        let more = |running| (running < running_max).then_some(running + 1);
        let entered = self
            .running
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        entered.is_ok()
    }

    fn throttled(&self, throttle: Throttle) -> Refusal {
        let count = match throttle {
            Throttle::Account => &self.throttled_by_account,
            Throttle::Reserved => &self.throttled_by_reservation,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Refusal::TooManyInvocations(throttle)
    }

    fn running(&self) -> usize {
        let all = self.running.load(Ordering::SeqCst) + self.running_apart.load(Ordering::SeqCst);
        all.saturating_sub(self.initializing.load(Ordering::SeqCst))
    }
}

impl Admission {
    /// This admission, as one to the version's provisioned concurrency: its invocation gets a
    /// sandbox that was prepared ahead, where one waits.
    #[must_use]
    pub fn provisioned(mut self) -> Self {
        self.is_provisioned = true;
        self
    }

    /// Whether it is one to provisioned concurrency.
    pub fn is_provisioned(&self) -> bool {
        self.is_provisioned
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let shared = &self.shared;
        if self.is_initialization {
            // Before it is counted no more, so that no call is overlooked by whoever waits for all of them.
            shared.initializing.fetch_sub(1, Ordering::SeqCst);
        }
        let running = match &self.apart {
            Some(places) => {
                places.give_back();
                &shared.running_apart
            }
            None => &shared.running,
        };
        running.fetch_sub(1, Ordering::SeqCst);
        if shared.waiting.load(Ordering::SeqCst) > 0 || shared.closed.load(Ordering::SeqCst) {
            shared.left.notify_waiters();
        }
    }
}
