//! How much a log takes, and by which time its leases lapse.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits::{
    DEAD_EVENTS_BYTES_MAX, DEAD_EVENTS_IN_MEMORY_BYTES_MAX, DEAD_EVENTS_MAX,
    EVENTS_CACHED_BYTES_MAX, EVENTS_WAITING_BYTES_MAX, EVENTS_WAITING_IN_MEMORY_BYTES_MAX,
    EVENTS_WAITING_MAX,
};

#[cfg(feature = "storage")]
use crate::storage::Shares;

/// How much a log takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogBounds {
    /// Events that wait.
    pub events_max: u64,
    /// Their bytes.
    pub bytes_max: u64,
    /// Bytes of those that are in memory beside the disk.
    pub cached_bytes_max: u64,
    /// Dead events; the oldest of the account that has the most make room for others.
    pub dead_max: u64,
    /// Their bytes.
    pub dead_bytes_max: u64,
}

impl LogBounds {
    /// Of a log in a data directory whose parts have these shares.
    #[cfg(feature = "storage")]
    pub(crate) fn on_disk(shares: Shares) -> Self {
        Self {
            events_max: shares.events_max(),
            bytes_max: shares.event_bytes_max(),
            dead_max: shares.dead_events_max(),
            dead_bytes_max: shares.dead_event_bytes_max(),
            ..Self::ON_DISK
        }
    }

    /// Of a log that has a disk for itself.
    pub(crate) const ON_DISK: Self = Self {
        events_max: EVENTS_WAITING_MAX,
        bytes_max: EVENTS_WAITING_BYTES_MAX,
        cached_bytes_max: EVENTS_CACHED_BYTES_MAX,
        dead_max: DEAD_EVENTS_MAX,
        dead_bytes_max: DEAD_EVENTS_BYTES_MAX,
    };

    /// Of a log that is in memory only.
    pub(crate) const IN_MEMORY: Self = Self {
        bytes_max: EVENTS_WAITING_IN_MEMORY_BYTES_MAX,
        dead_bytes_max: DEAD_EVENTS_IN_MEMORY_BYTES_MAX,
        ..Self::ON_DISK
    };
}

/// The time by which leases lapse, which nobody sets: a test's own, or what has passed since the start.
#[derive(Clone)]
pub(crate) struct LogClock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl LogClock {
    /// A time that `now` tells, and that never goes back.
    pub(crate) fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now.
    pub(crate) fn now(&self) -> Duration {
        (self.0)()
    }
}

impl Default for LogClock {
    fn default() -> Self {
        let started = Instant::now();
        Self::new(move || started.elapsed())
    }
}

impl fmt::Debug for LogClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogClock").field(&self.now()).finish()
    }
}
