//! The functions that are in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::quality::RandomState;
use tokio::sync::OnceCell;

use super::interpreters::LoadedInterpreters;
use crate::domain::{Digest, SharedLock};
use crate::limits;
use crate::sandbox::guest::loaded::Loaded;
use crate::storage::LoadedCode;

type Slots = HashMap<Digest, Arc<Slot>, RandomState>;

/// Which functions are loaded, by the digest of their component.
#[derive(Default)]
pub(in crate::sandbox) struct LoadedFunctions {
    slots: SharedLock<Slots>,
    interpreters: Arc<LoadedInterpreters>,
    /// Counts loads; a slot remembers the count at its last use, which orders them by age.
    age: AtomicU64,
}

#[derive(Default)]
struct Slot {
    cell: OnceCell<Arc<Loaded>>,
    used_at: AtomicU64,
}

impl LoadedFunctions {
    /// None yet, which may run on these interpreters.
    pub(in crate::sandbox) fn on(interpreters: Arc<LoadedInterpreters>) -> Self {
        Self {
            interpreters,
            ..Self::default()
        }
    }

    /// The function, if it is loaded.
    pub(in crate::sandbox) fn get(&self, component: Digest) -> Option<Arc<Loaded>> {
        let slots = self.slots.read();
        let slot = slots.get(&component)?;
        self.touch(slot);
        slot.cell.get().cloned()
    }

    /// The function, loaded by `load` if it has to be; others that ask meanwhile wait for the same.
    pub(in crate::sandbox) async fn get_or_load<E>(
        &self,
        component: Digest,
        load: impl Future<Output = Result<Arc<Loaded>, E>>,
    ) -> Result<Arc<Loaded>, E> {
        let slot = self.slot(component);
        slot.cell.get_or_try_init(|| load).await.cloned()
    }

    /// Has a function that was just loaded ahead of its first call.
    pub(in crate::sandbox) async fn put(&self, component: Digest, loaded: Arc<Loaded>) {
        let slot = self.slot(component);
        slot.cell.get_or_init(async || loaded).await;
    }

    /// Drops a function; guests that run it go on.
    pub(in crate::sandbox) fn remove(&self, component: Digest) {
        let removed = self.slots.write().remove(&component);
        // Outside the lock: unmapping takes its time.
        drop(removed);
    }

    fn slot(&self, component: Digest) -> Arc<Slot> {
        self.age.fetch_add(1, Ordering::Relaxed);
        let mut slots = self.slots.write();
        let is_full = slots.len() >= limits::LOADED_FUNCTIONS_MAX;
        let evicted = match is_full && !slots.contains_key(&component) {
            true => evict_oldest(&mut slots),
            false => None,
        };
        let slot = Arc::clone(slots.entry(component).or_default());
        drop(slots);
        drop(evicted);
        self.touch(&slot);
        slot
    }

    /// Writes only where the value changes, so that cores do not fight over a hot function.
    fn touch(&self, slot: &Slot) {
        let age = self.age.load(Ordering::Relaxed);
        if slot.used_at.load(Ordering::Relaxed) != age {
            slot.used_at.store(age, Ordering::Relaxed);
        }
    }
}

impl LoadedCode for LoadedFunctions {
    fn is_idle(&self, component: Digest) -> bool {
        let slots = self.slots.read();
        !self.interpreters.has(component) && slots.get(&component).is_none_or(|slot| slot.is_idle())
    }

    fn let_go(&self, component: Digest) -> bool {
        if self.interpreters.has(component) {
            return false;
        }
        let mut slots = self.slots.write();
        // Nobody finds it any more who did not find it before this lock was taken.
        if !slots.get(&component).is_none_or(|slot| slot.is_idle()) {
            return false;
        }
        let removed = slots.remove(&component);
        drop(slots);
        drop(removed);
        true
    }
}

impl Slot {
    /// Whether nobody has it, and no sandbox is made of what is in it.
    fn is_idle(self: &Arc<Self>) -> bool {
        let is_alone = |loaded: &Arc<Loaded>| Arc::strong_count(loaded) == 1;
        Arc::strong_count(self) == 1 && self.cell.get().is_none_or(is_alone)
    }
}

fn evict_oldest(slots: &mut Slots) -> Option<Arc<Slot>> {
    let oldest = slots
        .iter()
        .min_by_key(|(_, slot)| slot.used_at.load(Ordering::Relaxed))
        .map(|(digest, _)| *digest)?;
    slots.remove(&oldest)
}
