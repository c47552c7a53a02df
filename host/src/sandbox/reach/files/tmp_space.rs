//! What `/tmp` of all guests together may hold.

use std::io;
use std::ops::{Add, Sub};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits;
use crate::storage::{TmpFolder, TmpFolders};

/// So much of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) bytes: u64,
    /// Files, folders and links: names, that is.
    pub(super) entries: u64,
}

impl Amount {
    pub(super) fn of_bytes(bytes: u64) -> Self {
        Self { bytes, entries: 0 }
    }

    pub(super) fn fits(self, bound: Self) -> bool {
        self.bytes <= bound.bytes && self.entries <= bound.entries
    }
}

/// One name.
pub(super) const ONE_ENTRY: Amount = Amount {
    bytes: 0,
    entries: 1,
};

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            entries: self.entries.saturating_add(other.entries),
        }
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            entries: self.entries.saturating_sub(other.entries),
        }
    }
}

/// Gives out space to guests.
pub(super) struct TmpSpace {
    folders: TmpFolders,
    held_bytes: AtomicU64,
    held_entries: AtomicU64,
    /// A share of what was free when the first folder was made.
    bytes_max: OnceLock<u64>,
}

impl TmpSpace {
    pub(super) fn new(folders: TmpFolders) -> Self {
        Self {
            folders,
            held_bytes: AtomicU64::new(0),
            held_entries: AtomicU64::new(0),
            bytes_max: OnceLock::new(),
        }
    }

    /// A folder for a guest that needs one.
    pub(super) fn make_folder(&self) -> io::Result<TmpFolder> {
        if self.bytes_max.get().is_none() {
            let share = self.folders.free_bytes()? / 100 * limits::TMP_FREE_PERCENT_MAX;
            self.bytes_max
                .get_or_init(|| share.min(limits::TMP_TOTAL_BYTES_MAX));
        }
        self.folders.make()
    }

    /// Takes so much, if it is there.
    pub(super) fn take(&self, amount: Amount) -> bool {
        let held = Amount {
            bytes: self.held_bytes.fetch_add(amount.bytes, Ordering::Relaxed),
            entries: self
                .held_entries
                .fetch_add(amount.entries, Ordering::Relaxed),
        };
        let bound = Amount {
            bytes: self.bytes_max.get().copied().unwrap_or(0),
            entries: limits::TMP_TOTAL_ENTRIES_MAX,
        };
        let fits = (held + amount).fits(bound);
        if !fits {
            self.give_back(amount);
        }
        fits
    }

    pub(super) fn give_back(&self, amount: Amount) {
        self.held_bytes.fetch_sub(amount.bytes, Ordering::Relaxed);
        self.held_entries
            .fetch_sub(amount.entries, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> Amount {
        Amount {
            bytes: self.held_bytes.load(Ordering::Relaxed),
            entries: self.held_entries.load(Ordering::Relaxed),
        }
    }
}
