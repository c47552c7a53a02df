//! One budget for all that one guest holds, in its own memories or in the host's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::host_memory::HostMemory;
use crate::domain::Lock;
use crate::limits;

/// Counts what a guest holds and refuses what would go over its function's memory size, or over what all guests
/// may hold.
pub(in crate::sandbox) struct Budget {
    host: Arc<HostMemory>,
    limit_bytes: AtomicU64,
    held: Lock<Held>,
    is_spent: AtomicBool,
    is_host_spent: AtomicBool,
}

#[derive(Default)]
struct Held {
    bytes: u64,
    /// What was taken of the host's memory: in portions, so that guests do not fight over its counter.
    reserved_bytes: u64,
    /// What of that is kept whether or not it is held.
    kept_bytes: u64,
    peak_bytes: u64,
}

/// There is no memory left; it is noted in the budget whose that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sandbox) enum Spent {
    /// Of the function's own.
    #[error("the memory of the function is used up, by its own or by what the host holds for it")]
    Function,
    /// Of all guests together.
    #[error("the memory of all functions together is used up")]
    Host,
}

impl Budget {
    /// One of so many bytes, in which nothing is held.
    pub(in crate::sandbox) fn new(host: Arc<HostMemory>, limit_bytes: u64) -> Self {
        Self {
            host,
            limit_bytes: AtomicU64::new(limit_bytes),
            held: Lock::default(),
            is_spent: AtomicBool::new(false),
            is_host_spent: AtomicBool::new(false),
        }
    }

    /// Gives room beyond the function's memory size, for what is not its doing.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn add_room(&self, bytes: u64) {
        self.limit_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes so many bytes. A refusal is noted.
    ///
    /// # Errors
    /// Where they are not there.
    pub(in crate::sandbox) fn take(&self, bytes: u64) -> Result<(), Spent> {
        let taken = self.take_if_there(bytes);
        taken.inspect_err(|spent| self.note(*spent))
    }

    /// Notes that a guest has not got what it needs.
    fn note(&self, spent: Spent) {
        let noted = match spent {
            Spent::Function => &self.is_spent,
            Spent::Host => &self.is_host_spent,
        };
        noted.store(true, Ordering::Relaxed);
    }

    /// Takes so many bytes, which nobody has to have.
    ///
    /// # Errors
    /// Where they are not there.
    pub(in crate::sandbox) fn take_if_there(&self, bytes: u64) -> Result<(), Spent> {
        if bytes == 0 {
            // There is always room for nothing, even where more is held than may be.
            return Ok(());
        }
        let mut held = self.held.lock();
        let wanted = held.bytes.saturating_add(bytes);
        if wanted > self.limit_bytes.load(Ordering::Relaxed) {
            return Err(Spent::Function);
        }
        if wanted > held.reserved_bytes {
            let missing = wanted - held.reserved_bytes;
            // The last of it goes in smaller pieces.
            let taken = self.host.take(missing, portions(missing), wanted);
            held.reserved_bytes += taken.ok_or(Spent::Host)?;
        }
        held.hold(wanted);
        Ok(())
    }

    /// Takes so many bytes even where they are not there: what comes next is refused then. For what has a small
    /// bound of its own and cannot fail.
    pub(in crate::sandbox) fn take_regardless(&self, bytes: u64) {
        let mut held = self.held.lock();
        let wanted = held.bytes.saturating_add(bytes);
        let missing = portions(wanted.saturating_sub(held.reserved_bytes));
        self.host.take_regardless(missing);
        held.reserved_bytes += missing;
        held.hold(wanted);
    }

    /// Takes all of it from the host's memory ahead, so that nobody else's guests can take it first.
    ///
    /// # Errors
    /// Where that is not there.
    pub(in crate::sandbox) fn reserve(&self) -> Result<(), Spent> {
        let limit = self.limit_bytes.load(Ordering::Relaxed);
        let mut held = self.held.lock();
        let missing = limit.saturating_sub(held.reserved_bytes);
        if self.host.take(missing, missing, limit).is_none() {
            self.note(Spent::Host);
            return Err(Spent::Host);
        }
        held.reserved_bytes += missing;
        held.kept_bytes = limit;
        Ok(())
    }

    /// Takes no more than is held from now on.
    pub(in crate::sandbox) fn end_reservation(&self) {
        let mut held = self.held.lock();
        held.kept_bytes = 0;
        self.return_surplus(&mut held, 0);
    }

    /// Gives so many bytes back.
    pub(in crate::sandbox) fn give_back(&self, bytes: u64) {
        let mut held = self.held.lock();
        held.bytes = held.bytes.saturating_sub(bytes);
        // Some of it stays at hand, since what shrinks grows again.
        self.return_surplus(&mut held, limits::GUEST_MEMORY_PORTION_BYTES);
    }

    /// Gives the host's memory back that is not needed, where that is more than so much.
    fn return_surplus(&self, held: &mut Held, more_than: u64) {
        let needed = portions(held.bytes).max(held.kept_bytes);
        let surplus = held.reserved_bytes.saturating_sub(needed);
        if surplus > more_than {
            self.host.give_back(surplus);
            held.reserved_bytes = needed;
        }
    }

    /// What is held now.
    pub(in crate::sandbox) fn held_bytes(&self) -> u64 {
        self.held.lock().bytes
    }

    /// The most that was held since the invocation began.
    pub(in crate::sandbox) fn peak_bytes(&self) -> u64 {
        self.held.lock().peak_bytes
    }

    /// Goes on to the next invocation. What is held still is.
    pub(in crate::sandbox) fn begin(&self) {
        let mut held = self.held.lock();
        held.peak_bytes = held.bytes;
        drop(held);
        self.forget_refusal();
        self.is_host_spent.store(false, Ordering::Relaxed);
    }

    /// Whether something was refused that would have gone over the function's memory size.
    pub(in crate::sandbox) fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }

    /// The guest went on, and ended for another reason.
    pub(in crate::sandbox) fn forget_refusal(&self) {
        self.is_spent.store(false, Ordering::Relaxed);
    }

    /// Whether something was refused that would have gone over what all guests may hold.
    pub(in crate::sandbox) fn is_host_spent(&self) -> bool {
        self.is_host_spent.load(Ordering::Relaxed)
    }
}

impl Held {
    fn hold(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.peak_bytes = self.peak_bytes.max(bytes);
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.host.give_back(self.held.get_mut().reserved_bytes);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("held_bytes", &self.held_bytes())
            .finish_non_exhaustive()
    }
}

/// As many bytes in whole portions.
fn portions(bytes: u64) -> u64 {
    bytes.next_multiple_of(limits::GUEST_MEMORY_PORTION_BYTES)
}

#[cfg(test)]
pub(in crate::sandbox) mod tests {
    use super::*;
    use crate::sandbox::memory::bound::Bound;

    const PORTION: u64 = limits::GUEST_MEMORY_PORTION_BYTES;

    fn host(bytes: u64) -> Arc<HostMemory> {
        Arc::new(HostMemory::new(Bound::of_bytes(bytes), || false, || ()))
    }

    /// A budget that nothing else shares.
    pub(in crate::sandbox) fn budget_of(bytes: u64) -> Arc<Budget> {
        Arc::new(Budget::new(host(u64::MAX / 2), bytes))
    }

    #[test]
    fn what_goes_over_the_functions_memory_is_refused_and_not_held() {
        let budget = budget_of(100);
        assert_eq!(budget.take(60), Ok(()));
        assert_eq!(budget.take(41), Err(Spent::Function));
        assert!(budget.is_spent() && !budget.is_host_spent());
        assert_eq!(budget.take(40), Ok(()));
        budget.give_back(70);
        assert_eq!((budget.held_bytes(), budget.peak_bytes()), (30, 100));
        budget.begin();
        assert_eq!((budget.held_bytes(), budget.peak_bytes()), (30, 30));
        assert!(!budget.is_spent());
    }

    #[test]
    fn the_hosts_memory_is_taken_in_portions_to_the_last_byte_and_given_back() {
        let host = host(PORTION + 10);
        let (one, other) = [(); 2]
            .map(|()| Budget::new(Arc::clone(&host), u64::MAX))
            .into();
        assert_eq!(one.take(1), Ok(()));
        assert_eq!(host.held_bytes(), PORTION);
        assert_eq!(one.take(PORTION - 1), Ok(()));
        assert_eq!(
            other.take(10),
            Ok(()),
            "what is left is less than a portion"
        );
        assert_eq!(other.take(1), Err(Spent::Host));
        assert!(other.is_host_spent() && !other.is_spent());
        drop((one, other));
        assert_eq!(host.held_bytes(), 0);
    }

    #[test]
    fn what_nobody_has_to_have_ends_nobody() {
        let budget = budget_of(100);
        assert_eq!(budget.take_if_there(101), Err(Spent::Function));
        assert!(!budget.is_spent());
        let budget = Budget::new(host(10), 100);
        assert_eq!(budget.take_if_there(100), Err(Spent::Host));
        assert!(!budget.is_host_spent());
        assert_eq!(budget.take_if_there(10), Ok(()));
        assert_eq!(budget.held_bytes(), 10);
    }

    #[test]
    fn what_is_given_back_is_there_for_others_before_its_guest_has_ended() {
        let host = host(u64::MAX);
        let budget = Budget::new(Arc::clone(&host), u64::MAX);
        budget.take(10 * PORTION).expect("it is there");
        budget.give_back(9 * PORTION);
        assert_eq!(host.held_bytes(), PORTION);
    }

    #[test]
    fn what_is_reserved_is_there_until_it_is_no_more() {
        let host = host(10 * PORTION);
        let one = Budget::new(Arc::clone(&host), 8 * PORTION);
        one.take(1).expect("it is there");
        one.reserve().expect("it is there");
        assert_eq!((host.held_bytes(), one.held_bytes()), (8 * PORTION, 1));
        let other = Budget::new(Arc::clone(&host), 8 * PORTION);
        assert_eq!(other.reserve(), Err(Spent::Host));
        assert_eq!(other.take(3 * PORTION), Err(Spent::Host));
        one.take(7 * PORTION).expect("it is there");
        one.give_back(7 * PORTION);
        assert_eq!(host.held_bytes(), 8 * PORTION);
        one.end_reservation();
        assert_eq!(host.held_bytes(), PORTION);
    }

    #[test]
    fn what_cannot_fail_is_counted_all_the_same() {
        let host = host(PORTION);
        let budget = Budget::new(Arc::clone(&host), 10);
        budget.take_regardless(20);
        assert_eq!(budget.held_bytes(), 20);
        assert_eq!(budget.take(1), Err(Spent::Function));
        budget.take_regardless(2 * PORTION);
        assert!(host.held_bytes() > PORTION);
        drop(budget);
        assert_eq!(host.held_bytes(), 0);
    }
}
