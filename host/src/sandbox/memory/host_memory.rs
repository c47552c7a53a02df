//! What all guests together may hold: a machine that runs out of memory would take the host with it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bound::Bound;
use super::resident::Resident;
use crate::domain::Lock;
use crate::limits;

/// The memory that guests share.
pub(in crate::sandbox) struct HostMemory {
    held_bytes: AtomicU64,
    bound: Bound,
    resident: Lock<Resident>,
    /// What was uncounted at the last look, and what guests took since.
    uncounted_bytes: AtomicU64,
    unseen_bytes: AtomicU64,
    /// Lets a sandbox go that serves nobody, where nothing is left; `false` where there is none.
    give_way: Box<dyn Fn() -> bool + Send + Sync>,
    /// Asks for what the allocator keeps.
    give_back: Box<dyn Fn() + Send + Sync>,
}

impl HostMemory {
    /// So much. Where it is used up, `give_way` lets a sandbox go that serves nobody, and says whether there was one.
    /// Where so much is uncounted that guests could not have all of it, `give_back` is asked for some of that, now and
    /// then.
    pub(in crate::sandbox) fn new(
        bound: Bound,
        give_way: impl Fn() -> bool + Send + Sync + 'static,
        give_back: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            held_bytes: AtomicU64::new(0),
            bound,
            resident: Lock::new(Resident::new()),
            uncounted_bytes: AtomicU64::new(0),
            unseen_bytes: AtomicU64::new(0),
            give_way: Box::new(give_way),
            give_back: Box::new(give_back),
        }
    }

    pub(in crate::sandbox) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// What guests hold, in the portions in which their budgets take it.
    pub(in crate::sandbox) fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }

    /// Takes a `portion` for a guest that holds so much with what it is `missing` of it, if it is there, or else what
    /// is missing, if that is, or is once idle sandboxes have given way. Gives what was taken.
    ///
    /// What the process takes beside what guests hold is off what they may have: the host's own, and what the allocator
    /// keeps of what others gave back, which goes back to the system by and by. A part of all is for small guests alone.
    pub(super) fn take(&self, missing: u64, portion: u64, guest_bytes: u64) -> Option<u64> {
        let is_small = guest_bytes <= limits::SMALL_GUEST_BYTES;
        if portion > missing && self.take_free(portion, is_small) {
            return Some(portion);
        }
        loop {
            if self.take_free(missing, is_small) {
                return Some(missing);
            }
            if !(self.give_way)() {
                return None;
            }
        }
    }

    /// Takes `bytes`, of which there must be a bound elsewhere, even where they are not there.
    pub(super) fn take_regardless(&self, bytes: u64) {
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes so much if it fits beside what was uncounted at the last look, or, where that was too long ago or does not
    /// do, beside what is now.
    fn take_free(&self, bytes: u64, is_small: bool) -> bool {
        let held = self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        let unseen = self.unseen_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let fits = |uncounted| self.fits(held.saturating_add(bytes), uncounted, is_small);
        let fits = (unseen < limits::RESIDENT_UNSEEN_BYTES_MAX
            && fits(self.uncounted_bytes.load(Ordering::Relaxed))
            && (is_small || self.resident.lock().is_fresh()))
            || fits(self.look(held));
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    fn look(&self, held_bytes: u64) -> u64 {
        let mut resident = self.resident.lock();
        let uncounted = resident.uncounted_beside(held_bytes);
        self.uncounted_bytes.store(uncounted, Ordering::Relaxed);
        self.unseen_bytes.store(0, Ordering::Relaxed);
        let is_in_the_way =
            self.bound.bytes.saturating_add(uncounted) > self.bound.ceiling_bytes(false);
        if is_in_the_way && resident.is_time_to_ask() {
            (self.give_back)();
        }
        uncounted
    }

    /// Whether guests may hold so much, beside what is uncounted.
    fn fits(&self, held_bytes: u64, uncounted_bytes: u64, is_small: bool) -> bool {
        let taken = held_bytes.saturating_add(uncounted_bytes);
        held_bytes <= self.bound.for_guests(is_small) && taken <= self.bound.ceiling_bytes(is_small)
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn idle_sandboxes_give_way_before_anybody_is_refused() {
        static IDLE: AtomicU32 = AtomicU32::new(2);
        let memory = HostMemory::new(
            Bound::of_bytes(100),
            || {
                let idle = IDLE.load(Ordering::Relaxed);
                IDLE.store(idle.saturating_sub(1), Ordering::Relaxed);
                idle > 0
            },
            || (),
        );
        assert_eq!(memory.take(60, 60, 60), Some(60));
        assert_eq!(
            memory.take(40, 64, 40),
            Some(40),
            "more than is missing is nobody else's loss"
        );
        assert_eq!(IDLE.load(Ordering::Relaxed), 2, "nobody had to");
        assert_eq!(memory.take(1, 64, 1), None, "they held nothing");
        assert_eq!(IDLE.load(Ordering::Relaxed), 0);
        assert_eq!(memory.held_bytes(), 100, "what is refused is not held");
    }
}
