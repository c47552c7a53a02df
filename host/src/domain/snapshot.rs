//! What a published version starts from, where SnapStart is on, as values: no clock, no waiting.
//!
//! ```text
//!   published, its code ready      taken, or impossible
//!  ───────────────────────► Pending ────────────────────► Active
//!                           Wanted │
//!                                  │ the initialization failed
//!                                  ▼
//!                               Failed
//! ```

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lifecycle::{self, Failure};
use super::settings::SnapStart;
use super::version::{Code, State, Version};
use super::{FunctionRecord, VersionId};

/// How far the snapshot of a version has come. `$LATEST` never has one.
///
/// Derives serde for the catalog, which keeps it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Snapshot {
    /// The version waits for it.
    Wanted,
    /// It is there: the version's component as its initialization left it, which is code of its own.
    Taken(Code),
    /// There can be none of this code, so every sandbox starts from nothing.
    Impossible {
        /// Why, for people.
        reason: String,
    },
}

impl Version {
    /// The code that sandboxes are made of: the snapshot, where there is one.
    pub fn image(&self) -> &Code {
        match &self.snapshot {
            Some(Snapshot::Taken(image)) => image,
            Some(Snapshot::Wanted | Snapshot::Impossible { .. }) | None => &self.code,
        }
    }

    /// Whether its sandboxes start from a snapshot.
    pub fn is_snapshotted(&self) -> bool {
        matches!(self.snapshot, Some(Snapshot::Taken(_)))
    }

    /// Whether its owner wants its sandboxes to start from a snapshot.
    pub fn wants_snapshot(&self) -> bool {
        self.settings.snap_start == SnapStart::PublishedVersions && self.id != VersionId::Latest
    }

    /// A published version whose code is ready: Active, unless it has to wait for a snapshot.
    pub(super) fn make_ready(&mut self) {
        if self.wants_snapshot() {
            self.snapshot = Some(Snapshot::Wanted);
            self.state = State::Pending;
        } else {
            lifecycle::end(self, &Ok(()), false);
        }
    }
}

/// The versions that wait for a snapshot.
pub fn wanted(record: &FunctionRecord) -> impl Iterator<Item = &Arc<Version>> {
    let published = record.versions.values();
    published.filter(|version| is_wanted(version))
}

fn is_wanted(version: &Version) -> bool {
    version.state == State::Pending && version.snapshot == Some(Snapshot::Wanted)
}

/// `record` after the snapshot of `version` was taken, or was not; `None` where the record does not wait
/// for it (any more).
pub fn ended(
    record: &FunctionRecord,
    version: &Version,
    result: Result<Snapshot, Failure>,
    revision: Uuid,
) -> Option<FunctionRecord> {
    let VersionId::Number(number) = version.id else {
        return None;
    };
    let waits = |current: &Version| {
        is_wanted(current)
            && current.code == version.code
            && current.settings == version.settings
            && current.last_modified == version.last_modified
    };
    let mut after = record.clone();
    let current = after.versions.get_mut(&number)?;
    if !waits(current) {
        return None;
    }
    let current = Arc::make_mut(current);
    current.revision = revision;
    let result = result.map(|snapshot| current.snapshot = Some(snapshot));
    lifecycle::end(current, &result, false);
    Some(after)
}
