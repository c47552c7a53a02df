//! What is known of a segment without reading it: which streams and times are in it, and from which
//! places it can be read.

use std::collections::BTreeMap;

use super::entry::Record;
use super::frame::Frames;
use super::segment_name::parse_header;
use crate::limits::LOG_MARK_BYTES;

/// The index of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Size of the segment, as far as it is whole.
    pub(super) bytes: u64,
    /// The earliest time of an event.
    pub(super) first_ms: u64,
    /// The latest time of an event.
    pub(super) last_ms: u64,
    pub(super) streams: BTreeMap<String, StreamSummary>,
    marks: Vec<Mark>,
}

/// A place where a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    offset: u64,
    /// The latest time of an event before it.
    last_ms_before: u64,
}

/// What is known of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSummary {
    /// Time of its first event, in milliseconds since the epoch.
    pub first_event_ms: u64,
    /// Time of its last event.
    pub last_event_ms: u64,
}

impl StreamSummary {
    /// This stream and what another segment has of it.
    pub(super) fn merge(&mut self, other: &Self) {
        self.first_event_ms = self.first_event_ms.min(other.first_event_ms);
        self.last_event_ms = self.last_event_ms.max(other.last_event_ms);
    }
}

impl Index {
    /// The index of a segment that has nothing but its first line.
    pub(super) fn of_empty(header_bytes: usize) -> Self {
        Self {
            bytes: header_bytes as u64,
            ..Self::default()
        }
    }

    /// The index of a segment with this content, which ends where a frame is torn.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let Some(header) = parse_header(bytes) else {
            return Self::default();
        };
        let mut index = Self::of_empty(header.bytes);
        for (_, record, frame_bytes) in Frames::of(&bytes[header.bytes..]) {
            index.add(&record, frame_bytes);
        }
        index
    }

    /// Takes in a record that was appended.
    pub(super) fn add(&mut self, record: &Record<'_>, frame_bytes: usize) {
        let first_ms = record.started_ms.min(record.ended_ms);
        let last_ms = record.started_ms.max(record.ended_ms);
        let is_due = |mark: &Mark| self.bytes - mark.offset >= LOG_MARK_BYTES;
        if self.marks.last().is_none_or(is_due) {
            self.marks.push(Mark {
                offset: self.bytes,
                last_ms_before: self.last_ms,
            });
        }
        self.first_ms = match self.streams.is_empty() {
            true => first_ms,
            false => self.first_ms.min(first_ms),
        };
        self.last_ms = self.last_ms.max(last_ms);
        self.bytes += frame_bytes as u64;
        let found = StreamSummary {
            first_event_ms: first_ms,
            last_event_ms: last_ms,
        };
        match self.streams.get_mut(record.stream) {
            Some(stream) => stream.merge(&found),
            None => drop(self.streams.insert(record.stream.to_owned(), found)),
        }
    }

    /// The pieces in which the segment is read, each from the beginning of a frame to the end of one.
    /// Those are left out that end before `from_ms`.
    pub(super) fn pieces(&self, from_ms: u64) -> Vec<(u64, usize)> {
        let ends = self.marks.iter().skip(1).map(|mark| mark.offset);
        let last_ms = self.marks.iter().skip(1).map(|mark| mark.last_ms_before);
        self.marks
            .iter()
            .zip(ends.chain([self.bytes]))
            .zip(last_ms.chain([self.last_ms]))
            .filter(|(_, last_ms)| *last_ms >= from_ms)
            .map(|((mark, end), _)| {
                let bytes = usize::try_from(end - mark.offset).unwrap_or(usize::MAX);
                (mark.offset, bytes)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::frame::encode;
    use crate::logs::segment_name::header;

    fn segment(records: &[(u64, &str)], text_bytes: usize) -> Vec<u8> {
        let mut bytes = header("g", 0);
        let text = vec![b'x'; text_bytes];
        for (time_ms, stream) in records {
            let record = Record {
                started_ms: *time_ms,
                ended_ms: time_ms + 1,
                head_bytes: 0,
                stream,
                text: &text,
            };
            encode(&record, &mut bytes);
        }
        bytes
    }

    #[test]
    fn an_index_knows_streams_times_and_how_much_is_whole() {
        let mut bytes = segment(&[(5, "a"), (3, "b"), (9, "a")], 4);
        let index = Index::of(&bytes);
        assert_eq!(index.bytes, bytes.len() as u64);
        assert_eq!((index.first_ms, index.last_ms), (3, 10));
        let expected = StreamSummary {
            first_event_ms: 5,
            last_event_ms: 10,
        };
        assert_eq!(index.streams["a"], expected);
        bytes.extend_from_slice(b"torn");
        assert_eq!(Index::of(&bytes), index);
    }

    #[test]
    fn pieces_cover_the_segment_and_the_past_is_passed_over() {
        let records: Vec<_> = (0..10).map(|time_ms| (time_ms * 10, "a")).collect();
        let bytes = segment(&records, 40_000);
        let index = Index::of(&bytes);
        let pieces = index.pieces(0);
        assert!(pieces.len() > 3, "{pieces:?}");
        let mut end = parse_header(&bytes).expect("a header").bytes as u64;
        for (offset, length) in &pieces {
            assert_eq!(*offset, end);
            end += *length as u64;
        }
        assert_eq!(end, index.bytes);
        let late = index.pieces(91);
        assert_eq!(late, pieces[pieces.len() - late.len()..]);
        assert!(late.len() < pieces.len());
        assert!(index.pieces(92).is_empty());
    }
}
