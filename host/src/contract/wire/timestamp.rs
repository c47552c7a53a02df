//! Points in time as answers show them: `2019-11-21T19:32:12.000+0000`, or seconds as a number.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// `time` in UTC, with milliseconds.
pub(in crate::contract) fn text(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, millisecond) = time.to_hms_milli();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}+0000")
}

/// Seconds since 1970 with milliseconds, such as `1573686021.479`.
pub(in crate::contract) fn seconds(time: SystemTime) -> f64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_millis() as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn seconds_have_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_millis(1_573_686_021_479);
        let json = serde_json::to_string(&seconds(time)).expect("a number");
        assert_eq!(json, "1573686021.479");
    }

    #[test]
    fn times_are_shown_as_aws_shows_them() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000+0000"),
            (951_782_400_000, "2000-02-29T00:00:00.000+0000"),
            (1_574_364_732_007, "2019-11-21T19:32:12.007+0000"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999+0000"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000+0000"),
        ] {
            assert_eq!(
                text(UNIX_EPOCH + Duration::from_millis(milliseconds)),
                expected
            );
        }
    }
}
