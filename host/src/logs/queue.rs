//! Between the invocations and the thread that writes: a queue with a bound in bytes.
//!
//! To wake a thread costs more than all the rest of handing an entry over, so the writer is woken by
//! the first entry only, and then waits a moment for others before it takes them all. Texts are copied into one
//! buffer, which goes back and forth: memory that one thread takes and another gives back costs both more
//! than the copy.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};

use super::entry::Entry;
use crate::domain::Version;
use crate::domain::settings::LogFormat;
use crate::limits::{
    LOG_BATCH_PAUSE, LOG_DROPPED_GROUPS_MAX, LOG_EXPIRY_PERIOD, LOG_QUEUE_BYTES_MAX,
    LOG_TEXT_COPIED_BYTES_MAX, LOG_TEXTS_KEPT_BYTES_MAX,
};

/// The queue, shared by all.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to do for the writer.
    filled: Condvar,
    /// The writer has done something.
    done: Condvar,
}

#[derive(Default)]
struct State {
    entries: Vec<Queued>,
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
    texts: Bytes,
    accepted: u64,
    bytes: usize,
}

impl Batch {
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Queue {
    /// Puts an entry in, or counts it where there is no room.
    pub(super) fn push(&self, entry: Entry) {
        let cost = entry.cost_bytes();
        let mut state = self.lock();
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
        let mut state = self.lock();
        let wanted = state.accepted;
        while !state.is_ready || state.written < wanted {
            state.is_urgent = true;
            state.is_idle = false;
            self.filled.notify_one();
            let Some(rest) = until.checked_duration_since(Instant::now()) else {
                return;
            };
            state = self
                .done
                .wait_timeout(state, rest)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Says that what earlier runs left is known.
    pub(super) fn ready(&self) {
        self.lock().is_ready = true;
        self.done.notify_all();
    }

    /// Lets the writer end when it has written what is here.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        drop(state);
        self.filled.notify_one();
    }

    /// Waits for entries and takes all; takes none where there were none for a while, so that the
    /// writer can do other things. `None` when the queue is closed and empty.
    pub(super) fn next_batch(&self) -> Option<Batch> {
        let mut state = self.lock();
        if state.entries.is_empty() && !state.is_closed {
            state.is_idle = true;
            state = self.wait(state, LOG_EXPIRY_PERIOD, |state| {
                state.entries.is_empty() && !state.is_closed
            });
            state.is_idle = false;
        }
        if state.entries.is_empty() {
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
            texts,
            accepted,
            bytes,
        } = batch;
        // Before the lock is taken: it frees what they hold.
        drop(entries);
        let spare = texts.try_into_mut().ok();
        let spare = spare.filter(|texts| texts.capacity() <= LOG_TEXTS_KEPT_BYTES_MAX);
        let mut state = self.lock();
        state.bytes -= bytes;
        state.written = accepted;
        state.is_urgent &= !state.entries.is_empty();
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
        self.filled
            .wait_timeout_while(state, longest, |state| go_on(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
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
                super::stream::timestamp(last)
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
        assert_eq!(queue.lock().written, 1);
        queue.close();
        writer.join().expect("it ends");
    }
}
