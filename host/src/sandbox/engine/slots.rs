//! The slots of the pool: one for each sandbox that lives, whether it runs, waits or is idle.

use std::sync::Arc;
#[cfg(feature = "measure")]
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::invoker::HostFailure;
use crate::limits;

/// What [`make_at_most`] was told.
#[cfg(feature = "measure")]
static SLOTS_MAX: AtomicU32 = AtomicU32::new(u32::MAX);

/// Has hosts that start from now on in this process reserve the address space of so many sandboxes at most. Under
/// valgrind there is too little for a pool of the usual size, and without its pool a host is another one.
#[cfg(feature = "measure")]
pub fn make_at_most(sandboxes: u32) {
    SLOTS_MAX.store(sandboxes, Ordering::Relaxed);
}

/// `sandboxes`, or fewer where that was asked for.
#[cfg(feature = "measure")]
pub(in crate::sandbox) fn at_most(sandboxes: u32) -> u32 {
    sandboxes.min(SLOTS_MAX.load(Ordering::Relaxed))
}

/// Gives out slots. Where none is left, sandboxes that serve nobody give way.
pub(in crate::sandbox) struct Slots {
    permits: Arc<Semaphore>,
    count: u32,
    /// Lets a sandbox go that serves nobody; `false` where there is none.
    give_way: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Slots {
    /// So many. Where none is left, `give_way` lets a sandbox go that serves nobody, and says whether there was one.
    pub(in crate::sandbox) fn new(
        count: u32,
        give_way: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(count as usize)),
            count,
            give_way: Box::new(give_way),
        }
    }

    /// A slot, for which somebody waits.
    pub(in crate::sandbox) async fn take(&self) -> Result<OwnedSemaphorePermit, HostFailure> {
        let permits = Arc::clone(&self.permits);
        if let Ok(slot) = Arc::clone(&permits).try_acquire_owned() {
            return Ok(slot);
        }
        self.make_room();
        let waiting = timeout(limits::SANDBOX_WAIT_MAX, permits.acquire_owned());
        match Box::pin(waiting).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(HostFailure::NoCapacity),
        }
    }

    /// A slot that nobody is likely to need soon.
    pub(in crate::sandbox) fn take_spare(&self) -> Option<OwnedSemaphorePermit> {
        let is_spare = self.permits.available_permits() > limits::SANDBOXES_SPARE as usize;
        is_spare
            .then(|| Arc::clone(&self.permits).try_acquire_owned().ok())
            .flatten()
    }

    /// Whether so many could be taken at once if nobody else had any.
    pub(in crate::sandbox) fn could_ever_hold(&self, count: u32) -> bool {
        count <= self.count
    }

    /// To be called after a sandbox has become idle: whoever looked for one that gives way may have
    /// looked before that.
    pub(in crate::sandbox) fn make_room_where_none_is(&self) {
        if self.permits.available_permits() == 0 {
            self.make_room();
        }
    }

    fn make_room(&self) {
        // One slot is needed, so one sandbox goes.
        let _ = (self.give_way)();
    }
}
