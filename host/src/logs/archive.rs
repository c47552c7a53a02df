//! All log groups as they are known in memory: changed by the one thread that writes (`writer`), read by all others.
//!
//! What is known is never locked while the medium works, so that readers and the writer do not wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::ReadError;
use super::group::{Group, GroupSummary, Segment};
use super::index::{Index, StreamSummary};
use super::medium::Medium;
use crate::domain::SharedLock;
use crate::limits;
use crate::storage::StorageError;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) segment_bytes: u64,
    pub(super) group_bytes_max: u64,
    pub(super) total_bytes_max: u64,
    pub(super) age_max: Duration,
}

impl Bounds {
    /// Those of logs in memory, which have one of so many shares of the room.
    pub(super) fn in_memory(shares: u64) -> Self {
        let total_bytes_max = limits::MEMORY_LOG_TOTAL_BYTES_MAX / shares;
        Self {
            segment_bytes: limits::MEMORY_LOG_SEGMENT_BYTES,
            group_bytes_max: limits::MEMORY_LOG_GROUP_BYTES_MAX.min(total_bytes_max),
            total_bytes_max,
            age_max: limits::LOG_AGE_MAX,
        }
    }
}

/// All log groups.
pub(super) struct Archive {
    pub(super) medium: Box<dyn Medium>,
    pub(super) bounds: Bounds,
    groups: SharedLock<Groups>,
}

pub(super) type Groups = BTreeMap<String, Group>;

/// A segment to read: what is in it does not change, though the segment may grow or go meanwhile.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) index: Arc<Index>,
}

impl Archive {
    pub(super) fn new(medium: Box<dyn Medium>, bounds: Bounds) -> Self {
        Self {
            medium,
            bounds,
            groups: SharedLock::default(),
        }
    }

    pub(super) fn groups(&self) -> RwLockReadGuard<'_, Groups> {
        self.groups.read()
    }

    /// For the thread that writes.
    pub(super) fn groups_mut(&self) -> RwLockWriteGuard<'_, Groups> {
        self.groups.write()
    }

    /// The index of a segment, made where there was none.
    pub(super) fn index_of(
        &self,
        group: &str,
        segment: &Segment,
    ) -> Result<Arc<Index>, StorageError> {
        if let Some(index) = &segment.index {
            return Ok(Arc::clone(index));
        }
        let most = self.bounds.segment_bytes + 2 * limits::LOG_ENTRY_BYTES_MAX as u64;
        let bytes_max = usize::try_from(most.min(segment.bytes)).unwrap_or(usize::MAX);
        let bytes = self.medium.read(&segment.name, 0, bytes_max)?;
        let found = Arc::new(Index::of(&bytes));
        let mut groups = self.groups.write();
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
}
