//! Points in time as answers show them: `2019-11-21T19:32:12.000+0000`, or seconds as a number.

use std::time::SystemTime;

use crate::domain::times;

/// `time` in UTC, with milliseconds.
pub(in crate::contract) fn text(time: SystemTime) -> String {
    times::with_offset(time)
}

/// Seconds since 1970 with milliseconds, such as `1573686021.479`.
pub(in crate::contract) fn seconds(time: SystemTime) -> f64 {
    times::unix_ms(time) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn seconds_have_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_millis(1_573_686_021_479);
        let json = serde_json::to_string(&seconds(time)).expect("a number");
        assert_eq!(json, "1573686021.479");
    }
}
