//! Asynchronous events, those that are dead, and messages to destinations.

use std::time::Duration;

/// Largest event of an asynchronous invocation, as AWS documents it.
pub(crate) const EVENT_PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Largest event of the old InvokeAsync, as AWS documents it.
pub(crate) const INVOKE_ASYNC_PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// Asynchronous events that wait; a caller who brings one more is told to come back. Each takes some
/// 80 bytes of memory.
pub(crate) const EVENTS_WAITING_MAX: u64 = 500_000;

/// Bytes of all events that wait on disk.
pub(crate) const EVENTS_WAITING_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes of all events that wait where they are kept in memory only.
pub(crate) const EVENTS_WAITING_IN_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes of waiting events that are kept in memory beside the disk, so that they need not be read back.
pub(crate) const EVENTS_CACHED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Events that run at once: each holds its payload. Never more than half of what may run at all, so
/// that callers who wait for their answers find room.
pub(crate) const EVENTS_RUNNING_MAX: usize = 256;

/// Events of one function that run at once.
pub(crate) const EVENTS_RUNNING_PER_FUNCTION_MAX: usize = 128;

/// How long what a host has leased stays with it after it was last heard of.
pub(crate) const EVENT_LEASE_DURATION: Duration = Duration::from_secs(30);

/// Destinations of destinations: a longer chain is a loop. AWS ends loops after as many runs.
pub(crate) const EVENT_HOPS_MAX: u32 = 16;

/// Changes of the queue that become durable together.
pub(crate) const EVENT_COMMIT_CHANGES_MAX: usize = 4_096;

/// Bytes of the changes that become durable together.
pub(crate) const EVENT_COMMIT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Messages that are delivered to destinations at once.
pub(crate) const DELIVERIES_RUNNING_MAX: usize = 16;

/// Messages that are delivered to one destination at once.
pub(crate) const DELIVERIES_PER_TARGET_MAX: usize = 8;

/// Time for one delivery to SQS or SNS.
pub(crate) const DELIVERY_DURATION_MAX: Duration = Duration::from_secs(10);

/// What is read of a destination's answer.
pub(crate) const DELIVERY_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Dead events that are kept; the oldest of the account that has the most make room for others.
pub(crate) const DEAD_EVENTS_MAX: u64 = 100_000;

/// Bytes of all dead events that are kept.
pub(crate) const DEAD_EVENTS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes of all dead events where they are kept in memory only.
pub(crate) const DEAD_EVENTS_IN_MEMORY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a dead event is kept: the longest time that SQS keeps a message.
pub(crate) const DEAD_EVENT_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3600);

/// Events on one page of a list.
pub(crate) const EVENT_PAGE_ITEMS_MAX: usize = 100;

/// Dead events that one call runs again or removes.
pub(crate) const DEAD_EVENTS_PER_CALL_MAX: usize = 1_000;
