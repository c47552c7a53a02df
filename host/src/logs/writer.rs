//! What the one thread does that changes segments: it appends, makes room, and removes what is too old or not wanted.
//!
//! Everything but what readers are told stands here without a lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use super::ReadError;
use super::archive::Archive;
use super::entry::{Entry, Record};
use super::frame;
use super::group::{Group, Segment};
use super::index::Index;
use super::queue::Queue;
use super::segment_name::{self, HEADER_BYTES_MAX};
use super::stream::StreamNames;
use crate::domain::times::unix_ms;
use crate::limits;
use crate::storage::{LogFile, StorageError};

/// Writes what comes through `queue`, until that is closed and empty.
pub(super) fn run(queue: &Queue, archive: Arc<Archive>) {
    let _ended = queue.ends_with_this();
    let mut writer = Writer::new(archive);
    if let Err(error) = writer.load() {
        tracing::error!(%error, "the logs of earlier runs could not be looked through");
    }
    writer.expire(SystemTime::now());
    queue.ready();
    let mut is_failing = false;
    while let Some(mut batch) = queue.next_batch() {
        if !batch.entries().is_empty() {
            let errors = writer.append_all(batch.entries());
            tell(&errors, is_failing);
            is_failing = !errors.is_empty();
        }
        for deletion in batch.deletions() {
            let deleted = writer.delete(&deletion.group);
            deletion.answer(deleted);
        }
        queue.written(batch);
        writer.expire_now_and_then(SystemTime::now());
    }
}

/// Says when logs begin to be lost, and when they no longer are; a full disk is not told for each.
fn tell(errors: &[StorageError], was_failing: bool) {
    match (errors.first(), was_failing) {
        (Some(error), false) => tracing::error!(%error, "logs are lost from now on"),
        (None, true) => tracing::info!("logs are written again"),
        (Some(_), true) | (None, false) => (),
    }
}

/// Changes an archive. There is one.
pub(super) struct Writer {
    pub(super) archive: Arc<Archive>,
    /// Files that look like segments and could not be read: their stems, and the last number of each.
    /// Nothing is appended to them.
    unreadable: HashMap<String, u64>,
    /// What all segments take.
    total_bytes: u64,
    /// What records are put together in, before they are written.
    buffer: Vec<u8>,
    /// When expired logs were last looked for.
    looked_for_expired: Option<SystemTime>,
}

/// A segment that is about to be appended to.
struct OpenSegment {
    number: u64,
    name: Arc<str>,
    index: Arc<Index>,
    is_new: bool,
    created_ms: u64,
}

impl Writer {
    pub(super) fn new(archive: Arc<Archive>) -> Self {
        Self {
            archive,
            unreadable: HashMap::new(),
            total_bytes: 0,
            buffer: Vec::new(),
            looked_for_expired: None,
        }
    }

    /// Finds what earlier runs left. Files that are not segments are left alone.
    pub(super) fn load(&mut self) -> Result<(), StorageError> {
        let mut found: BTreeMap<String, Vec<(u64, LogFile)>> = BTreeMap::new();
        for file in self.archive.medium.list()? {
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
                    self.total_bytes += group.bytes();
                    self.archive.groups_mut().insert(name, group);
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
            self.unreadable.insert(stem, last);
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
            let start = self.archive.medium.read(&file.name, 0, HEADER_BYTES_MAX)?;
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
            last_ms: unix_ms(file.modified),
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
    pub(super) fn append_all(&mut self, entries: &[Entry]) -> Vec<StorageError> {
        let mut by_group: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            by_group.entry(entry.group()).or_default().push(entry);
        }
        let appended = by_group.into_iter();
        let appended = appended.map(|(group, entries)| self.append(group, &entries));
        appended.filter_map(Result::err).collect()
    }

    fn append(&mut self, group: &str, entries: &[&Entry]) -> Result<(), StorageError> {
        let mut rest = entries;
        while !rest.is_empty() {
            rest = self.append_to_segment(group, rest)?;
            self.make_room(group)?;
        }
        Ok(())
    }

    /// Fills a segment with entries and gives those that are left.
    fn append_to_segment<'a>(
        &mut self,
        group: &str,
        entries: &'a [&'a Entry],
    ) -> Result<&'a [&'a Entry], StorageError> {
        let created_ms = entries.first().map_or(0, |entry| unix_ms(entry.started));
        let segment = self.open_segment(group, created_ms)?;
        let mut index = Index::clone(&segment.index);
        // Empty, with the room that it had the last time.
        let mut bytes = std::mem::take(&mut self.buffer);
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
        match self.archive.medium.append(&segment.name, &bytes) {
            Ok(()) => self.appended(group, segment.number, index, bytes.len()),
            Err(error) => {
                self.not_appended(group, &segment);
                return Err(error);
            }
        }
        if bytes.capacity() <= limits::LOG_TEXTS_KEPT_BYTES_MAX {
            bytes.clear();
            self.buffer = bytes;
        }
        Ok(&entries[taken..])
    }

    fn appended(&mut self, group: &str, number: u64, index: Index, bytes: usize) {
        let mut groups = self.archive.groups_mut();
        let group = groups.get_mut(group);
        if let Some(segment) = group.and_then(|group| group.segment_mut(number)) {
            segment.learn(Arc::new(index));
            self.total_bytes += bytes as u64;
        }
    }

    /// A part of the bytes may be there. So nothing can stand behind them, and a segment that was to
    /// begin with them goes, that a full disk does not leave a row of empty ones.
    fn not_appended(&mut self, group: &str, open: &OpenSegment) {
        let mut groups = self.archive.groups_mut();
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
        index.bytes >= self.archive.bounds.segment_bytes
            || index.streams.len() >= limits::LOG_SEGMENT_STREAMS_MAX
    }

    /// The segment of a group that can be appended to, a new one where need be.
    fn open_segment(&self, name: &str, created_ms: u64) -> Result<OpenSegment, StorageError> {
        let groups = self.archive.groups();
        let last = groups.get(name).and_then(|group| group.segments.back());
        let last = last.cloned();
        drop(groups);
        if let Some(last) = last {
            self.archive.index_of(name, &last)?;
        }
        let mut groups = self.archive.groups_mut();
        if !groups.contains_key(name) && groups.len() >= limits::LOG_GROUPS_MAX {
            return Err(StorageError::of(format!(
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
        let unreadable = self.unreadable.get(&segment_name::stem(name)).copied();
        let segment = group.begin_segment(name, header.len(), unreadable.unwrap_or(0));
        Ok(OpenSegment {
            number: segment.number,
            name: Arc::clone(&segment.name),
            index: segment.index.clone().unwrap_or_default(),
            is_new: true,
            created_ms,
        })
    }

    /// Removes the oldest segments until the bounds hold again. The newest of `group` stays.
    fn make_room(&mut self, group: &str) -> Result<(), StorageError> {
        while let Some(oldest) = self.surplus_of(group) {
            self.remove(group, &oldest)?;
        }
        while self.total_bytes > self.archive.bounds.total_bytes_max {
            let groups = self.archive.groups();
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
        let groups = self.archive.groups();
        let group = groups.get(name)?;
        let too_much = group.bytes() > self.archive.bounds.group_bytes_max
            || group.segments.len() > limits::LOG_GROUP_SEGMENTS_MAX;
        let oldest = group.segments.front().filter(|_| group.segments.len() > 1);
        oldest.filter(|_| too_much).cloned()
    }

    /// [`expire`](Self::expire), but not more often than is worth it.
    pub(super) fn expire_now_and_then(&mut self, now: SystemTime) {
        let elapsed = self.looked_for_expired;
        let elapsed = elapsed.and_then(|last| now.duration_since(last).ok());
        if elapsed.is_none_or(|elapsed| elapsed >= limits::LOG_EXPIRY_PERIOD) {
            self.expire(now);
        }
    }

    /// Removes the segments whose last event is too old.
    pub(super) fn expire(&mut self, now: SystemTime) {
        self.looked_for_expired = Some(now);
        let limit_ms = unix_ms(now.checked_sub(self.archive.bounds.age_max).unwrap_or(now));
        let mut expired = Vec::new();
        for (name, group) in self.archive.groups().iter() {
            let old = group
                .segments
                .iter()
                .take_while(|segment| segment.last_ms < limit_ms);
            expired.extend(old.map(|segment| (name.clone(), segment.clone())));
        }
        for (name, segment) in expired {
            if let Err(error) = self.remove(&name, &segment) {
                tracing::warn!(%error, "a log that is too old could not be removed");
            }
        }
    }

    /// Removes a segment; a group goes with its last one.
    fn remove(&mut self, name: &str, segment: &Segment) -> Result<(), StorageError> {
        let mut groups = self.archive.groups_mut();
        if let Some(group) = groups.get_mut(name) {
            // The bytes that are known now: it may have grown since it was looked at.
            let known = group.segment_mut(segment.number).map(|known| known.bytes);
            let less = known.unwrap_or_default();
            self.total_bytes = self.total_bytes.saturating_sub(less);
            group
                .segments
                .retain(|known| known.number != segment.number);
            if group.segments.is_empty() {
                groups.remove(name);
            }
        }
        drop(groups);
        self.archive.medium.remove(&segment.name)
    }

    /// Removes a group.
    pub(super) fn delete(&mut self, name: &str) -> Result<(), ReadError> {
        let group = self.archive.groups_mut().remove(name);
        let group = group.ok_or(ReadError::NoSuchGroup)?;
        self.total_bytes = self.total_bytes.saturating_sub(group.bytes());
        for segment in group.segments {
            self.archive.medium.remove(&segment.name)?;
        }
        Ok(())
    }
}
