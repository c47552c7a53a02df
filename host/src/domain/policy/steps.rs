//! How much work one decision may be.

use std::cell::Cell;

use crate::limits::POLICY_STEPS_MAX;

/// The steps that are left. Patterns and what they are compared with come from people who may mean harm.
#[derive(Debug)]
pub(super) struct Steps(Cell<usize>);

impl Steps {
    pub(super) fn new() -> Self {
        Self(Cell::new(POLICY_STEPS_MAX))
    }

    /// Takes so many; `false`, from then on, where fewer are left.
    pub(super) fn take(&self, steps: usize) -> bool {
        let left = self.0.get().saturating_sub(steps);
        self.0.set(left);
        left > 0
    }

    pub(super) fn are_used_up(&self) -> bool {
        self.0.get() == 0
    }
}
