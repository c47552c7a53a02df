//! What an invocation hands over, and what is written of it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::domain::Version;
use crate::domain::times::unix_ms;
use crate::limits::LOG_ENTRY_BYTES_MAX;

/// The log of one invocation, finished.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What ran: its settings name the group, and the stream is called after it.
    pub version: Arc<Version>,
    /// When the invocation began: the time of its first lines.
    pub started: SystemTime,
    /// When it had ended: the time of all other lines.
    pub ended: SystemTime,
    /// All lines, each with its end.
    pub text: Bytes,
    /// How much of the text was written when the invocation began.
    pub head_bytes: usize,
}

impl Entry {
    pub(super) fn group(&self) -> &str {
        &self.version.settings.logging.group
    }

    /// What it counts for in the queue.
    pub(super) fn cost_bytes(&self) -> usize {
        self.text.len() + size_of::<Self>()
    }

    /// The record to write, in the stream of this name. A text that is too long keeps its end.
    pub(super) fn record<'a>(&'a self, stream: &'a str) -> Record<'a> {
        let surplus = self.text.len().saturating_sub(LOG_ENTRY_BYTES_MAX);
        let head_bytes = self.head_bytes.saturating_sub(surplus);
        Record {
            started_ms: unix_ms(self.started),
            ended_ms: unix_ms(self.ended),
            head_bytes: u32::try_from(head_bytes).unwrap_or(u32::MAX),
            stream,
            text: &self.text[surplus..],
        }
    }
}

/// An entry as it lies in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Since the epoch.
    pub(super) started_ms: u64,
    /// Since the epoch; not before `started_ms`, where the clock was not set back.
    pub(super) ended_ms: u64,
    pub(super) head_bytes: u32,
    pub(super) stream: &'a str,
    pub(super) text: &'a [u8],
}
