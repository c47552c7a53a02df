//! How long something waits that could not be done.

use std::time::Duration;

use crate::domain::times::milliseconds;

/// Shortest wait, as AWS documents it for events that could not run.
const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// Longest wait, as AWS documents it for events that could not run.
pub(crate) const BACKOFF_MAX: Duration = Duration::from_secs(5 * 60);

/// The wait after the `tries`th attempt in a row that came to nothing: from 1 s, doubled, up to 5 min.
pub(crate) fn backoff_ms(tries: u32) -> u64 {
    let doubled = 1_u64 << tries.saturating_sub(1).min(20);
    (milliseconds(BACKOFF_MIN) * doubled).min(milliseconds(BACKOFF_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_waits_from_a_second_to_five_minutes() {
        let waits: Vec<u64> = [1, 2, 3, 9, 10, 1_000_000].map(backoff_ms).into();
        assert_eq!(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
