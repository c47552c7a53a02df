//! Memory for the images of snapshots that are not stored yet, which the accounts of a host share.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{AccountId, Lock};

/// What images may take of memory, those of all accounts together.
pub(super) struct ImageMemory {
    bytes_max: u64,
    held: Lock<BTreeMap<AccountId, u64>>,
}

/// What one image takes of it; given back when it is dropped.
pub(super) struct HeldImage {
    memory: Arc<ImageMemory>,
    account: AccountId,
    bytes: u64,
}

impl ImageMemory {
    pub(super) fn of(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            held: Lock::default(),
        })
    }

    /// Room for one more image of an account, if there is some for it. The first may have all that is free, so that the
    /// largest finds room; with more of them an account has no more than it leaves to others.
    pub(super) fn take(self: &Arc<Self>, account: &AccountId, bytes: u64) -> Option<HeldImage> {
        let mut held = self.held.lock();
        let all: u64 = held.values().sum();
        let own = held.get(account).copied().unwrap_or(0);
        let left = self.bytes_max.checked_sub(all.saturating_add(bytes))?;
        if own > 0 && own.saturating_add(bytes) > left {
            return None;
        }
        *held.entry(account.clone()).or_default() += bytes;
        Some(HeldImage {
            memory: Arc::clone(self),
            account: account.clone(),
            bytes,
        })
    }

    /// What all of them take.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> u64 {
        self.held.lock().values().sum()
    }
}

impl Drop for HeldImage {
    fn drop(&mut self) {
        let mut held = self.memory.held.lock();
        if let Some(own) = held.get_mut(&self.account) {
            *own -= self.bytes;
            if *own == 0 {
                held.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(memory: &Arc<ImageMemory>, account: &str, bytes: u64) -> Option<HeldImage> {
        memory.take(&account.into(), bytes)
    }

    #[test]
    fn an_account_that_holds_many_images_leaves_room_for_those_of_others() {
        let memory = ImageMemory::of(100);
        let mut held: Vec<_> = std::iter::from_fn(|| take(&memory, "a", 10)).collect();
        assert_eq!(held.len(), 5);
        let others: Vec<_> = std::iter::from_fn(|| take(&memory, "b", 10)).collect();
        assert!(!others.is_empty() && memory.held_bytes() < 100);
        assert!(take(&memory, "c", 10).is_some());
        held.clear();
        drop(others);
        assert_eq!(memory.held_bytes(), 0);
    }

    #[test]
    fn the_first_image_of_an_account_may_have_all_that_is_free() {
        let memory = ImageMemory::of(100);
        let first = take(&memory, "a", 45);
        assert!(first.is_some());
        assert!(take(&memory, "b", 56).is_none());
        let other = take(&memory, "b", 55);
        assert!(other.is_some());
        drop(first);
        assert!(take(&memory, "b", 1).is_none(), "it has its share");
        assert!(take(&memory, "a", 45).is_some());
    }
}
