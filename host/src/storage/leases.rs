//! Who may do what alone, where several hosts share what they work on.

use std::time::Duration;

use tokio::sync::watch;

use super::{Fut, StorageError};

/// Gives each thing to one holder at a time. Names are paths, such as `work/NAME`.
///
/// A lease keeps two from doing the same, and nothing more: what it protects must stay whole where a holder was
/// taken for gone and is not.
pub trait Leases: Send + Sync + 'static {
    /// The lease on `what`; `None` while another has it. It renews itself, and ends `ttl` after its holder did.
    fn take<'a>(
        &'a self,
        what: &'a str,
        ttl: Duration,
    ) -> Fut<'a, Result<Option<Held>, StorageError>>;

    /// The names of all leases that are held, those that begin with `prefix`.
    fn held<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>>;

    /// Waits until nobody has the lease on `what`, as far as is known.
    fn freed<'a>(&'a self, what: &'a str) -> Fut<'a, Result<(), StorageError>>;
}

/// A lease that is held until it is dropped, unless it lapses before that.
#[must_use]
pub struct Held {
    lapsed: watch::Receiver<bool>,
    release: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Held {
    /// A lease that has lapsed when `lapsed` says so, and that `release` gives back.
    pub fn new(
        lapsed: watch::Receiver<bool>,
        release: impl FnOnce() + Send + Sync + 'static,
    ) -> Self {
        Self {
            lapsed,
            release: Some(Box::new(release)),
        }
    }

    /// Whether another may have it by now.
    pub fn has_lapsed(&self) -> bool {
        *self.lapsed.borrow()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            release();
        }
    }
}
