//! What the process really takes of the machine: more than guests hold, where the allocator keeps what they gave back.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits;

/// Looks at it now and then, and says whether there is room for more.
pub(super) struct Resident {
    /// What the process may take at most.
    ceiling_bytes: u64,
    /// Kept open: where a look is needed, there may be no descriptor left.
    status: Option<File>,
    /// What was taken since the last look, beside what was seen then.
    unseen_bytes: AtomicU64,
    seen_bytes: AtomicU64,
}

impl Resident {
    /// Of a process that may take so much.
    pub(super) fn below(ceiling_bytes: u64) -> Self {
        Self {
            ceiling_bytes,
            status: File::open("/proc/self/status").ok(),
            unseen_bytes: AtomicU64::new(0),
            seen_bytes: AtomicU64::new(0),
        }
    }

    /// Whether so many bytes more would fit, as far as is known.
    pub(super) fn has_room_for(&self, bytes: u64) -> bool {
        let unseen = self.unseen_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let fits = || {
            let seen = self.seen_bytes.load(Ordering::Relaxed);
            seen.saturating_add(bytes) <= self.ceiling_bytes
        };
        if unseen >= limits::RESIDENT_UNSEEN_BYTES_MAX || !fits() {
            self.look();
        }
        fits()
    }

    fn look(&self) {
        let seen = self.status.as_ref().and_then(resident_bytes);
        self.seen_bytes.store(seen.unwrap_or(0), Ordering::Relaxed);
        self.unseen_bytes.store(0, Ordering::Relaxed);
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
    use super::*;

    #[test]
    fn what_the_process_takes_counts_whoever_holds_it() {
        const MB: u64 = 1024 * 1024;
        assert!(!Resident::below(MB).has_room_for(2 * MB));
        assert!(Resident::below(u64::MAX).has_room_for(100 * MB));
        let tight = Resident::below(MB);
        // This process has more than that, which a look shows.
        assert!(
            !tight.has_room_for(MB / 2) || !tight.has_room_for(limits::RESIDENT_UNSEEN_BYTES_MAX)
        );
        let status = File::open("/proc/self/status").expect("it is there");
        assert!(resident_bytes(&status).expect("a number") > MB);
    }
}
