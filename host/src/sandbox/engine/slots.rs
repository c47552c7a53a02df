//! The slots of the pool: one for each sandbox that lives, whether it runs, waits or is idle.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::invoker::HostFailure;
use crate::limits;
use crate::sandbox::keep::idle_sandboxes::IdleSandboxes;
use crate::sandbox::keep::prepare::Prepared;

/// Gives out slots. Where none is left, sandboxes that serve nobody give way.
pub(in crate::sandbox) struct Slots {
    permits: Arc<Semaphore>,
    count: u32,
    idle: Arc<IdleSandboxes>,
    prepared: Arc<Prepared>,
}

impl Slots {
    pub(in crate::sandbox) fn new(
        count: u32,
        idle: Arc<IdleSandboxes>,
        prepared: Arc<Prepared>,
    ) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(count as usize)),
            count,
            idle,
            prepared,
        }
    }

    /// A slot, for which somebody waits.
    pub(in crate::sandbox) async fn take(&self) -> Result<OwnedSemaphorePermit, HostFailure> {
        let permits = Arc::clone(&self.permits);
        if let Ok(slot) = Arc::clone(&permits).try_acquire_owned() {
            return Ok(slot);
        }
        self.make_room();
        match timeout(limits::SANDBOX_WAIT_MAX, permits.acquire_owned()).await {
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
        let _ = self.idle.give_way() || self.prepared.give_way();
    }
}
