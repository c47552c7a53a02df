//! How many reads of logs run at once.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::LOG_READS_MAX;

/// The places for reads of logs.
#[derive(Debug)]
pub(crate) struct LogReads(Semaphore);

impl Default for LogReads {
    fn default() -> Self {
        Self(Semaphore::new(LOG_READS_MAX))
    }
}

impl LogReads {
    /// A place for one more, once there is one.
    pub(super) async fn place(&self) -> SemaphorePermit<'_> {
        let place = self.0.acquire().await;
        place.expect("the semaphore is never closed")
    }
}
