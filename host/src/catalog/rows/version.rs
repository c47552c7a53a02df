//! Versions as they are stored: `$LATEST` within its function, published ones in rows of their own.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::code::{CodeRow, LastUpdateRow, SnapshotRow, StateRow};
use super::format::{Format, Unreadable};
use super::settings::SettingsRow;
use crate::domain::times::unix_ms;
use crate::domain::{FunctionName, Version, VersionId};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct VersionRow {
    settings: SettingsRow,
    code: CodeRow,
    snapshot: Option<SnapshotRow>,
    state: StateRow,
    last_update: Option<LastUpdateRow>,
    revision: Uuid,
    /// Unix time.
    last_modified_ms: u64,
}

/// A published version.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct PublishedRow {
    v: Format,
    version: VersionRow,
}

impl VersionRow {
    pub(super) fn of(version: &Version) -> Self {
        Self {
            settings: SettingsRow::of(&version.settings),
            code: CodeRow::of(&version.code),
            snapshot: version.snapshot.as_ref().map(SnapshotRow::of),
            state: StateRow::of(&version.state),
            last_update: version.last_update.as_ref().map(LastUpdateRow::of),
            revision: version.revision,
            last_modified_ms: unix_ms(version.last_modified),
        }
    }

    pub(super) fn value(
        self,
        function: &FunctionName,
        id: VersionId,
    ) -> Result<Version, Unreadable> {
        Ok(Version {
            function: function.clone(),
            id,
            settings: self.settings.value()?,
            code: self.code.value()?,
            snapshot: self.snapshot.map(SnapshotRow::value).transpose()?,
            state: self.state.value(),
            last_update: self.last_update.map(LastUpdateRow::value),
            revision: self.revision,
            last_modified: UNIX_EPOCH
                .checked_add(Duration::from_millis(self.last_modified_ms))
                .ok_or_else(|| Unreadable::member("last_modified_ms", self.last_modified_ms))?,
        })
    }
}

impl PublishedRow {
    pub(in crate::catalog) fn of(version: &Version) -> Self {
        Self {
            v: Format::default(),
            version: VersionRow::of(version),
        }
    }

    pub(in crate::catalog) fn value(
        self,
        function: &FunctionName,
        number: u64,
    ) -> Result<Version, Unreadable> {
        self.version.value(function, VersionId::Number(number))
    }
}
