//! The sandboxes of all accounts that serve nobody now, and that go where others need what they hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::idle::IdleSandboxes;
use super::shelf::Shelves;
use crate::domain::{Digest, Lock};
use crate::sandbox::guest::sandbox::Sandbox;

/// What waits, account by account. It is not held: what waits holds memory and files, which hold this.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct Spare(Arc<Inner>);

#[derive(Default)]
struct Inner {
    accounts: Lock<Vec<Kept>>,
    /// Which account is asked first, the next time.
    first: AtomicUsize,
}

/// What waits of one account.
#[derive(Clone)]
struct Kept {
    idle: Weak<IdleSandboxes>,
    shelves: Weak<Shelves<Sandbox>>,
}

impl Spare {
    /// Takes in what waits of one more account.
    pub(in crate::sandbox) fn add(
        &self,
        idle: &Arc<IdleSandboxes>,
        shelves: &Arc<Shelves<Sandbox>>,
    ) {
        let mut accounts = self.0.accounts.lock();
        accounts.retain(|kept| kept.idle.strong_count() > 0);
        accounts.push(Kept {
            idle: Arc::downgrade(idle),
            shelves: Arc::downgrade(shelves),
        });
    }

    /// Lets a sandbox go that serves nobody, and says whether there was one: those that are idle before those that
    /// were prepared beyond what was asked for, of each account in its turn. What is needed of the host (slots, memory,
    /// descriptors, room in `/tmp`) asks this before anybody is refused.
    pub(in crate::sandbox) fn give_way(&self) -> bool {
        let accounts = self.in_turn();
        let idle = |kept: &Kept| kept.idle.upgrade().is_some_and(|idle| idle.give_way());
        let prepared = |kept: &Kept| {
            let shelves = kept.shelves.upgrade();
            shelves.is_some_and(|shelves| shelves.give_way())
        };
        accounts.iter().any(idle) || accounts.iter().any(prepared)
    }

    /// Drops those of a component that no version uses any more.
    pub(in crate::sandbox) fn forget(&self, component: Digest) {
        for kept in self.in_turn() {
            if let Some(shelves) = kept.shelves.upgrade() {
                shelves.forget(component);
            }
            if let Some(idle) = kept.idle.upgrade() {
                idle.forget(component);
            }
        }
    }

    fn in_turn(&self) -> Vec<Kept> {
        let mut accounts = self.0.accounts.lock().clone();
        if !accounts.is_empty() {
            let first = self.0.first.fetch_add(1, Ordering::Relaxed) % accounts.len();
            accounts.rotate_left(first);
        }
        accounts
    }
}
