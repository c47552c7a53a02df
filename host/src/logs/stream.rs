//! How logs name streams.

use std::sync::Arc;
use std::time::SystemTime;

use super::entry::Entry;
use crate::domain::{Version, times};

const MILLISECONDS_PER_DAY: u64 = 24 * 60 * 60 * 1_000;

/// The name of the log stream of a version on a day: `YYYY/MM/DD/[VERSION]<32 hex>`.
pub(crate) fn stream_name(version: &Version, now: SystemTime) -> String {
    let (day, revision) = (times::day(now), version.revision.simple());
    format!("{day}/[{}]{revision}", version.id)
}

/// Names the streams of many entries. Nearly always the next one is of the same version on the same day.
#[derive(Default)]
pub(super) struct StreamNames {
    last: Option<LastName>,
}

struct LastName {
    version: Arc<Version>,
    day: u64,
    name: String,
}

impl StreamNames {
    /// The stream of an entry.
    pub(super) fn of(&mut self, entry: &Entry) -> &str {
        let day = times::unix_ms(entry.started) / MILLISECONDS_PER_DAY;
        let is_last =
            |last: &LastName| last.day == day && Arc::ptr_eq(&last.version, &entry.version);
        let last = self
            .last
            .take()
            .filter(is_last)
            .unwrap_or_else(|| LastName {
                version: Arc::clone(&entry.version),
                day,
                name: stream_name(&entry.version, entry.started),
            });
        &self.last.insert(last).name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use bytes::Bytes;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn entries_of_other_versions_and_other_days_have_other_streams() {
        let versions = ["one", "two"].map(|name| Arc::new(samples::version(name)));
        let entry = |version: &Arc<Version>, seconds| Entry {
            version: Arc::clone(version),
            started: UNIX_EPOCH + Duration::from_secs(seconds),
            ended: UNIX_EPOCH + Duration::from_secs(seconds),
            text: Bytes::new(),
            head_bytes: 0,
        };
        let midnight = 24 * 60 * 60;
        let mut names = StreamNames::default();
        for (version, seconds) in [
            (0, 0),
            (0, midnight - 1),
            (0, midnight),
            (1, midnight),
            (0, midnight + 1),
        ] {
            let entry = entry(&versions[version], seconds);
            let expected = stream_name(&entry.version, entry.started);
            assert_eq!(names.of(&entry), expected);
        }
    }
}
