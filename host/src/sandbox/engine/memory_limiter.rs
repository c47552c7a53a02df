//! One budget for all memories and tables of an invocation together, and one for all guests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::ResourceLimiter;

use crate::limits;
use crate::sandbox::vitals::Vitals;

/// What a table's element costs the host.
const TABLE_ELEMENT_BYTES: u64 = size_of::<usize>() as u64;

/// What all guests together may hold: a machine that runs out of memory would take the host with it.
pub(in crate::sandbox) struct HostMemory {
    held_bytes: AtomicU64,
    limit_bytes: u64,
    /// Lets a sandbox go that serves nobody, where nothing is left; `false` where there is none.
    give_way: Box<dyn Fn() -> bool + Send + Sync>,
}

impl HostMemory {
    /// A share of what the machine has. Where it is used up, `give_way` lets a sandbox go that serves nobody, and says
    /// whether there was one.
    pub(in crate::sandbox) fn of_this_machine(
        give_way: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let machine = rustix::system::sysinfo();
        let bytes = machine.totalram.saturating_mul(machine.mem_unit.into());
        Self {
            held_bytes: AtomicU64::new(0),
            limit_bytes: bytes / 100 * limits::GUEST_MEMORY_PERCENT_MAX,
            give_way: Box::new(give_way),
        }
    }

    /// Takes `bytes` if they are there, or if they are once idle sandboxes have given way.
    fn take(&self, bytes: u64) -> bool {
        loop {
            if self.take_free(bytes) {
                return true;
            }
            if !(self.give_way)() {
                return false;
            }
        }
    }

    fn take_free(&self, bytes: u64) -> bool {
        let held = self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = held.saturating_add(bytes) <= self.limit_bytes;
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    fn give_back(&self, bytes: u64) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Counts what a guest holds and refuses what would go over its function's memory size.
///
/// A refused growth gives the guest −1, as the specification has it, so that it may get by with less;
/// if it ends without an answer after that, memory is named as the reason.
pub(in crate::sandbox) struct MemoryLimiter {
    vitals: Arc<Vitals>,
    host: Arc<HostMemory>,
    held_bytes: u64,
    limit_bytes: u64,
    /// What the last growth of a memory added, for when it cannot be had after all.
    last_added_bytes: u64,
}

impl MemoryLimiter {
    pub(in crate::sandbox) fn new(
        vitals: Arc<Vitals>,
        host: Arc<HostMemory>,
        limit_bytes: u64,
    ) -> Self {
        Self {
            vitals,
            host,
            held_bytes: 0,
            limit_bytes,
            last_added_bytes: 0,
        }
    }

    /// Gives room beyond the function's memory size, for what is not its doing.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn add_room(&mut self, bytes: u64) {
        self.limit_bytes = self.limit_bytes.saturating_add(bytes);
    }

    fn grow(&mut self, current_bytes: u64, desired_bytes: u64) -> bool {
        let added = desired_bytes.saturating_sub(current_bytes);
        let held = self.held_bytes.saturating_add(added);
        if held > self.limit_bytes {
            self.vitals.refuse_memory();
            return false;
        }
        if !self.host.take(added) {
            self.vitals.refuse_host_memory();
            return false;
        }
        self.hold(held);
        self.last_added_bytes = added;
        true
    }

    fn hold(&mut self, bytes: u64) {
        self.held_bytes = bytes;
        self.vitals.set_memory_bytes(bytes);
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // What cannot be had for other reasons must not count as held, nor as refused by the limit.
        if maximum.is_some_and(|maximum| desired > maximum) || desired > limits::MEMORY_BYTES_MAX {
            return Ok(false);
        }
        Ok(self.grow(current as u64, desired as u64))
    }

    /// The engine could not grow a memory that may grow: it holds no more than before.
    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        let added = std::mem::take(&mut self.last_added_bytes);
        self.host.give_back(added);
        self.hold(self.held_bytes - added);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) || desired > limits::TABLE_ELEMENTS_MAX
        {
            return Ok(false);
        }
        Ok(self.grow(
            (current as u64).saturating_mul(TABLE_ELEMENT_BYTES),
            (desired as u64).saturating_mul(TABLE_ELEMENT_BYTES),
        ))
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::MEMORIES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES_MAX as usize
    }
}

impl Drop for MemoryLimiter {
    fn drop(&mut self) {
        self.host.give_back(self.held_bytes);
    }
}
