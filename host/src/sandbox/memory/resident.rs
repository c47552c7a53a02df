//! What the process takes of the machine and nobody counts: the host's own, and what the allocator keeps of what guests
//! gave back.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Instant;

use crate::limits::{
    KEPT_MEMORY_ASKED_INTERVAL, RESIDENT_UNSEEN_DURATION_MAX, UNCOUNTED_REMEMBERED,
};

/// Looks at it now and then, and remembers.
///
/// What guests hold and have not written yet is no part of the process: so what is resident beside what they hold is the
/// least that is uncounted, and may be more. The most that was seen lately stands, unless the whole process takes less.
pub(super) struct Resident {
    /// Kept open: where a look is needed, there may be no descriptor left.
    status: Option<File>,
    /// The most that was seen in the time that runs, and in the one before.
    most: [u64; 2],
    began: Instant,
    /// When it was last looked.
    looked: Option<Instant>,
    /// When it was last asked for memory that is kept.
    asked: Option<Instant>,
}

impl Resident {
    pub(super) fn new() -> Self {
        Self {
            status: File::open("/proc/self/status").ok(),
            most: [0; 2],
            began: Instant::now(),
            looked: None,
            asked: None,
        }
    }

    /// Whether it was looked a moment ago.
    pub(super) fn is_fresh(&self) -> bool {
        let looked = self.looked;
        looked.is_some_and(|looked| looked.elapsed() < RESIDENT_UNSEEN_DURATION_MAX)
    }

    /// Whether memory that is kept is to be asked for: not more often than it could have been given since.
    pub(super) fn is_time_to_ask(&mut self) -> bool {
        let now = Instant::now();
        let is_time = self
            .asked
            .is_none_or(|asked| now.saturating_duration_since(asked) >= KEPT_MEMORY_ASKED_INTERVAL);
        if is_time {
            self.asked = Some(now);
        }
        is_time
    }

    /// Looks, while guests hold so much, and gives the bytes that are uncounted.
    pub(super) fn uncounted_beside(&mut self, held_bytes: u64) -> u64 {
        let resident = self.status.as_ref().and_then(resident_bytes);
        let now = Instant::now();
        self.looked = Some(now);
        self.saw(resident.unwrap_or(0), held_bytes, now)
    }

    fn saw(&mut self, resident: u64, held_bytes: u64, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.began);
        if passed >= UNCOUNTED_REMEMBERED {
            let before = match passed < 2 * UNCOUNTED_REMEMBERED {
                true => self.most[0],
                false => 0,
            };
            (self.most, self.began) = ([0, before], now);
        }
        let least = resident.saturating_sub(held_bytes);
        self.most = self.most.map(|most| most.min(resident));
        self.most[0] = self.most[0].max(least);
        self.most[0].max(self.most[1])
    }
}

fn resident_bytes(status: &File) -> Option<u64> {
    let mut text = [0; 4096];
    let count = status.read_at(&mut text, 0).ok()?;
    let text = String::from_utf8_lossy(&text[..count]);
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_guests_hold_and_have_not_written_hides_nothing_that_was_seen() {
        let mut resident = Resident::new();
        let began = resident.began;
        let mut saw = |resident_bytes, held, seconds| {
            let now = began + Duration::from_secs(seconds);
            resident.saw(resident_bytes, held, now)
        };
        assert_eq!(saw(1_000, 900, 0), 100);
        assert_eq!(saw(1_000, 0, 1), 1_000, "what was given back is kept");
        assert_eq!(saw(1_000, 600, 2), 1_000, "they have written none of it");
        assert_eq!(saw(1_600, 600, 3), 1_000);
        assert_eq!(saw(300, 0, 4), 300, "it went back to the system");
        assert_eq!(saw(900, 700, 5), 300);
    }

    #[test]
    fn what_was_seen_long_ago_is_forgotten() {
        let mut resident = Resident::new();
        let (began, time) = (resident.began, UNCOUNTED_REMEMBERED);
        assert_eq!(resident.saw(1_000, 0, began), 1_000);
        assert_eq!(resident.saw(1_000, 600, began + time), 1_000);
        assert_eq!(resident.saw(1_000, 600, began + 2 * time), 400);
        assert_eq!(resident.saw(1_000, 0, began + 2 * time), 1_000);
        assert_eq!(resident.saw(1_000, 900, began + 5 * time), 100);
    }

    #[test]
    fn what_this_process_takes_is_seen() {
        assert!(Resident::new().uncounted_beside(0) > 1024 * 1024);
        assert_eq!(Resident::new().uncounted_beside(u64::MAX), 0);
    }
}
