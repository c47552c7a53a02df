//! What `/tmp` of all guests together may hold.

use std::io;
use std::ops::{Add, Sub};
use std::sync::{Condvar, MutexGuard, OnceLock};
use std::time::Instant;

use crate::domain::Lock;
use crate::domain::lock::regained;
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
    /// What it may take of memory, where it lies there.
    memory: Option<u64>,
    room: Lock<Room>,
    /// Told when something was given back.
    returned: Condvar,
    /// A share of what was free when the first folder was made.
    bytes_max: OnceLock<u64>,
    /// Lets a sandbox go that serves nobody, where nothing is left; `false` where there is none.
    give_way: Box<dyn Fn() -> bool + Send + Sync>,
}

#[derive(Default)]
struct Room {
    held: Amount,
    /// What of it is being removed.
    leaving: Amount,
}

impl TmpSpace {
    pub(super) fn new(
        folders: TmpFolders,
        memory: Option<u64>,
        give_way: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            folders,
            memory,
            room: Lock::default(),
            returned: Condvar::new(),
            bytes_max: OnceLock::new(),
            give_way: Box::new(give_way),
        }
    }

    /// Lets a sandbox go that serves nobody; `false` where there is none.
    pub(super) fn give_way(&self) -> bool {
        (self.give_way)()
    }

    /// Removes all folders: no guest needs one any more. Blocks.
    pub(super) fn remove(&self) {
        self.folders.remove();
    }

    /// A folder for a guest that needs one.
    pub(super) fn make_folder(&self) -> io::Result<TmpFolder> {
        if self.bytes_max.get().is_none() {
            let free = self.folders.free_bytes()?;
            self.bytes_max.get_or_init(|| self.bytes_max_of(free));
        }
        self.folders.make()
    }

    /// Takes so much, if it is there, or if it is once idle sandboxes have given way. Blocks while what would do is
    /// being removed.
    pub(super) fn take(&self, amount: Amount) -> bool {
        let bound = self.bound();
        let give_up_at = Instant::now() + limits::TMP_REMOVAL_WAIT_MAX;
        loop {
            let room = self.room.lock();
            match self.take_from(room, amount, bound, give_up_at) {
                Some(taken) => return taken,
                None if self.give_way() => {}
                None => return false,
            }
        }
    }

    /// Whether it was taken; `None` where it will not be there without somebody giving way.
    fn take_from(
        &self,
        mut room: MutexGuard<'_, Room>,
        amount: Amount,
        bound: Amount,
        give_up_at: Instant,
    ) -> Option<bool> {
        loop {
            let held = room.held + amount;
            if held.fits(bound) {
                room.held = held;
                return Some(true);
            }
            if !(held - room.leaving).fits(bound) {
                return None;
            }
            let left = give_up_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(false);
            }
            room = regained(self.returned.wait_timeout(room, left));
        }
    }

    pub(super) fn give_back(&self, amount: Amount) {
        let mut room = self.room.lock();
        room.held = room.held - amount;
        drop(room);
        self.returned.notify_all();
    }

    /// So much is being removed from now on, and given back by [`gone`](Self::gone).
    pub(super) fn leave(&self, amount: Amount) {
        let mut room = self.room.lock();
        room.leaving = room.leaving + amount;
    }

    /// What was being removed is gone.
    pub(super) fn gone(&self, amount: Amount) {
        let mut room = self.room.lock();
        room.leaving = room.leaving - amount;
        drop(room);
        self.give_back(amount);
    }

    fn bound(&self) -> Amount {
        let of_memory = self.memory.unwrap_or(u64::MAX) / 2 / limits::TMP_MEMORY_OF_ENTRY_BYTES;
        Amount {
            bytes: self.bytes_max.get().copied().unwrap_or(0),
            entries: limits::TMP_TOTAL_ENTRIES_MAX.min(of_memory),
        }
    }

    /// The share of so much that is free.
    fn bytes_max_of(&self, free: u64) -> u64 {
        let share = free / 100 * limits::TMP_FREE_PERCENT_MAX;
        let of_memory = self.memory.unwrap_or(u64::MAX) / 2;
        share.min(limits::TMP_TOTAL_BYTES_MAX).min(of_memory)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> Amount {
        self.room.lock().held
    }

    /// Has no more room than that.
    #[cfg(test)]
    pub(super) fn bound_to(&self, bytes: u64) {
        self.bytes_max.get_or_init(|| bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_memory_bytes_and_names_take_what_was_set_aside_for_them_and_no_more() {
        const MEMORY: u64 = 64 << 20;
        let space = |memory| {
            let folders = TmpFolders::in_system_folder();
            let space = TmpSpace::new(folders, memory, || false);
            drop(space.make_folder().expect("made"));
            space.bound()
        };
        let bound = space(Some(MEMORY));
        assert_eq!(bound.bytes, MEMORY / 2);
        assert_eq!(
            bound.entries * limits::TMP_MEMORY_OF_ENTRY_BYTES,
            MEMORY / 2
        );
        let on_disk = space(None);
        assert!(on_disk.bytes > bound.bytes);
        assert_eq!(on_disk.entries, limits::TMP_TOTAL_ENTRIES_MAX);
    }
}
