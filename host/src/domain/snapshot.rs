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

use uuid::Uuid;

use super::lifecycle::{self, Failure};
use super::version::{Snapshot, State, Version};
use super::{FunctionRecord, VersionId};

/// The versions that wait for a snapshot.
pub(crate) fn wanted(record: &FunctionRecord) -> impl Iterator<Item = &Arc<Version>> {
    let published = record.versions.values();
    published.filter(|version| is_wanted(version))
}

fn is_wanted(version: &Version) -> bool {
    version.state == State::Pending && version.snapshot == Some(Snapshot::Wanted)
}

/// `record` after the snapshot of `version` was taken, or was not; `None` where the record does not wait
/// for it (any more).
pub(crate) fn ended(
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
