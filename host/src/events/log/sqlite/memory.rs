//! What is in memory beside the database, and guards that take back what was not written.

use std::sync::{Arc, MutexGuard};

use super::cache::Cache;
use crate::domain::Lock;
use crate::events::event::{AccountRoom, Event};
use crate::events::log::AcceptError;
use crate::events::log::index::{Index, Indexed, Work};

/// Who waits and who has leased what, and events that need not be read back.
pub(super) struct Memory {
    index: Lock<Index>,
    cache: Lock<Cache>,
}

impl Memory {
    pub(super) fn new(index: Index, cached_bytes_max: u64) -> Self {
        Self {
            index: Lock::new(index),
            cache: Lock::new(Cache::new(cached_bytes_max)),
        }
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        // No change of it panics half way.
        self.index.lock()
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock()
    }

    /// An event that has room and is durable waits for its turn.
    pub(super) fn admit(&self, event: Arc<Event>) {
        let indexed = Indexed::of(&event);
        self.cache.lock().keep(event);
        self.index().admit(indexed);
    }

    /// Room for so many more events of an account, within what that may have.
    pub(super) fn reserve(
        self: &Arc<Self>,
        account: &Arc<str>,
        more: (u64, u64),
        room: AccountRoom,
    ) -> Result<Reserved, AcceptError> {
        self.index().reserve(account, more, room)?;
        let (events, bytes) = more;
        Ok(Reserved {
            memory: Arc::clone(self),
            account: Arc::clone(account),
            events,
            bytes,
        })
    }
}

/// Room for events, given back when it is dropped unless it is kept.
pub(super) struct Reserved {
    memory: Arc<Memory>,
    account: Arc<str>,
    events: u64,
    bytes: u64,
}

impl Reserved {
    /// The events are there: their room goes with them.
    pub(super) fn keep(mut self) -> Arc<Memory> {
        (self.events, self.bytes) = (0, 0);
        Arc::clone(&self.memory)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.events > 0 {
            let mut index = self.memory.index();
            index.release(&self.account, self.events, self.bytes);
        }
    }
}

/// A lease whose end is being written: where that fails, it is held as before.
pub(super) struct Settling {
    pub(super) memory: Arc<Memory>,
    pub(super) work: Work,
    pub(super) is_over: bool,
}

impl Settling {
    /// The end is written.
    pub(super) fn over(mut self) {
        self.is_over = true;
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if !self.is_over {
            self.memory.index().unsettled(self.work);
        }
    }
}
