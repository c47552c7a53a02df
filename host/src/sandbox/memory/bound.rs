//! How much all guests together may hold: what is there for this process, without what the host needs for itself.

mod control_groups;

use std::fmt;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::limits;

/// What all guests together may hold, and why not more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Bound {
    pub(in crate::sandbox) bytes: u64,
    /// What the process takes besides for what slots keep between two guests.
    kept_bytes: u64,
    /// What `/tmp` may take of memory, outside of the process.
    tmp_bytes: u64,
    /// What the data directory may.
    data_bytes: u64,
    /// What there is for this process, out of which that is a share.
    available: Available,
}

/// Memory that there is, and what it is that there is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Available {
    bytes: u64,
    by: String,
}

impl Bound {
    /// That of this process: the least of what the machine has, what the control groups around this process allow,
    /// and its address space.
    pub(in crate::sandbox) fn of_this_process() -> Self {
        let available = [
            Some(of_machine()),
            control_groups::least(Path::new("/")),
            of_address_space(),
        ];
        let available = available.into_iter().flatten();
        let least = available.min_by_key(|available| available.bytes);
        let available = least.unwrap_or_else(of_machine);
        Self::of(available)
    }

    fn of(available: Available) -> Self {
        Self {
            bytes: for_guests(available.bytes),
            kept_bytes: 0,
            tmp_bytes: 0,
            data_bytes: 0,
            available,
        }
    }

    /// What a data directory in memory may take at most, out of what guests may hold.
    #[cfg(feature = "storage")]
    pub(in crate::sandbox) fn for_data(&self) -> u64 {
        let share = self.bytes / 100 * limits::DATA_MEMORY_PERCENT_MAX;
        share.max(limits::DATA_BYTES_MIN)
    }

    /// Sets aside, out of what guests may hold, what the data directory may take of memory.
    pub(in crate::sandbox) fn without_data(self, data_bytes: u64) -> Self {
        let data_bytes = data_bytes.min(self.bytes);
        Self {
            bytes: self.bytes - data_bytes,
            data_bytes,
            ..self
        }
    }

    /// Sets aside, out of what guests may hold, what slots keep of it, and what `/tmp` may take where it is in memory:
    /// that is the second.
    pub(in crate::sandbox) fn set_aside(
        self,
        kept_bytes: u64,
        tmp_is_memory: bool,
    ) -> (Self, Option<u64>) {
        let share = |percent| self.bytes / 100 * percent;
        let kept_bytes = kept_bytes.min(share(limits::KEPT_PERCENT_MAX));
        let tmp = tmp_is_memory.then(|| share(limits::TMP_MEMORY_PERCENT_MAX));
        let tmp_bytes = tmp.unwrap_or(0);
        let bound = Self {
            bytes: self.bytes.saturating_sub(kept_bytes + tmp_bytes),
            kept_bytes,
            tmp_bytes,
            ..self
        };
        (bound, tmp)
    }

    /// What guests may hold before another, or a small one, gets no more.
    pub(super) fn for_guests(&self, is_small: bool) -> u64 {
        match is_small {
            true => self.bytes,
            false => self.bytes - self.bytes / 100 * limits::SMALL_GUESTS_PERCENT,
        }
    }

    /// What the process may take at most before a guest, or a small one, gets no more: what guests and their slots may
    /// hold, and a part of what is left to the host.
    pub(super) fn ceiling_bytes(&self, is_small: bool) -> u64 {
        let part = self.left_bytes() / 4;
        let part = if is_small { 2 * part } else { part };
        self.with_slots().saturating_add(part)
    }

    /// What is left to the host, by guests and by what is set aside for them.
    pub(in crate::sandbox) fn left_bytes(&self) -> u64 {
        let outside = self.tmp_bytes.saturating_add(self.data_bytes);
        let taken = self.with_slots().saturating_add(outside);
        self.available.bytes.saturating_sub(taken)
    }

    /// What guests and their slots may hold.
    fn with_slots(&self) -> u64 {
        self.bytes.saturating_add(self.kept_bytes)
    }

    /// A bound that nothing else comes before.
    #[cfg(test)]
    pub(in crate::sandbox) fn of_bytes(bytes: u64) -> Self {
        let by = "a test".into();
        let available = Available {
            bytes: u64::MAX,
            by,
        };
        Self {
            bytes,
            ..Self::of(available)
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEGABYTE: u64 = 1024 * 1024;
        let Available { bytes, by } = &self.available;
        let (guests, all) = (self.bytes / MEGABYTE, bytes / MEGABYTE);
        write!(f, "{guests} MB, of {all} MB, which is {by}")
    }
}

/// The share of guests in so much memory. What is left is for the host, and it needs some however little there is.
fn for_guests(bytes: u64) -> u64 {
    let share = bytes / 100 * limits::GUEST_MEMORY_PERCENT_MAX;
    let beside_the_host = bytes.saturating_sub(limits::HOST_MEMORY_BYTES_MIN);
    share.min(beside_the_host).max(bytes / 2)
}

fn of_machine() -> Available {
    let machine = rustix::system::sysinfo();
    Available {
        bytes: machine.totalram.saturating_mul(machine.mem_unit.into()),
        by: "the memory of the machine".into(),
    }
}

fn of_address_space() -> Option<Available> {
    let limit = getrlimit(Resource::As).current?;
    Some(Available {
        bytes: limit,
        by: "the limit of the address space (`ulimit -v`)".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1024 * 1024;

    #[test]
    fn the_host_keeps_a_share_and_never_less_than_it_needs() {
        assert_eq!(for_guests(100_000 * MB), 75_000 * MB);
        assert_eq!(
            for_guests(600 * MB),
            600 * MB - limits::HOST_MEMORY_BYTES_MIN
        );
        assert_eq!(for_guests(100 * MB), 50 * MB);
    }

    #[test]
    fn what_is_set_aside_is_promised_to_nobody_else() {
        for megabytes in [512, 1_024, 2_048, 8_192, 100_000] {
            for (kept_bytes, tmp_is_memory) in [(0, false), (0, true), (u64::MAX, true)] {
                let all = megabytes * MB;
                let before = Bound::of(Available {
                    bytes: all,
                    by: "a test".into(),
                });
                let (guests, left) = (before.bytes, before.left_bytes());
                let (bound, tmp) = before.set_aside(kept_bytes, tmp_is_memory);
                assert_eq!(tmp.is_some(), tmp_is_memory);
                assert_eq!(bound.left_bytes(), left, "callers get no more for it");
                assert_eq!(bound.bytes + bound.kept_bytes + bound.tmp_bytes, guests);
                let callers = limits::CALLERS_MEMORY_PERCENT_MAX;
                let callers = callers + limits::CONNECTIONS_MEMORY_PERCENT_MAX;
                assert!(guests + bound.left_bytes() / 100 * callers < all);
                let within = guests - bound.tmp_bytes;
                assert_eq!(bound.ceiling_bytes(false), within + left / 4);
                assert_eq!(bound.ceiling_bytes(true), within + left / 4 * 2);
            }
        }
    }

    #[cfg(feature = "storage")]
    #[test]
    fn what_a_data_directory_in_memory_may_take_is_promised_to_no_guest() {
        for megabytes in [64, 512, 2_048, 100_000] {
            let before = Bound::of(Available {
                bytes: megabytes * MB,
                by: "a test".into(),
            });
            let (guests, left, data) = (before.bytes, before.left_bytes(), before.for_data());
            assert!(data >= limits::DATA_BYTES_MIN && data <= guests / 2);
            let bound = before.without_data(data);
            assert_eq!(bound.bytes, guests - data);
            let (bound, tmp) = bound.set_aside(u64::MAX, true);
            assert!(tmp.is_some_and(|tmp| tmp < guests / 10));
            assert_eq!(bound.left_bytes(), left, "callers get no more for it");
            let outside = bound.tmp_bytes + bound.data_bytes;
            assert_eq!(bound.ceiling_bytes(false), guests - outside + left / 4);
        }
        let nothing_left = Bound::of_bytes(1_000).without_data(u64::MAX);
        assert_eq!(nothing_left.bytes, 0);
    }

    #[test]
    fn what_slots_keep_is_set_aside_up_to_a_share() {
        let kept = |bytes| Bound::of_bytes(1_000).set_aside(bytes, false).0.bytes;
        assert_eq!((kept(7), kept(2_000)), (993, 900));
    }

    #[test]
    fn guests_get_no_more_than_the_machine_has() {
        let bound = Bound::of_this_process();
        assert!(bound.bytes > 0 && bound.bytes < of_machine().bytes);
        assert!(bound.left_bytes() > 0);
        assert!(bound.bytes + bound.left_bytes() <= of_machine().bytes);
        assert!(bound.to_string().contains(" MB, which is "), "{bound}");
    }
}
