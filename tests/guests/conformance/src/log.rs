//! The lines of the log.

use std::io::{self, Write as _};

use time::OffsetDateTime;

use crate::call::{Call, Failure};

/// Writes a line as it is.
pub(crate) fn line(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text)
        .and_then(|()| stdout.write_all(b"\n"))
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::new("LogError", format!("A line cannot be logged: {error}")))
}

/// Writes a line in the form of the loggers of Lambda's own runtimes: level, date, request id and
/// text, with tabs between.
pub(crate) fn info(call: &Call, text: &str) -> Result<(), Failure> {
    let date = date(OffsetDateTime::now_utc());
    line(format!("[INFO]\t{date}\t{}\t{text}", call.context.request_id).as_bytes())
}

fn date(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, millisecond) = at.to_hms_milli();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_date_has_milliseconds_and_ends_in_z() {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::from_millis(951_868_799_007);
        assert_eq!(date(at), "2000-02-29T23:59:59.007Z");
    }
}
