//! Leases in memory: a lone host gets all of them, and hosts that share these exclude each other.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::leases::{Held, Leases};
use super::{Fut, StorageError};

/// Leases that end with their holders, and with the process: none of them lapses.
#[derive(Clone, Debug)]
pub(crate) struct MemoryLeases {
    names: Arc<watch::Sender<BTreeSet<String>>>,
    /// Never says anything.
    lapsed: Arc<watch::Sender<bool>>,
}

impl Default for MemoryLeases {
    fn default() -> Self {
        Self {
            names: Arc::new(watch::Sender::new(BTreeSet::new())),
            lapsed: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl MemoryLeases {
    fn taken(&self, what: &str) -> Option<Held> {
        let is_free = self
            .names
            .send_if_modified(|names| names.insert(what.to_owned()));
        is_free.then(|| {
            let (names, what) = (Arc::clone(&self.names), what.to_owned());
            Held::new(self.lapsed.subscribe(), move || {
                names.send_if_modified(|names| names.remove(&what));
            })
        })
    }
}

impl Leases for MemoryLeases {
    fn take<'a>(
        &'a self,
        what: &'a str,
        _ttl: Duration,
    ) -> Fut<'a, Result<Option<Held>, StorageError>> {
        let taken = self.taken(what);
        Box::pin(async { Ok(taken) })
    }

    fn held<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>> {
        let names = self.names.borrow();
        let behind = names.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let held = behind
            .take_while(|name| name.starts_with(prefix))
            .cloned()
            .collect();
        Box::pin(async { Ok(held) })
    }

    fn freed<'a>(&'a self, what: &'a str) -> Fut<'a, Result<(), StorageError>> {
        let mut names = self.names.subscribe();
        Box::pin(async move {
            let freed = names.wait_for(|names| !names.contains(what)).await;
            freed
                .map(drop)
                .map_err(|error| StorageError::of(error.to_string()))
        })
    }
}
