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
        Self {
            bytes: for_guests(available.bytes),
            available,
        }
    }

    /// Without so many bytes, which are set aside for something else.
    pub(in crate::sandbox) fn without(self, bytes: u64) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(bytes),
            ..self
        }
    }

    /// So many percent of it.
    pub(in crate::sandbox) fn share(&self, percent: u64) -> u64 {
        self.bytes / 100 * percent
    }

    /// What the process may take at most before guests get no more: what they may hold, and a part of what is left to
    /// the host.
    pub(super) fn ceiling_bytes(&self) -> u64 {
        self.bytes.saturating_add(self.left_bytes() / 4)
    }

    /// What guests leave to the host.
    pub(in crate::sandbox) fn left_bytes(&self) -> u64 {
        self.available.bytes.saturating_sub(self.bytes)
    }

    /// A bound that nothing else comes before.
    #[cfg(test)]
    pub(in crate::sandbox) fn of_bytes(bytes: u64) -> Self {
        let by = "a test".into();
        let available = Available {
            bytes: u64::MAX,
            by,
        };
        Self { bytes, available }
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
    fn what_is_set_aside_is_nobodys() {
        let bound = Bound::of_bytes(1_000);
        let aside = bound.share(10);
        assert_eq!(bound.clone().without(aside).bytes, 900);
        assert_eq!(bound.without(2_000).bytes, 0);
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
