//! What of its budget each part of a data directory may take.

use crate::limits::{
    AUDIT_BYTES_MAX, CODE_STORAGE_BYTES_MAX, DATA_AUDIT_PERCENT_MAX, DATA_BYTES_OF_EVENT_MIN,
    DATA_CODE_PERCENT_MAX, DATA_DEAD_EVENTS_PERCENT_MAX, DATA_EVENTS_PERCENT_MAX,
    DATA_LOGS_PERCENT_MAX, DATA_WAL_PAGES_MIN, DATA_WAL_PERCENT_MAX, DEAD_EVENTS_BYTES_MAX,
    DEAD_EVENTS_MAX, EVENTS_WAITING_BYTES_MAX, EVENTS_WAITING_MAX, LOG_TOTAL_BYTES_MAX,
};

/// A page of a database, as SQLite makes them.
pub(in crate::storage) const PAGE_BYTES: u64 = 4_096;

/// Each part's own bound, or its share where the budget is smaller than all bounds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    budget: u64,
}

impl Shares {
    pub(super) fn of(budget: u64) -> Self {
        Self { budget }
    }

    /// Packages and snapshots.
    pub(super) fn code_bytes_max(self) -> u64 {
        self.share(DATA_CODE_PERCENT_MAX, CODE_STORAGE_BYTES_MAX)
    }

    /// Logs.
    pub(crate) fn log_bytes_max(self) -> u64 {
        self.share(DATA_LOGS_PERCENT_MAX, LOG_TOTAL_BYTES_MAX)
    }

    /// The audit log, in the database of the catalog.
    pub(crate) fn audit_bytes_max(self) -> u64 {
        self.share(DATA_AUDIT_PERCENT_MAX, AUDIT_BYTES_MAX)
    }

    /// Payloads of events that wait.
    pub(crate) fn event_bytes_max(self) -> u64 {
        self.share(DATA_EVENTS_PERCENT_MAX, EVENTS_WAITING_BYTES_MAX)
    }

    /// Events that wait: a small one takes far more room than its payload.
    pub(crate) fn events_max(self) -> u64 {
        EVENTS_WAITING_MAX.min(self.event_bytes_max() / DATA_BYTES_OF_EVENT_MIN)
    }

    /// Payloads of dead events.
    pub(crate) fn dead_event_bytes_max(self) -> u64 {
        self.share(DATA_DEAD_EVENTS_PERCENT_MAX, DEAD_EVENTS_BYTES_MAX)
    }

    /// Dead events.
    pub(crate) fn dead_events_max(self) -> u64 {
        DEAD_EVENTS_MAX.min(self.dead_event_bytes_max() / DATA_BYTES_OF_EVENT_MIN)
    }

    /// Pages of the log of a database, after which they are copied into it: at most so many.
    pub(in crate::storage) fn wal_pages(self, pages_max: u64) -> u64 {
        let pages = self.share(DATA_WAL_PERCENT_MAX, u64::MAX) / PAGE_BYTES;
        pages.clamp(DATA_WAL_PAGES_MIN, pages_max)
    }

    fn share(self, percent: u64, bound: u64) -> u64 {
        (self.budget / 100).saturating_mul(percent).min(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_budget_leaves_every_part_its_own_bound() {
        let shares = Shares::of(1 << 40);
        assert_eq!(shares.code_bytes_max(), CODE_STORAGE_BYTES_MAX);
        assert_eq!(shares.log_bytes_max(), LOG_TOTAL_BYTES_MAX);
        assert_eq!(shares.audit_bytes_max(), AUDIT_BYTES_MAX);
        assert_eq!(shares.event_bytes_max(), EVENTS_WAITING_BYTES_MAX);
        assert_eq!(shares.events_max(), EVENTS_WAITING_MAX);
        assert_eq!(shares.dead_event_bytes_max(), DEAD_EVENTS_BYTES_MAX);
        assert_eq!(shares.dead_events_max(), DEAD_EVENTS_MAX);
        assert_eq!(shares.wal_pages(4_000), 4_000);
    }

    #[test]
    fn the_shares_of_a_small_one_leave_room_for_compiled_code() {
        for budget in [16 << 20, 1 << 30, 100 << 30] {
            let shares = Shares::of(budget);
            let parts = shares.code_bytes_max()
                + shares.log_bytes_max()
                + shares.audit_bytes_max()
                + shares.event_bytes_max()
                + shares.dead_event_bytes_max()
                + 2 * shares.wal_pages(4_000) * PAGE_BYTES;
            assert!(parts <= budget / 10 * 9, "{parts} of {budget}");
        }
        assert_eq!(Shares::of(16 << 20).events_max(), 3_276);
    }
}
