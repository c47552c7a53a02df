//! Points in time as texts, all of them in UTC, and as numbers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::UtcDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const RFC_3339: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
#[cfg(feature = "server")]
const RFC_3339_SECONDS: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const WITH_OFFSET: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
const COMPACT: StaticFormatDescription =
    format_description!("[year][month][day]T[hour][minute][second]Z");
const COMMON_LOG: StaticFormatDescription =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
#[cfg(feature = "server")]
const HTTP: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
#[cfg(feature = "server")]
const OF_CERTIFICATE: StaticFormatDescription = format_description!(
    "[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT"
);
const DAY: StaticFormatDescription = format_description!("[year]/[month]/[day]");

/// As records show it: `2019-11-21T19:32:12.000Z`.
pub fn rfc_3339(time: SystemTime) -> String {
    text(time, RFC_3339)
}

/// As answers in XML show it: `2019-11-21T19:32:12Z`.
#[cfg(feature = "server")]
pub(crate) fn rfc_3339_seconds(time: SystemTime) -> String {
    text(time, RFC_3339_SECONDS)
}

/// As answers of the API show it: `2019-11-21T19:32:12.000+0000`.
pub(crate) fn with_offset(time: SystemTime) -> String {
    text(time, WITH_OFFSET)
}

/// As signatures have it: `20191121T193212Z`.
pub(crate) fn compact(time: SystemTime) -> String {
    text(time, COMPACT)
}

/// The point in time that a text such as `20191121T193212Z` names.
pub(crate) fn parse_compact(text: &str) -> Option<SystemTime> {
    let bytes = text.as_bytes();
    let is_form = bytes.len() == 16 && bytes[8] == b'T' && bytes[15] == b'Z';
    let digits = |at: std::ops::Range<usize>| -> Option<u16> {
        let digits = bytes.get(at)?.iter();
        digits.into_iter().try_fold(0u16, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    let small = |at| digits(at).and_then(|number| u8::try_from(number).ok());
    if !is_form {
        return None;
    }
    let month = time::Month::try_from(small(4..6)?).ok()?;
    let date = time::Date::from_calendar_date(digits(0..4)?.into(), month, small(6..8)?).ok()?;
    let time = time::Time::from_hms(small(9..11)?, small(11..13)?, small(13..15)?).ok()?;
    Some(UtcDateTime::new(date, time).into())
}

/// As OpenSSL shows the times of certificates: `Nov  1 19:32:12 2019 GMT`.
#[cfg(feature = "server")]
pub(crate) fn of_certificate(time: SystemTime) -> String {
    text(time, OF_CERTIFICATE)
}

/// As servers for HTTP log it: `21/Nov/2019:19:32:12 +0000`.
pub(crate) fn common_log(time: SystemTime) -> String {
    text(time, COMMON_LOG)
}

/// As headers of HTTP have it: `Thu, 21 Nov 2019 19:32:12 GMT`.
#[cfg(feature = "server")]
pub(crate) fn http_date(time: SystemTime) -> String {
    text(time, HTTP)
}

/// The day alone: `2019/11/21`.
pub(crate) fn day(time: SystemTime) -> String {
    text(time, DAY)
}

/// Unix time in whole milliseconds; 0 for what was before 1970.
pub fn unix_ms(time: SystemTime) -> u64 {
    milliseconds(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A duration in whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn text(time: SystemTime, format: StaticFormatDescription) -> String {
    let text = UtcDateTime::from(time).format(format);
    text.expect("a point in time has every part that a format names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_times_are_read_back_and_nothing_else_is() {
        for seconds in [0, 951_782_400, 1_767_323_045, 4_107_542_400] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(parse_compact(&compact(time)), Some(time));
        }
        for wrong in [
            "",
            "20260102",
            "20260102T030405",
            "20260102 030405Z",
            "20261302T030405Z",
            "20260230T030405Z",
            "20260102T240405Z",
            "2026010aT030405Z",
            "+0260102T030405Z",
            "20260102T030405ZZ",
            "2026é102T03405Z",
        ] {
            assert_eq!(parse_compact(wrong), None, "{wrong}");
        }
    }

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    #[test]
    fn times_are_shown_as_aws_shows_them() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (1_574_364_732_007, "2019-11-21T19:32:12.007"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
        ] {
            assert_eq!(with_offset(at(milliseconds)), format!("{expected}+0000"));
            assert_eq!(rfc_3339(at(milliseconds)), format!("{expected}Z"));
        }
    }

    #[test]
    fn what_is_less_than_a_millisecond_or_before_1970_does_not_count() {
        let late = at(1_574_364_732_007) + Duration::from_nanos(999_999);
        assert_eq!(unix_ms(late), 1_574_364_732_007);
        assert_eq!(unix_ms(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(milliseconds(Duration::MAX), u64::MAX);
    }

    #[test]
    fn each_part_has_all_its_digits() {
        let time = at(1_578_020_645_006);
        assert_eq!(compact(time), "20200103T030405Z");
        assert_eq!(common_log(time), "03/Jan/2020:03:04:05 +0000");
        assert_eq!(day(time), "2020/01/03");
    }
}
