//! Hides secrets in what a function wrote to its log, so that a careless line does not give them away.

use aho_corasick::{AhoCorasick, MatchKind};
use bytes::Bytes;

use crate::limits::SECRET_MASKED_BYTES_MIN;

/// What stands in the place of a secret.
const MASK: &[u8] = b"***";

/// Finds secrets. One of several lines is found line by line, and each also as it stands in JSON.
pub(in crate::sandbox) struct LogMask {
    patterns: AhoCorasick,
    bytes_max: usize,
}

impl LogMask {
    /// A mask for these values; `None` where none of them is long enough to be told from a word.
    pub(in crate::sandbox) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let lines = values.flat_map(str::lines).map(str::trim);
        let mut patterns: Vec<String> = lines
            .filter(|line| line.len() >= SECRET_MASKED_BYTES_MIN)
            .flat_map(|line| [line.to_owned(), in_json(line)])
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        let bytes_max = patterns.iter().map(String::len).max()?;
        let patterns = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .inspect_err(|error| tracing::error!(%error, "secrets cannot be masked in logs"))
            .ok()?;
        Some(Self {
            patterns,
            bytes_max,
        })
    }

    /// The log without the secrets.
    pub(in crate::sandbox) fn hide(&self, log: Bytes) -> Bytes {
        if !self.patterns.is_match(&log) {
            return log;
        }
        let mut hidden = Vec::with_capacity(log.len());
        self.patterns
            .replace_all_with_bytes(&log, &mut hidden, |_, _, to| {
                to.extend_from_slice(MASK);
                true
            });
        hidden.into()
    }

    /// How much of the beginning of a log, whose own beginning is lost, may be the end of a secret.
    pub(in crate::sandbox) fn doubtful_bytes(&self, log: &[u8]) -> usize {
        let doubtful = &log[..log.len().min(self.bytes_max - 1)];
        // No secret goes on behind a line break.
        let line_end = doubtful.iter().position(|byte| *byte == b'\n');
        line_end.map_or(doubtful.len(), |end| end + 1)
    }
}

fn in_json(line: &str) -> String {
    let quoted = serde_json::Value::from(line).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(values: &[&str], log: &'static str) -> String {
        let mask = LogMask::of(values.iter().copied()).expect("long enough");
        String::from_utf8(mask.hide(log.into()).to_vec()).expect("text")
    }

    #[test]
    fn every_occurrence_is_hidden_and_the_rest_stays() {
        assert_eq!(
            hidden(&["hunter2"], "a hunter2 b\nhunter2hunter2 hunter\n"),
            "a *** b\n****** hunter\n"
        );
    }

    #[test]
    fn the_longest_secret_counts_where_one_begins_another() {
        assert_eq!(
            hidden(&["secret", "secret-two"], "x secret-two y"),
            "x *** y"
        );
    }

    #[test]
    fn several_lines_are_hidden_one_by_one_and_in_json() {
        let key = "-----BEGIN-----\nabcdef\"gh\r\nxyz\n";
        assert_eq!(
            hidden(
                &[key],
                "-----BEGIN-----\nabcdef\"gh\nxyz {\"k\":\"abcdef\\\"gh\"}"
            ),
            "***\n***\nxyz {\"k\":\"***\"}"
        );
    }

    #[test]
    fn what_is_as_short_as_a_word_is_not_hidden() {
        assert!(LogMask::of(["no", "12345", "     x     "].into_iter()).is_none());
        assert!(LogMask::of(["123456"].into_iter()).is_some());
    }

    #[test]
    fn the_beginning_of_a_log_that_is_cut_is_doubtful_as_far_as_a_secret_can_reach() {
        let mask = LogMask::of(["1234567890"].into_iter()).expect("long enough");
        assert_eq!(mask.doubtful_bytes(b"67890 and more than that"), 9);
        assert_eq!(mask.doubtful_bytes(b"890\nmore than that"), 4);
        assert_eq!(mask.doubtful_bytes(b"90"), 2);
    }
}
