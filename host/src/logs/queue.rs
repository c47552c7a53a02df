//! Between the invocations and the thread that writes: a queue with a bound in bytes.
//!
//! To wake a thread costs more than all the rest of handing an entry over, so the writer is woken by
//! the first entry only, and then waits a moment for others before it takes them all. Texts are copied into one
//! buffer, which goes back and forth: memory that one thread takes and another gives back costs both more
//! than the copy.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, MutexGuard, mpsc};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};

use super::ReadError;
use super::entry::Entry;
use crate::domain::lock::regained;
use crate::domain::settings::LogFormat;
use crate::domain::{Lock, Version, times};
use crate::limits::{
    LOG_BATCH_PAUSE, LOG_DROPPED_GROUPS_MAX, LOG_EXPIRY_PERIOD, LOG_QUEUE_BYTES_MAX,
    LOG_TEXT_COPIED_BYTES_MAX, LOG_TEXTS_KEPT_BYTES_MAX,
};
use crate::storage::StorageError;

/// The queue, shared by all.
#[derive(Default)]
pub(super) struct Queue {
    state: Lock<State>,
    /// There is something to do for the writer.
    filled: Condvar,
    /// The writer has done something.
    done: Condvar,
}

#[derive(Default)]
struct State {
    entries: Vec<Queued>,
    /// As many as there are callers who wait for them.
    deletions: Vec<Deletion>,
    /// The texts of entries, one behind the other.
    texts: BytesMut,
    /// What the writer gave back, to be filled next.
    spare: BytesMut,
    /// Of the entries, and of those that are being written.
    bytes: usize,
    dropped: HashMap<String, Dropped>,
    /// Dropped entries of groups that were too many to be counted one by one.
    dropped_elsewhere: u64,
    /// Entries that were ever put in, and how many of them are written.
    accepted: u64,
    written: u64,
    /// Whether what earlier runs left is known.
    is_ready: bool,
    /// Whether the writer sleeps until it is woken.
    is_idle: bool,
    /// Whether somebody waits for what is in the queue.
    is_urgent: bool,
    is_closed: bool,
    /// Whether the writer is gone.
    has_ended: bool,
}

/// A group that is to go, behind all that was put in before.
pub(super) struct Deletion {
    pub(super) group: String,
    done: mpsc::SyncSender<Result<(), ReadError>>,
}

impl Deletion {
    pub(super) fn answer(self, result: Result<(), ReadError>) {
        // Whoever asked may have gone.
        let _ = self.done.send(result);
    }
}

/// An entry that waits.
struct Queued {
    /// Without its text, where that stands among the others.
    entry: Entry,
    text: Option<Range<usize>>,
}

impl Queued {
    fn entry(self, texts: &Bytes) -> Entry {
        let Self { mut entry, text } = self;
        if let Some(range) = text {
            entry.text = texts.slice(range);
        }
        entry
    }
}

/// Entries of one group that found no room.
struct Dropped {
    version: Arc<Version>,
    entries: u64,
    bytes: u64,
    last: SystemTime,
}

/// What the writer takes at once.
pub(super) struct Batch {
    entries: Vec<Entry>,
    deletions: Vec<Deletion>,
    texts: Bytes,
    accepted: u64,
    bytes: usize,
}

impl Batch {
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is to be done when the entries are written.
    pub(super) fn deletions(&mut self) -> std::vec::Drain<'_, Deletion> {
        self.deletions.drain(..)
    }
}

impl Queue {
    /// Puts an entry in, or counts it where there is no room.
    pub(super) fn push(&self, entry: Entry) {
        let cost = entry.cost_bytes();
        let mut state = self.state.lock();
        if state.bytes + cost > LOG_QUEUE_BYTES_MAX {
            state.drop_entry(&entry);
            return;
        }
        state.bytes += cost;
        state.accepted += 1;
        state.put(entry);
        if std::mem::take(&mut state.is_idle) {
            drop(state);
            self.filled.notify_one();
        }
    }

    /// Waits until all that is in the queue now is written, or `longest` is over.
    pub(super) fn flush(&self, longest: Duration) {
        let until = Instant::now() + longest;
        let mut state = self.state.lock();
        let wanted = state.accepted;
        while !state.has_ended && (!state.is_ready || state.written < wanted) {
            state.hurry();
            self.filled.notify_one();
            let Some(rest) = until.checked_duration_since(Instant::now()) else {
                return;
            };
            state = regained(self.done.wait_timeout(state, rest));
        }
    }

    /// Has a group removed, and waits until that is done.
    pub(super) fn delete(&self, group: &str) -> Result<(), ReadError> {
        let ended = || StorageError::of("the thread that writes logs has ended");
        let (done, answer) = mpsc::sync_channel(1);
        let mut state = self.state.lock();
        if state.has_ended {
            return Err(ended().into());
        }
        state.deletions.push(Deletion {
            group: group.to_owned(),
            done,
        });
        state.hurry();
        drop(state);
        self.filled.notify_one();
        answer.recv().map_err(|_| ended())?
    }

    /// Says that what earlier runs left is known.
    pub(super) fn ready(&self) {
        self.state.lock().is_ready = true;
        self.done.notify_all();
    }

    /// Lets the writer end when it has written what is here.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        drop(state);
        self.filled.notify_one();
    }

    /// Lets nobody wait for the writer any more when what is given here is dropped, also by a panic.
    pub(super) fn ends_with_this(&self) -> Ending<'_> {
        Ending(self)
    }

    /// Waits for entries and takes all; takes none where there were none for a while, so that the
    /// writer can do other things. `None` when the queue is closed and empty.
    pub(super) fn next_batch(&self) -> Option<Batch> {
        let mut state = self.state.lock();
        if state.is_empty() && !state.is_closed {
            state.is_idle = true;
            state = self.wait(state, LOG_EXPIRY_PERIOD, |state| {
                state.is_empty() && !state.is_closed
            });
            state.is_idle = false;
        }
        if state.is_empty() {
            return (!state.is_closed).then(|| state.take());
        }
        state = self.wait(state, LOG_BATCH_PAUSE, |state| {
            !state.is_urgent && !state.is_closed
        });
        Some(state.take())
    }

    /// Says that a batch was written.
    pub(super) fn written(&self, batch: Batch) {
        let Batch {
            entries,
            deletions: _,
            texts,
            accepted,
            bytes,
        } = batch;
        // Before the lock is taken: it frees what they hold.
        drop(entries);
        let spare = texts.try_into_mut().ok();
        let spare = spare.filter(|texts| texts.capacity() <= LOG_TEXTS_KEPT_BYTES_MAX);
        let mut state = self.state.lock();
        state.bytes -= bytes;
        state.written = accepted;
        state.is_urgent &= !state.is_empty();
        if let Some(mut spare) = spare {
            spare.clear();
            state.spare = spare;
        }
        drop(state);
        self.done.notify_all();
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        longest: Duration,
        go_on: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waited = self
            .filled
            .wait_timeout_while(state, longest, |state| go_on(state));
        regained(waited)
    }
}

/// The life of the writer.
pub(super) struct Ending<'a>(&'a Queue);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.has_ended = true;
        state.deletions.clear();
        drop(state);
        self.0.done.notify_all();
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.deletions.is_empty()
    }

    /// Somebody waits. The writer is to be woken.
    fn hurry(&mut self) {
        self.is_urgent = true;
        self.is_idle = false;
    }

    /// Puts an entry in. A text that is large is handed over as it is.
    fn put(&mut self, mut entry: Entry) {
        let text = (entry.text.len() <= LOG_TEXT_COPIED_BYTES_MAX).then(|| {
            let start = self.texts.len();
            self.texts.extend_from_slice(&entry.text);
            entry.text = Bytes::new();
            start..self.texts.len()
        });
        self.entries.push(Queued { entry, text });
    }

    fn take(&mut self) -> Batch {
        let spare = std::mem::take(&mut self.spare);
        let texts = std::mem::replace(&mut self.texts, spare).freeze();
        let queued = self.entries.drain(..);
        let mut entries: Vec<_> = queued.map(|queued| queued.entry(&texts)).collect();
        entries.extend(self.dropped.drain().map(|(_, dropped)| dropped.entry()));
        let elsewhere = std::mem::take(&mut self.dropped_elsewhere);
        if elsewhere > 0 {
            tracing::warn!(
                entries = elsewhere,
                "logs of invocations were dropped: more was logged than could be written"
            );
        }
        Batch {
            entries,
            deletions: std::mem::take(&mut self.deletions),
            texts,
            accepted: self.accepted,
            bytes: self.bytes,
        }
    }

    fn drop_entry(&mut self, entry: &Entry) {
        let is_full = self.dropped.len() >= LOG_DROPPED_GROUPS_MAX;
        match self.dropped.get_mut(entry.group()) {
            Some(dropped) => dropped.add(entry),
            None if is_full => self.dropped_elsewhere += 1,
            None => {
                let mut dropped = Dropped {
                    version: Arc::clone(&entry.version),
                    entries: 0,
                    bytes: 0,
                    last: entry.ended,
                };
                dropped.add(entry);
                self.dropped.insert(entry.group().to_owned(), dropped);
            }
        }
    }
}

impl Dropped {
    fn add(&mut self, entry: &Entry) {
        self.entries += 1;
        self.bytes += entry.text.len() as u64;
        self.last = self.last.max(entry.ended);
    }

    /// What stands in the log in their place.
    fn entry(self) -> Entry {
        let Self {
            version,
            entries,
            bytes,
            last,
        } = self;
        let reason = "more was logged than could be written";
        let text = match version.settings.logging.format {
            LogFormat::Json => format!(
                "{{\"time\":\"{}\",\"type\":\"platform.logsDropped\",\"record\":{{\"reason\":\
                 \"{reason}\",\"droppedRecords\":{entries},\"droppedBytes\":{bytes}}}}}\n",
                times::rfc_3339(last)
            ),
            LogFormat::Text => {
                format!("LOGS_DROPPED Invocations: {entries}\tBytes: {bytes}\tReason: {reason}\n")
            }
        };
        Entry {
            version,
            started: last,
            ended: last,
            text: Bytes::from(text),
            head_bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::tests::{entry, entry_of};

    #[test]
    fn what_was_put_in_comes_out_in_order_and_together() {
        let queue = Queue::default();
        queue.push(entry("one\n"));
        queue.push(entry("two\n"));
        let batch = queue.next_batch().expect("it is open");
        let texts: Vec<_> = batch
            .entries()
            .iter()
            .map(|entry| &entry.text[..])
            .collect();
        assert_eq!(texts, [b"one\n", b"two\n"]);
        queue.written(batch);
        queue.close();
        assert!(queue.next_batch().is_none());
    }

    #[test]
    fn what_finds_no_room_is_counted_per_group_and_said() {
        let queue = Queue::default();
        let large = "x".repeat(1024 * 1024);
        let fitting = LOG_QUEUE_BYTES_MAX / (large.len() + size_of::<Entry>());
        for _ in 0..fitting + 3 {
            queue.push(entry(&large));
        }
        queue.push(entry_of(LogFormat::Json, &large));
        let batch = queue.next_batch().expect("it is open");
        assert_eq!(batch.entries().len(), fitting + 2);
        let said: Vec<_> = batch.entries()[fitting..]
            .iter()
            .map(|entry| String::from_utf8_lossy(&entry.text).into_owned())
            .collect();
        let text = "LOGS_DROPPED Invocations: 3\tBytes: 3145728\t";
        assert!(said.iter().any(|line| line.starts_with(text)), "{said:?}");
        let json = r#""droppedRecords":1,"droppedBytes":1048576}}"#;
        assert!(said.iter().any(|line| line.contains(json)), "{said:?}");
        // Room comes back when they are written, not when they are taken.
        queue.push(entry(&large));
        queue.written(batch);
        queue.push(entry("small\n"));
        let batch = queue.next_batch().expect("it is open");
        assert_eq!(batch.entries()[0].text, "small\n");
        assert_eq!(batch.entries().len(), 2);
    }

    #[test]
    fn a_group_goes_behind_what_was_put_in_before() {
        let queue = Queue::default();
        queue.push(entry("one\n"));
        std::thread::scope(|threads| {
            let deleted = threads.spawn(|| queue.delete("greet"));
            let (mut entries, mut groups) = (0, Vec::new());
            while groups.is_empty() {
                let mut batch = queue.next_batch().expect("it is open");
                entries += batch.entries().len();
                for deletion in batch.deletions() {
                    groups.push(deletion.group.clone());
                    deletion.answer(Err(ReadError::NoSuchGroup));
                }
                queue.written(batch);
            }
            assert_eq!((entries, groups), (1, vec!["greet".to_owned()]));
            let deleted = deleted.join().expect("no panic");
            assert!(matches!(deleted, Err(ReadError::NoSuchGroup)));
        });
    }

    #[test]
    fn nobody_waits_for_a_writer_that_is_gone() {
        let queue = Queue::default();
        queue.push(entry("one\n"));
        std::thread::scope(|threads| {
            let deleted = threads.spawn(|| queue.delete("greet"));
            drop(queue.ends_with_this());
            let deleted = deleted.join().expect("no panic");
            assert!(matches!(deleted, Err(ReadError::Storage(_))));
        });
        queue.flush(Duration::from_secs(600));
    }

    #[test]
    fn who_flushes_waits_for_the_writer_and_not_for_ever() {
        let queue = Arc::new(Queue::default());
        queue.push(entry("one\n"));
        queue.flush(Duration::from_millis(1));
        let writer = std::thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.ready();
                while let Some(batch) = queue.next_batch() {
                    queue.written(batch);
                }
            }
        });
        queue.flush(Duration::from_secs(60));
        assert_eq!(queue.state.lock().written, 1);
        queue.close();
        writer.join().expect("it ends");
    }
}
