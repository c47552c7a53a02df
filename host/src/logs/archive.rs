//! All log groups: what is appended to them, and what has to go.
//!
//! Only one thread at a time changes segments (`writing`); what is known of them stands behind a lock
//! that is never held while the medium works, so readers and the writer do not wait for each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::ReadError;
use super::entry::{Entry, Record, milliseconds};
use super::frame;
use super::group::{Group, GroupSummary, Segment};
use super::index::{Index, StreamSummary};
use super::medium::Medium;
use super::segment_name::{self, HEADER_BYTES_MAX};
use super::stream::StreamNames;
use crate::limits;
use crate::storage::{LogFile, StorageError};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) segment_bytes: u64,
    pub(super) group_bytes_max: u64,
    pub(super) total_bytes_max: u64,
    pub(super) age_max: Duration,
}

impl Bounds {
    pub(super) fn on_disk() -> Self {
        Self {
            segment_bytes: limits::LOG_SEGMENT_BYTES,
            group_bytes_max: limits::LOG_GROUP_BYTES_MAX,
            total_bytes_max: limits::LOG_TOTAL_BYTES_MAX,
            age_max: limits::LOG_AGE_MAX,
        }
    }

    pub(super) fn in_memory() -> Self {
        Self {
            segment_bytes: limits::MEMORY_LOG_SEGMENT_BYTES,
            group_bytes_max: limits::MEMORY_LOG_GROUP_BYTES_MAX,
            total_bytes_max: limits::MEMORY_LOG_TOTAL_BYTES_MAX,
            age_max: limits::LOG_AGE_MAX,
        }
    }
}

/// All log groups.
pub(super) struct Archive {
    pub(super) medium: Medium,
    bounds: Bounds,
    groups: Mutex<Groups>,
    /// Files that look like segments and could not be read: their stems, and the last number of each.
    /// Nothing is appended to them.
    unreadable: Mutex<HashMap<String, u64>>,
    /// What all segments take.
    total_bytes: AtomicU64,
    /// What records are put together in, before they are written.
    buffer: Mutex<Vec<u8>>,
    /// Held by who changes segments. Holds when expired logs were last looked for.
    writing: Mutex<Option<SystemTime>>,
}

type Groups = BTreeMap<String, Group>;

/// A segment to read: what is in it does not change, though the segment may grow or go meanwhile.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) index: Arc<Index>,
}

impl Archive {
    pub(super) fn new(medium: Medium, bounds: Bounds) -> Self {
        Self {
            medium,
            bounds,
            groups: Mutex::default(),
            unreadable: Mutex::default(),
            total_bytes: AtomicU64::new(0),
            buffer: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// Finds what earlier runs left. Files that are not segments are left alone.
    pub(super) fn load(&self) -> Result<(), StorageError> {
        let _writing = self.writing();
        let mut found: BTreeMap<String, Vec<(u64, LogFile)>> = BTreeMap::new();
        for file in self.medium.list()? {
            if let Some((stem, number)) = segment_name::parse(&file.name) {
                let stem = stem.to_owned();
                found.entry(stem).or_default().push((number, file));
            }
        }
        for (stem, mut files) in found {
            files.sort_unstable_by_key(|(number, _)| *number);
            let last = files.last().map_or(0, |(number, _)| *number);
            match self.group_of(&stem, files) {
                Ok(Some((name, group))) => {
                    self.total_bytes.fetch_add(group.bytes(), Ordering::Relaxed);
                    self.groups().insert(name, group);
                    continue;
                }
                Ok(None) => tracing::warn!(
                    files = stem,
                    "log files without a first line are passed over"
                ),
                Err(error) => tracing::warn!(
                    %error, files = stem, "log files that cannot be read are passed over"
                ),
            }
            self.unreadable().insert(stem, last);
        }
        Ok(())
    }

    /// The group that these files are of, as the first line of one of them tells.
    fn group_of(
        &self,
        stem: &str,
        files: Vec<(u64, LogFile)>,
    ) -> Result<Option<(String, Group)>, StorageError> {
        let mut header = None;
        for (_, file) in &files {
            let start = self.medium.read(&file.name, 0, HEADER_BYTES_MAX)?;
            header = segment_name::parse_header(&start)
                .filter(|header| segment_name::stem(&header.group) == stem);
            if header.is_some() {
                break;
            }
        }
        let Some(header) = header else {
            return Ok(None);
        };
        let segments = files.into_iter().map(|(number, file)| Segment {
            number,
            name: file.name.into(),
            bytes: file.bytes,
            last_ms: milliseconds(file.modified),
            index: None,
            is_sealed: false,
        });
        let group = Group {
            created_ms: header.created_ms,
            segments: segments.collect(),
        };
        Ok(Some((header.group, group)))
    }

    /// Appends entries, those of a group together. What fails does not keep the rest.
    pub(super) fn append_all(&self, entries: &[Entry]) -> Vec<StorageError> {
        let mut by_group: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            by_group.entry(entry.group()).or_default().push(entry);
        }
        let appended = by_group
            .into_iter()
            .map(|(group, entries)| self.append(group, &entries));
        appended.filter_map(Result::err).collect()
    }

    fn append(&self, group: &str, entries: &[&Entry]) -> Result<(), StorageError> {
        let _writing = self.writing();
        let mut rest = entries;
        while !rest.is_empty() {
            rest = self.append_to_segment(group, rest)?;
            self.make_room(group)?;
        }
        Ok(())
    }

    /// Fills a segment with entries and gives those that are left.
    fn append_to_segment<'a>(
        &self,
        group: &str,
        entries: &'a [&'a Entry],
    ) -> Result<&'a [&'a Entry], StorageError> {
        let created_ms = entries
            .first()
            .map_or(0, |entry| milliseconds(entry.started));
        let segment = self.open_segment(group, created_ms)?;
        let mut index = Index::clone(&segment.index);
        let mut bytes = self.take_buffer();
        if segment.is_new {
            bytes.extend(segment_name::header(group, segment.created_ms));
        }
        let mut streams = StreamNames::default();
        let mut taken = 0;
        for entry in entries {
            let stream = streams.of(entry);
            let start = bytes.len();
            let record: Record<'_> = entry.record(stream);
            frame::encode(&record, &mut bytes);
            index.add(&record, bytes.len() - start);
            taken += 1;
            if self.is_full(&index) {
                break;
            }
        }
        match self.medium.append(&segment.name, &bytes) {
            Ok(()) => self.appended(group, segment.number, index, bytes.len()),
            Err(error) => {
                self.not_appended(group, &segment);
                return Err(error);
            }
        }
        self.give_back(bytes);
        Ok(&entries[taken..])
    }

    /// An empty buffer, with the room that it had the last time.
    fn take_buffer(&self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer())
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= limits::LOG_TEXTS_KEPT_BYTES_MAX {
            buffer.clear();
            *self.buffer() = buffer;
        }
    }

    fn appended(&self, group: &str, number: u64, index: Index, bytes: usize) {
        let mut groups = self.groups();
        let group = groups.get_mut(group);
        if let Some(segment) = group.and_then(|group| group.segment_mut(number)) {
            segment.learn(Arc::new(index));
            self.total_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// A part of the bytes may be there. So nothing can stand behind them, and a segment that was to
    /// begin with them goes, that a full disk does not leave a row of empty ones.
    fn not_appended(&self, group: &str, open: &OpenSegment) {
        let mut groups = self.groups();
        let segment = groups
            .get_mut(group)
            .and_then(|group| group.segment_mut(open.number));
        let Some(segment) = segment else {
            return;
        };
        segment.is_sealed = true;
        let segment = segment.clone();
        drop(groups);
        if open.is_new
            && let Err(error) = self.remove(group, &segment)
        {
            tracing::warn!(%error, "a log that could not be written could not be removed either");
        }
    }

    fn is_full(&self, index: &Index) -> bool {
        index.bytes >= self.bounds.segment_bytes
            || index.streams.len() >= limits::LOG_SEGMENT_STREAMS_MAX
    }

    /// The segment of a group that can be appended to, a new one where need be.
    fn open_segment(&self, name: &str, created_ms: u64) -> Result<OpenSegment, StorageError> {
        let last = self
            .groups()
            .get(name)
            .and_then(|group| group.segments.back().cloned());
        if let Some(last) = last {
            self.index_of(name, &last)?;
        }
        let mut groups = self.groups();
        if !groups.contains_key(name) && groups.len() >= limits::LOG_GROUPS_MAX {
            return Err(StorageError(format!(
                "there are {} log groups, which is the most there may be; delete some with \
                 DeleteLogGroup to have the logs of {name:?} kept",
                limits::LOG_GROUPS_MAX
            )));
        }
        let group = groups
            .entry(name.to_owned())
            .or_insert_with(|| Group::new(created_ms));
        let created_ms = group.created_ms;
        let usable = group.segments.back().and_then(|last| {
            let index = last.index.clone().filter(|_| !last.is_sealed)?;
            (index.bytes > 0 && !self.is_full(&index)).then_some((last, index, last.bytes == 0))
        });
        if let Some((last, index, is_new)) = usable {
            return Ok(OpenSegment {
                number: last.number,
                name: Arc::clone(&last.name),
                index,
                is_new,
                created_ms,
            });
        }
        let header = segment_name::header(name, created_ms);
        let unreadable = self.unreadable().get(&segment_name::stem(name)).copied();
        let segment = group.begin_segment(name, header.len(), unreadable.unwrap_or(0));
        Ok(OpenSegment {
            number: segment.number,
            name: Arc::clone(&segment.name),
            index: segment.index.clone().unwrap_or_default(),
            is_new: true,
            created_ms,
        })
    }

    /// The index of a segment, made where there was none.
    fn index_of(&self, group: &str, segment: &Segment) -> Result<Arc<Index>, StorageError> {
        if let Some(index) = &segment.index {
            return Ok(Arc::clone(index));
        }
        let most = self.bounds.segment_bytes + 2 * limits::LOG_ENTRY_BYTES_MAX as u64;
        let bytes_max = usize::try_from(most.min(segment.bytes)).unwrap_or(usize::MAX);
        let bytes = self.medium.read(&segment.name, 0, bytes_max)?;
        let found = Arc::new(Index::of(&bytes));
        let mut groups = self.groups();
        let known = groups
            .get_mut(group)
            .and_then(|group| group.segment_mut(segment.number));
        match known {
            Some(known) => {
                if known.index.is_none() {
                    known.learn(Arc::clone(&found));
                }
                Ok(known.index.clone().unwrap_or(found))
            }
            None => Ok(found),
        }
    }

    /// Removes the oldest segments until the bounds hold again. The newest of `group` stays.
    fn make_room(&self, group: &str) -> Result<(), StorageError> {
        while let Some(oldest) = self.surplus_of(group) {
            self.remove(group, &oldest)?;
        }
        while self.total_bytes.load(Ordering::Relaxed) > self.bounds.total_bytes_max {
            let groups = self.groups();
            let firsts = groups.iter().filter_map(|(name, found)| {
                let is_in_use = name == group && found.segments.len() == 1;
                Some((name, found.segments.front().filter(|_| !is_in_use)?))
            });
            let oldest = firsts.min_by_key(|(_, segment)| segment.last_ms);
            let Some((name, segment)) = oldest.map(|(name, s)| (name.clone(), s.clone())) else {
                break;
            };
            drop(groups);
            self.remove(&name, &segment)?;
        }
        Ok(())
    }

    /// The oldest segment of a group that has too much.
    fn surplus_of(&self, name: &str) -> Option<Segment> {
        let groups = self.groups();
        let group = groups.get(name)?;
        let too_much = group.bytes() > self.bounds.group_bytes_max
            || group.segments.len() > limits::LOG_GROUP_SEGMENTS_MAX;
        let oldest = group.segments.front().filter(|_| group.segments.len() > 1);
        oldest.filter(|_| too_much).cloned()
    }

    /// [`expire`](Self::expire), but not more often than is worth it.
    pub(super) fn expire_now_and_then(&self, now: SystemTime) {
        let last = *self.writing();
        let elapsed = last.and_then(|last| now.duration_since(last).ok());
        if elapsed.is_none_or(|elapsed| elapsed >= limits::LOG_EXPIRY_PERIOD) {
            self.expire(now);
        }
    }

    /// Removes the segments whose last event is too old.
    pub(super) fn expire(&self, now: SystemTime) {
        *self.writing() = Some(now);
        let limit_ms = milliseconds(now.checked_sub(self.bounds.age_max).unwrap_or(now));
        let mut expired = Vec::new();
        for (name, group) in self.groups().iter() {
            let old = group
                .segments
                .iter()
                .take_while(|segment| segment.last_ms < limit_ms);
            expired.extend(old.map(|segment| (name.clone(), segment.clone())));
        }
        let _writing = self.writing();
        for (name, segment) in expired {
            if let Err(error) = self.remove(&name, &segment) {
                tracing::warn!(%error, "a log that is too old could not be removed");
            }
        }
    }

    /// Removes a segment; a group goes with its last one.
    fn remove(&self, name: &str, segment: &Segment) -> Result<(), StorageError> {
        let mut groups = self.groups();
        if let Some(group) = groups.get_mut(name) {
            // The bytes that are known now: it may have grown since it was looked at.
            let known = group.segment_mut(segment.number).map(|known| known.bytes);
            let less = known.unwrap_or_default();
            self.total_bytes.fetch_sub(less, Ordering::Relaxed);
            group
                .segments
                .retain(|known| known.number != segment.number);
            if group.segments.is_empty() {
                groups.remove(name);
            }
        }
        drop(groups);
        self.medium.remove(&segment.name)
    }

    /// Removes a group.
    pub(super) fn delete(&self, name: &str) -> Result<(), ReadError> {
        let _writing = self.writing();
        let group = self.groups().remove(name).ok_or(ReadError::NoSuchGroup)?;
        self.total_bytes.fetch_sub(group.bytes(), Ordering::Relaxed);
        for segment in group.segments {
            self.medium.remove(&segment.name)?;
        }
        Ok(())
    }

    pub(super) fn groups_by_name(&self) -> Vec<GroupSummary> {
        self.groups()
            .iter()
            .map(|(name, group)| GroupSummary {
                name: name.clone(),
                created_ms: group.created_ms,
                stored_bytes: group.bytes(),
            })
            .collect()
    }

    /// The segments of a group, oldest first.
    pub(super) fn views(&self, name: &str) -> Result<Vec<View>, ReadError> {
        let segments = match self.groups().get(name) {
            Some(group) => group.segments.clone(),
            None => return Err(ReadError::NoSuchGroup),
        };
        let views = segments.iter().map(|segment| {
            let index = self.index_of(name, segment)?;
            Ok(View {
                number: segment.number,
                name: Arc::clone(&segment.name),
                index,
            })
        });
        views.collect()
    }

    pub(super) fn streams(&self, name: &str) -> Result<Vec<(String, StreamSummary)>, ReadError> {
        let mut streams: BTreeMap<String, StreamSummary> = BTreeMap::new();
        for view in self.views(name)? {
            for (stream, summary) in &view.index.streams {
                match streams.get_mut(stream) {
                    Some(known) => known.merge(summary),
                    None => drop(streams.insert(stream.clone(), summary.clone())),
                }
            }
        }
        Ok(streams.into_iter().collect())
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unreadable(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn buffer(&self) -> MutexGuard<'_, Vec<u8>> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> MutexGuard<'_, Option<SystemTime>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A segment that is about to be appended to.
struct OpenSegment {
    number: u64,
    name: Arc<str>,
    index: Arc<Index>,
    is_new: bool,
    created_ms: u64,
}
