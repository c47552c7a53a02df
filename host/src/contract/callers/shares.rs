//! What of the memory that guests leave to the host is for callers: what is held for them, and their connections.

use crate::limits::{
    CALLERS_BYTES_MAX, CALLERS_MEMORY_PERCENT_MAX, CONNECTION_BYTES, CONNECTIONS_MAX,
    CONNECTIONS_MEMORY_PERCENT_MAX,
};

/// How much there may be for callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    /// What is held for them.
    pub(super) bytes_max: usize,
    /// Their connections.
    pub(super) connections_bytes: u64,
}

impl Shares {
    /// Those of a host for which its guests leave so much.
    pub(super) fn of(memory_bytes: u64) -> Self {
        let percent = |share: u64| memory_bytes / 100 * share;
        let bytes_max = percent(CALLERS_MEMORY_PERCENT_MAX).min(CALLERS_BYTES_MAX);
        Self {
            bytes_max: saturated(bytes_max),
            connections_bytes: percent(CONNECTIONS_MEMORY_PERCENT_MAX),
        }
    }

    /// How many connections there may be, where each takes so much besides what all take.
    pub(super) fn connections_max(self, more_bytes: u64) -> usize {
        let connections = self.connections_bytes / (CONNECTION_BYTES + more_bytes);
        saturated(connections).clamp(1, CONNECTIONS_MAX)
    }
}

fn saturated(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DEPLOY_REQUEST_BYTES_MAX, HOST_MEMORY_BYTES_MIN, TLS_CONNECTION_BYTES};

    const MB: u64 = 1024 * 1024;

    #[test]
    fn a_large_machine_has_all_that_there_may_be() {
        for memory in [u64::MAX, 6_144 * MB] {
            let shares = Shares::of(memory);
            assert_eq!(shares.bytes_max, saturated(CALLERS_BYTES_MAX));
            for more in [0, TLS_CONNECTION_BYTES] {
                assert_eq!(shares.connections_max(more), CONNECTIONS_MAX);
            }
        }
    }

    #[test]
    fn in_a_small_container_the_shares_leave_something_to_the_host_itself() {
        for memory in [0, 1, 64 * MB, 128 * MB, 256 * MB, 512 * MB, 1_024 * MB] {
            let shares = Shares::of(memory);
            for more in [0, TLS_CONNECTION_BYTES] {
                let each = CONNECTION_BYTES + more;
                let connections = shares.connections_max(more) as u64 * each;
                let taken = shares.bytes_max as u64 + connections;
                assert!(taken <= memory / 100 * 85 + each, "{memory}: {shares:?}");
            }
        }
    }

    #[test]
    fn the_largest_upload_fits_beside_the_least_that_guests_leave() {
        let shares = Shares::of(HOST_MEMORY_BYTES_MIN);
        assert!(shares.bytes_max / 2 > DEPLOY_REQUEST_BYTES_MAX);
    }
}
