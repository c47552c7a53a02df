//! What time it is, and how to wait for it: a seam, so that tests let minutes pass at once.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::domain::times::{milliseconds, unix_ms};

/// Tells the time in milliseconds of Unix time.
pub trait Clock: Send + Sync + 'static {
    /// Now. Never goes back.
    fn now_ms(&self) -> u64;
    /// Completes when it is `at_ms` or later.
    fn until(&self, at_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The system's time, as it was when this was made, and what has passed since: an event's age does not
/// jump when somebody sets the clock.
#[derive(Debug)]
pub(crate) struct SystemClock {
    started: Instant,
    started_ms: u64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            started_ms: unix_ms(SystemTime::now()),
        }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        self.started_ms + milliseconds(self.started.elapsed())
    }

    fn until(&self, at_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // A timer counts whole milliseconds and may be one of them early.
        let wait = Duration::from_millis(at_ms.saturating_sub(self.now_ms()) + 1);
        Box::pin(tokio::time::sleep(wait))
    }
}
