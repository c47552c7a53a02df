//! Events: the lines of an invocation's log, each with its time and its place.

use std::fmt;

use super::entry::Record;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// Where it stands, which no other event of the group shares.
    pub position: Position,
    /// The stream that it belongs to.
    pub stream: String,
    /// When it was written, in milliseconds since the epoch.
    pub time_ms: u64,
    /// When it was handed over.
    pub ingested_ms: u64,
    /// The line with its end.
    pub message: String,
}

/// A place in the log of a group, in the order in which it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the segment.
    pub segment: u64,
    /// Of the frame in the segment, in bytes.
    pub offset: u64,
    /// Of the line in the frame.
    pub line: u32,
}

impl Position {
    /// The place behind the event that stands here.
    pub(super) fn after(self) -> Self {
        Self {
            line: self.line.saturating_add(1),
            ..self
        }
    }

    /// The place of a line in the frame that stands so far behind this one.
    pub(super) fn of_line(self, frame_offset: usize, line: u32) -> Self {
        Self {
            offset: self.offset + frame_offset as u64,
            line,
            ..self
        }
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let position = Self {
            segment: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
            line: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            segment,
            offset,
            line,
        } = self;
        write!(f, "{segment}.{offset}.{line}")
    }
}

/// A line that was not copied yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) number: u32,
    pub(super) time_ms: u64,
    pub(super) text: &'a [u8],
}

/// The lines of a record, with their ends; the last may lack it.
pub(super) fn lines<'a>(record: &Record<'a>) -> impl Iterator<Item = Line<'a>> + use<'a> {
    let Record {
        started_ms,
        ended_ms,
        head_bytes,
        text,
        ..
    } = *record;
    let head_end = text.len().min(head_bytes as usize);
    let mut end = 0;
    text.split_inclusive(|byte| *byte == b'\n')
        .zip(0..)
        .map(move |(text, number)| {
            end += text.len();
            let time_ms = if end <= head_end {
                started_ms
            } else {
                ended_ms
            };
            Line {
                number,
                time_ms,
                text,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_has_the_time_of_the_start_and_the_rest_that_of_the_end() {
        let record = Record {
            started_ms: 1,
            ended_ms: 9,
            head_bytes: 6,
            stream: "s",
            text: b"START\n\nhello\nREPORT",
        };
        let found: Vec<_> = lines(&record)
            .map(|line| (line.number, line.time_ms, line.text))
            .collect();
        let expected: [(u32, u64, &[u8]); 4] = [
            (0, 1, b"START\n"),
            (1, 9, b"\n"),
            (2, 9, b"hello\n"),
            (3, 9, b"REPORT"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_position_is_read_as_it_was_written_and_nothing_else_is_one() {
        let position = Position {
            segment: 1,
            offset: 20,
            line: 300,
        };
        assert_eq!(Position::parse(&position.to_string()), Some(position));
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.-3",
            "a.b.c",
            "1.2.4294967296",
        ] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
