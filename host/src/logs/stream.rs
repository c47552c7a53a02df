//! How logs name streams and times.

use std::time::SystemTime;

use time::OffsetDateTime;

use crate::domain::Version;

/// The name of the log stream of a version on a day: `YYYY/MM/DD/[VERSION]<32 hex>`.
pub fn stream_name(version: &Version, now: SystemTime) -> String {
    let today = OffsetDateTime::from(now).date();
    format!(
        "{}/{:02}/{:02}/[{}]{}",
        today.year(),
        u8::from(today.month()),
        today.day(),
        version.id,
        version.revision.simple()
    )
}

/// `time` as records in the JSON format show it: `2026-01-01T00:00:00.000Z`.
pub fn timestamp(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, millisecond) = time.to_hms_milli();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}
