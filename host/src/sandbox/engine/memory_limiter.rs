//! The memories and tables of a guest, which the engine asks for, count in its budget.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::engines::is_of_system;
use crate::limits;
use crate::sandbox::memory::budget::Budget;

/// What a table's element costs the host.
const TABLE_ELEMENT_BYTES: u64 = size_of::<usize>() as u64;

/// Lets memories and tables grow within the budget of their guest.
///
/// A refused growth gives the guest −1, as the specification has it, so that it may get by with less;
/// if it ends without an answer after that, memory is named as the reason.
pub(in crate::sandbox) struct MemoryLimiter {
    budget: Arc<Budget>,
    /// What the last growth of a memory added, for when it cannot be had after all.
    last_added_bytes: u64,
}

impl MemoryLimiter {
    pub(in crate::sandbox) fn new(budget: Arc<Budget>) -> Self {
        Self {
            budget,
            last_added_bytes: 0,
        }
    }

    fn grow(&mut self, current_bytes: u64, desired_bytes: u64) -> bool {
        let added = desired_bytes.saturating_sub(current_bytes);
        let is_there = self.budget.take(added).is_ok();
        self.last_added_bytes = if is_there { added } else { 0 };
        is_there
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

    /// Where the system did not give what may be had, no more is held than before. The engine also calls this for a
    /// growth that it never asked about, beyond what the memory's type allows: what was added last is there then.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        if is_of_system(&error) {
            let added = std::mem::take(&mut self.last_added_bytes);
            self.budget.give_back(added);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::memory::budget::tests::budget_of;

    const PAGE: usize = 64 * 1024;

    #[test]
    fn a_growth_that_fails_is_given_back_once_and_only_where_it_was_asked_for() {
        let budget = budget_of(u64::MAX);
        let mut limiter = MemoryLimiter::new(Arc::clone(&budget));
        let grow = |limiter: &mut MemoryLimiter, from: usize, to: usize| {
            limiter
                .memory_growing(from * PAGE, to * PAGE, None)
                .expect("answered")
        };
        assert!(grow(&mut limiter, 0, 2));
        let beyond_type = || wasmtime::Error::msg("memory growth exceeds memory type's limits");
        limiter.memory_grow_failed(beyond_type()).expect("answered");
        assert_eq!(budget.held_bytes(), 2 * PAGE as u64);
        assert!(grow(&mut limiter, 2, 5));
        let refused = || wasmtime::Error::from(rustix::io::Errno::NOMEM);
        limiter.memory_grow_failed(refused()).expect("answered");
        limiter.memory_grow_failed(refused()).expect("answered");
        assert_eq!(budget.held_bytes(), 2 * PAGE as u64);
    }
}
