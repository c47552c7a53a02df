//! What was promised to those who are about to write, or are writing.
//!
//! It counts until it is stored or given up, however often the disk is looked at meanwhile. What was stored is seen
//! on the disk at the next look only: until then, it counts as spent.

use std::sync::Arc;

use super::Disk;

/// What something is that has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Packages and snapshots that are not there yet, which have a share of their own. They are counted when they are
    /// stored.
    Packages,
    /// Those that take the place of the same.
    Code,
    /// What is compiled of them, from the turn of its compiler on. What writes compiled code does not wait for such a
    /// promise: whatever is compiled has one, or found no room for one. Events and logs do not either: it gives way to
    /// them.
    Compiled,
    /// Events, which are counted at the next look.
    Events,
}

/// What was promised and is not stored yet, and what was stored since the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promises {
    packages: u64,
    code: u64,
    compiled: u64,
    events: u64,
    /// What is there of compiled code that is being written: it is counted when that is whole.
    written: u64,
    spent: Spent,
}

/// What is on the disk, and was not seen there yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    /// What is free no longer.
    free: u64,
    /// What of that is not counted.
    uncounted: u64,
}

impl Promises {
    /// What of that which is free is so no more for something of this purpose.
    pub(super) fn free(&self, purpose: Purpose) -> u64 {
        self.outstanding(purpose) + self.spent.free
    }

    /// What is not counted, and takes of the budget of something of this purpose.
    pub(super) fn uncounted(&self, purpose: Purpose) -> u64 {
        self.outstanding(purpose) + self.written + self.spent.uncounted
    }

    fn outstanding(&self, purpose: Purpose) -> u64 {
        let compiled = match purpose {
            Purpose::Packages | Purpose::Code => self.compiled,
            Purpose::Compiled | Purpose::Events => 0,
        };
        self.packages + self.code + compiled + self.events
    }

    /// What the share of packages and snapshots has to take.
    pub(super) fn packages(&self) -> u64 {
        self.packages
    }

    /// Something was written without a promise.
    pub(super) fn spend(&mut self, bytes: u64) {
        self.spent.free += bytes;
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    /// So much of what was spent is seen on the disk.
    pub(super) fn seen(&mut self, spent: Spent) {
        self.spent.free -= spent.free;
        self.spent.uncounted -= spent.uncounted;
    }

    fn of(&mut self, purpose: Purpose) -> &mut u64 {
        match purpose {
            Purpose::Packages => &mut self.packages,
            Purpose::Code => &mut self.code,
            Purpose::Compiled => &mut self.compiled,
            Purpose::Events => &mut self.events,
        }
    }
}

/// Room that is kept as long as this lives.
pub(super) struct Kept {
    disk: Arc<Disk>,
    purpose: Purpose,
    bytes: u64,
}

impl Kept {
    /// Promises so many bytes of the disk whose promises these are.
    pub(super) fn of(
        disk: &Arc<Disk>,
        promises: &mut Promises,
        purpose: Purpose,
        bytes: u64,
    ) -> Self {
        *promises.of(purpose) += bytes;
        Self {
            disk: Arc::clone(disk),
            purpose,
            bytes,
        }
    }
}

impl Drop for Kept {
    /// Whether it was stored is seen at the next look; until then, it counts as if it were.
    fn drop(&mut self) {
        let mut look = self.disk.look.lock();
        if look.refused.is_some() {
            // There may be room now for what had none.
            look.forget();
        }
        let promises = &mut look.promises;
        *promises.of(self.purpose) -= self.bytes;
        promises.spent.free += self.bytes;
        if self.purpose == Purpose::Events {
            promises.spent.uncounted += self.bytes;
        }
    }
}

/// Compiled code on its way to the disk.
pub(in crate::storage) struct Writing<'a> {
    pub(super) disk: &'a Disk,
    pub(super) bytes: u64,
}

impl Writing<'_> {
    /// So many bytes more are about to be there.
    pub(super) fn go_on(&mut self, bytes: u64) {
        let mut look = self.disk.look.lock();
        look.promises.written += bytes;
        look.promises.spend(bytes);
        self.bytes += bytes;
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.disk.look.lock().promises.written -= self.bytes;
    }
}
