//! How many components ended how.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::round::Ending;

/// Counts of endings, by their names.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, u64>>);

impl Tally {
    pub(super) fn note(&self, ending: Ending) {
        let name = format!("{ending:?}").to_lowercase();
        *self.counts().entry(name).or_default() += 1;
    }

    pub(super) fn done(&self) -> u64 {
        self.counts().values().sum()
    }

    /// All of them in a line.
    pub(super) fn told(&self) -> String {
        let counts = self.counts();
        let all: u64 = counts.values().sum();
        let each = counts.iter().map(|(name, count)| format!("{name} {count}"));
        format!("{all} components: {}.", each.collect::<Vec<_>>().join(", "))
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
