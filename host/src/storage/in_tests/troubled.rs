//! Leases that lapse by turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::storage::{Fut, Held, Leases, StorageError};

/// Passes on what other leases do, but every third that is given has lapsed as soon as it is: another can have
/// it.
pub(crate) struct TroubledLeases {
    leases: Arc<dyn Leases>,
    given: AtomicU32,
}

impl TroubledLeases {
    pub(crate) fn around(leases: Arc<dyn Leases>) -> Self {
        Self {
            leases,
            given: AtomicU32::new(0),
        }
    }
}

impl Leases for TroubledLeases {
    fn take<'a>(
        &'a self,
        what: &'a str,
        ttl: Duration,
    ) -> Fut<'a, Result<Option<Held>, StorageError>> {
        Box::pin(async move {
            let Some(held) = self.leases.take(what, ttl).await? else {
                return Ok(None);
            };
            if self.given.fetch_add(1, Ordering::SeqCst) % 3 < 2 {
                return Ok(Some(held));
            }
            drop(held);
            let (lapses, lapsed) = watch::channel(true);
            Ok(Some(Held::new(lapsed, move || drop(lapses))))
        })
    }

    fn held<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>> {
        self.leases.held(prefix)
    }

    fn freed<'a>(&'a self, what: &'a str) -> Fut<'a, Result<(), StorageError>> {
        self.leases.freed(what)
    }
}
