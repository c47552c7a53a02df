//! What functions write, how it is kept, and how it is read.

use std::time::Duration;

/// The log tail that an answer carries on request, as AWS documents it.
pub(crate) const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// Bytes that a guest may write to its log in one call.
pub(crate) const LOG_WRITE_BYTES_MAX: usize = 64 * 1024;

/// What is kept of the output of one invocation, its end: as much as one event of CloudWatch may have.
pub(crate) const INVOCATION_LOG_BYTES_MAX: usize = 256 * 1024;

/// Text that is kept of one invocation: its output and what the host writes around it.
pub(crate) const LOG_ENTRY_BYTES_MAX: usize = INVOCATION_LOG_BYTES_MAX + 64 * 1024;

/// Logs that wait to be written; what comes on top is dropped and counted.
pub(crate) const LOG_QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Groups whose dropped entries are counted one by one.
pub(crate) const LOG_DROPPED_GROUPS_MAX: usize = 1_024;

/// Logs up to this size are copied into the buffer of all that wait.
pub(crate) const LOG_TEXT_COPIED_BYTES_MAX: usize = 8 * 1024;

/// The largest such buffer that is kept for the next logs.
pub(crate) const LOG_TEXTS_KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long logs are collected before they are written together.
pub(crate) const LOG_BATCH_PAUSE: Duration = Duration::from_millis(5);

/// How long a reader waits for what was logged before it asked.
pub(crate) const LOG_FLUSH_WAIT_MAX: Duration = Duration::from_secs(2);

/// How often logs are looked through for what is too old.
pub(crate) const LOG_EXPIRY_PERIOD: Duration = Duration::from_secs(60);

/// A log is kept in pieces of this size, which are removed as a whole.
pub(crate) const LOG_SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// What is kept of one log group; its oldest piece goes first.
pub(crate) const LOG_GROUP_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is kept of all log groups; the oldest piece goes first.
pub(crate) const LOG_TOTAL_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// How long a log is kept.
pub(crate) const LOG_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// As [`LOG_SEGMENT_BYTES`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_SEGMENT_BYTES: u64 = 512 * 1024;

/// As [`LOG_GROUP_BYTES_MAX`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_GROUP_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// As [`LOG_TOTAL_BYTES_MAX`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_TOTAL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Pieces of one log group: more than its size allows, since a piece that was damaged is not filled.
pub(crate) const LOG_GROUP_SEGMENTS_MAX: usize = 32;

/// Log groups: each costs a file and an entry in memory.
pub(crate) const LOG_GROUPS_MAX: usize = 50_000;

/// Log streams in one piece of a log, each an entry in memory.
pub(crate) const LOG_SEGMENT_STREAMS_MAX: usize = 1_024;

/// Distance of the places in a piece of a log from which it can be read.
pub(crate) const LOG_MARK_BYTES: u64 = 64 * 1024;

/// Bytes of a log that one request looks through; its answer says where to go on.
pub(crate) const LOG_SEARCH_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Time that one request looks through a log, beside the last piece of it; its answer says where to go
/// on. An expression can be slow.
pub(crate) const LOG_SEARCH_DURATION_MAX: Duration = Duration::from_secs(5);

/// Regular expressions in one filter pattern.
pub(crate) const LOG_PATTERN_EXPRESSIONS_MAX: usize = 5;

/// Log groups that one request names, as AWS documents it.
pub(crate) const LOG_GROUPS_NAMED_MAX: usize = 50;

/// Text of the events in one answer, as AWS documents it.
pub(crate) const LOG_PAGE_BYTES_MAX: usize = 1024 * 1024;

/// Events in one answer, as AWS documents it.
pub(crate) const LOG_PAGE_EVENTS_MAX: u16 = 10_000;

/// What an event counts for beside its text, as AWS documents it.
pub(crate) const LOG_EVENT_OVERHEAD_BYTES: usize = 26;

/// Log groups or streams in one answer, as AWS documents it.
pub(crate) const LOG_DESCRIBE_ITEMS_MAX: u16 = 50;

/// Requests that read logs at once: each may hold a piece of a log in memory.
pub(crate) const LOG_READS_MAX: usize = 4;
