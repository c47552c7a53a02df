//! How much processor time a compilation has used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Tells how much one attempt has used. A clone tells of the same.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    started: Instant,
    process: Arc<Process>,
}

/// What is known of the process that does it. Nobody else can look: what the system tells of other processes is out of
/// reach of a server in its jail, and so is everything but its pipes of a compiler in its own.
#[derive(Debug, Default)]
struct Process {
    has_begun: AtomicBool,
    /// What it has told, in nanoseconds.
    used: AtomicU64,
}

impl Meter {
    /// Nothing is used yet.
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            process: Arc::default(),
        }
    }

    /// From now on, a process does it.
    #[cfg_attr(
        not(feature = "compiler"),
        expect(dead_code, reason = "without a compiler there is no process")
    )]
    pub(super) fn begin(&self) {
        self.process.has_begun.store(true, Ordering::Relaxed);
    }

    /// The process has used so much so far.
    #[cfg_attr(
        not(feature = "compiler"),
        expect(dead_code, reason = "without a compiler there is no process")
    )]
    pub(super) fn told(&self, used: Duration) {
        let used = u64::try_from(used.as_nanos()).unwrap_or(u64::MAX);
        self.process.used.fetch_max(used, Ordering::Relaxed);
    }

    /// Processor time of the process, over all its threads, as it has told. None where it is done in this process, which
    /// cannot be told apart.
    pub(super) fn used(&self) -> Duration {
        Duration::from_nanos(self.process.used.load(Ordering::Relaxed))
    }

    /// What has passed since it began, where it is done in a process that can be ended.
    pub(super) fn passed(&self) -> Duration {
        match self.process.has_begun.load(Ordering::Relaxed) {
            true => self.elapsed(),
            false => Duration::ZERO,
        }
    }

    /// What has passed since it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_told_last_is_what_is_used() {
        let meter = Meter::start();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(meter.passed(), Duration::ZERO, "no process has begun");
        meter.begin();
        let seconds = Duration::from_secs;
        meter.told(seconds(3));
        meter.told(seconds(2));
        tokio::time::advance(seconds(7)).await;
        assert_eq!(meter.clone().used(), seconds(3), "whatever has passed");
        assert_eq!(meter.passed(), seconds(67));
    }
}
