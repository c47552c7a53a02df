//! Logs that last: what every invocation wrote, per log group, after its function has forgotten it.
//!
//! An invocation hands its finished text to a bounded queue and goes on; one thread writes what has
//! gathered there, together, to the end of a file. A group is a row of such files (*segments*), the
//! oldest of which goes when there is too much of them. Nothing is synced: `kill -9` costs the last
//! moments of a log, and a frame that was cut in half is recognised and passed over.
//!
//! Without a data directory the same segments live in memory. Readers ask by group, stream and time,
//! page by position, and never hold what the writer needs for longer than it takes to copy an index.
//! A text is taken apart into events (its lines) when it is read, not when it is written.

mod archive;
mod entry;
mod event;
mod frame;
mod group;
#[cfg(feature = "storage")]
mod in_data_dir;
mod index;
mod medium;
mod queue;
mod reading;
mod segment_name;
mod stream;
mod writer;

#[cfg(all(test, feature = "storage"))]
mod tests;

use std::sync::Arc;
use std::thread::JoinHandle;

pub(crate) use entry::Entry;
pub(crate) use event::{LogEvent, Position};
pub(crate) use group::GroupSummary;
pub(crate) use index::StreamSummary;
pub(crate) use reading::{Direction, Page, Query, Streams};
pub(crate) use stream::stream_name;

use crate::limits::{ACCOUNT_SHARES, LOG_FLUSH_WAIT_MAX};
use crate::storage::StorageError;
use archive::{Archive, Bounds};
use medium::InMemory;
use queue::Queue;

/// Keeps logs, and gives them back.
pub struct LogKeeper {
    queue: Arc<Queue>,
    archive: Arc<Archive>,
    writer: Option<JoinHandle<()>>,
}

impl LogKeeper {
    /// Logs that live as long as the process, in less room.
    ///
    /// # Errors
    /// When the system refuses the thread that writes.
    pub fn in_memory() -> Result<Self, StorageError> {
        Self::start(Archive::new(
            Box::new(InMemory::default()),
            Bounds::in_memory(1),
        ))
    }

    /// The same, for logs of another account than the host's own, in a share of the room.
    ///
    /// # Errors
    /// Those of [`in_memory`](Self::in_memory).
    pub fn of_account_in_memory() -> Result<Self, StorageError> {
        Self::start(Archive::new(
            Box::new(InMemory::default()),
            Bounds::in_memory(ACCOUNT_SHARES),
        ))
    }

    fn start(archive: Archive) -> Result<Self, StorageError> {
        let (queue, archive) = (Arc::new(Queue::default()), Arc::new(archive));
        let writer = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn({
                let (queue, archive) = (Arc::clone(&queue), Arc::clone(&archive));
                move || writer::run(&queue, archive)
            })
            .map_err(|error| {
                StorageError::of(format!(
                    "the thread that writes logs could not be started: {error}; allow this user \
                     more threads"
                ))
            })?;
        Ok(Self {
            queue,
            archive,
            writer: Some(writer),
        })
    }

    /// Keeps the log of an invocation. Costs a place in a queue; where that is full, the entry is
    /// dropped, and a line in its log will say so.
    pub fn keep(&self, entry: Entry) {
        self.queue.push(entry);
    }

    /// Returns when what was kept before is written, or after a bounded time. Blocks.
    pub fn flush(&self) {
        self.queue.flush(LOG_FLUSH_WAIT_MAX);
    }

    /// The groups that there are, by name. Blocks.
    pub fn groups(&self) -> Vec<GroupSummary> {
        self.flush();
        self.archive.groups_by_name()
    }

    /// The streams of a group, by name. Blocks.
    ///
    /// # Errors
    /// Where there is no such group, or the disk fails.
    pub fn streams(&self, group: &str) -> Result<Vec<(String, StreamSummary)>, ReadError> {
        self.flush();
        self.archive.streams(group)
    }

    /// The events that `query` asks for, one page of them. Blocks.
    ///
    /// # Errors
    /// Where there is no such group, or the disk fails.
    pub fn read(&self, query: &Query<'_>) -> Result<Page, ReadError> {
        self.flush();
        reading::page(&self.archive, query)
    }

    /// Removes a group and all that is in it. Blocks.
    ///
    /// # Errors
    /// Where there is no such group, or the disk fails.
    pub fn delete_group(&self, group: &str) -> Result<(), ReadError> {
        self.queue.delete(group)
    }
}

impl Drop for LogKeeper {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the thread that writes logs had panicked; logs are missing");
        }
    }
}

/// A log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing was ever logged there, or all of it has expired, or it was deleted.
    #[error("there is no log group of this name")]
    NoSuchGroup,
    /// The disk failed; the text says how.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
