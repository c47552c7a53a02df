//! A log group: a row of segments, the newest of which is written to.

use std::collections::VecDeque;
use std::sync::Arc;

use super::index::Index;
use super::segment_name;

/// A log group as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// Its name.
    pub name: String,
    /// When it was created, in milliseconds since the epoch.
    pub created_ms: u64,
    /// What it takes.
    pub stored_bytes: u64,
}

/// A log group as it is known in memory.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) created_ms: u64,
    pub(super) segments: VecDeque<Segment>,
}

/// A segment as it is known in memory.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    /// What it takes, a torn end included.
    pub(super) bytes: u64,
    /// The latest time of an event, or when it was last written to, where its content is not known.
    pub(super) last_ms: u64,
    /// `None` for one of an earlier run that nobody has looked at yet.
    pub(super) index: Option<Arc<Index>>,
    /// Nothing is appended any more: its end is torn, or could not be written.
    pub(super) is_sealed: bool,
}

impl Group {
    pub(super) fn new(created_ms: u64) -> Self {
        Self {
            created_ms,
            segments: VecDeque::new(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Adds the segment that is written to from now on; its number is above `taken`.
    pub(super) fn begin_segment(
        &mut self,
        group: &str,
        header_bytes: usize,
        taken: u64,
    ) -> &Segment {
        let last = self.segments.back().map_or(0, |last| last.number);
        let number = last.max(taken) + 1;
        self.segments.push_back(Segment {
            number,
            name: segment_name::name(group, number).into(),
            bytes: 0,
            last_ms: 0,
            index: Some(Arc::new(Index::of_empty(header_bytes))),
            is_sealed: false,
        });
        &self.segments[self.segments.len() - 1]
    }

    pub(super) fn segment_mut(&mut self, number: u64) -> Option<&mut Segment> {
        self.segments
            .iter_mut()
            .find(|segment| segment.number == number)
    }
}

impl Segment {
    /// Takes in what was found or written.
    pub(super) fn learn(&mut self, index: Arc<Index>) {
        if !index.streams.is_empty() {
            self.last_ms = index.last_ms;
        }
        self.is_sealed |= index.bytes < self.bytes;
        self.bytes = self.bytes.max(index.bytes);
        self.index = Some(index);
    }
}
