//! Points in time as policies spell them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use time::{Date, Month, Time, UtcDateTime};

/// Milliseconds since 1970 of a time in ISO 8601, such as `2026-01-31`, `2026-01-31T12:00Z` or
/// `2026-01-31T12:00:00.5+01:00`, or of seconds since 1970; `None` where `text` is neither.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    if let Some(seconds) = number::<i64>(text, 1..=12) {
        return Some(seconds * 1_000);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let of_day = time.map_or(Some(0), of_day)?;
    Some(of_date(date)? + of_day)
}

/// Milliseconds from 1970 to the beginning of `YYYY-MM-DD`.
fn of_date(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4..=4)?;
    let month = Month::try_from(number::<u8>(parts.next()?, 2..=2)?).ok()?;
    let day = number(parts.next()?, 2..=2)?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(UtcDateTime::new(date, Time::MIDNIGHT).unix_timestamp() * 1_000)
}

/// Milliseconds of `hh:mm[:ss[.fff]]` with `Z` or an offset behind it.
fn of_day(time: &str) -> Option<i64> {
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let offset = minutes(&time[at + 1..])?;
            let sign = if time[at..].starts_with('-') { -1 } else { 1 };
            (&time[..at], sign * offset)
        }
    };
    let (clock, seconds) = match clock.match_indices(':').nth(1) {
        Some((at, _)) => (&clock[..at], seconds(&clock[at + 1..])?),
        None => (clock, 0),
    };
    Some((minutes(clock)? - offset) * 60_000 + seconds)
}

/// Minutes of `hh:mm`.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let hours = number::<i64>(hours, 2..=2).filter(|hours| *hours < 24)?;
    let minutes = number::<i64>(minutes, 2..=2).filter(|minutes| *minutes < 60)?;
    Some(hours * 60 + minutes)
}

/// Milliseconds of `ss` or `ss.fff`.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = number::<i64>(whole, 2..=2).filter(|seconds| *seconds < 60)?;
    number::<u32>(fraction, 1..=9)?;
    let fraction = number::<i64>(&format!("{fraction:0<3}")[..3], 3..=3)?;
    Some(whole * 1_000 + fraction)
}

/// A number of so many digits and nothing else.
fn number<T: FromStr>(text: &str, digits: RangeInclusive<usize>) -> Option<T> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_their_spellings() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T00:00Z", 951_782_400),
            ("2026-11-30T12:34:56Z", 1_796_042_096),
            ("2026-11-30T14:34:56+02:00", 1_796_042_096),
            ("2026-11-30T07:04:56.000-05:30", 1_796_042_096),
            ("1796042096", 1_796_042_096),
        ] {
            assert_eq!(milliseconds(text), Some(seconds * 1_000), "{text}");
        }
        assert_eq!(milliseconds("1970-01-01T00:00:00.25Z"), Some(250));
        for wrong in [
            "",
            "now",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "2026-01-01T00:00",
            "2026-01-01T24:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "-1",
            "1e3",
            "2026-01-01-01",
        ] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
