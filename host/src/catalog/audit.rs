//! The audit log beside the rows: entries that commits carry, and others; they only come and grow old.
//!
//! A journal keeps entries in the order of their numbers, which grow, and removes the oldest where there are too many.
//! Refusals, which strangers make, have a share of their own, so that they push out no change. What is asked for is
//! looked up above the journal.

#[cfg(feature = "server")]
mod reading;

use super::journal::Row;
use crate::domain::AccountId;
use crate::limits::{AUDIT_AGE_MAX, AUDIT_REFUSALS_PERCENT_MAX, AUDIT_ROW_BYTES};
#[cfg(feature = "server")]
pub(crate) use reading::{AuditLog, AuditPage, AuditQuery};

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditKind {
    /// Something that was done.
    Change,
    /// Something that was not.
    Refusal,
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Whose.
    pub account: AccountId,
    /// In Unix time.
    pub at_ms: u64,
    /// What it is about.
    pub kind: AuditKind,
    /// All else.
    pub row: Row,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditStart {
    /// Behind this number.
    pub after: u64,
    /// Not with what is older, as far as that can be told at once.
    pub since_ms: u64,
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct AuditBounds {
    bytes_max: u64,
}

impl AuditKind {
    /// All of them, by their numbers.
    pub(super) const ALL: [Self; 2] = [Self::Change, Self::Refusal];
}

impl AuditRow {
    /// What it takes where it is kept, about.
    pub(super) fn bytes(&self) -> u64 {
        bytes_of(self.row.0.len() as u64)
    }
}

/// What an entry of so long a text takes.
pub(super) fn bytes_of(text: u64) -> u64 {
    text + AUDIT_ROW_BYTES
}

impl AuditBounds {
    pub(super) fn of(bytes_max: u64) -> Self {
        Self { bytes_max }
    }

    /// What entries of a kind may take.
    pub(super) fn bytes_max(self, kind: AuditKind) -> u64 {
        let refusals = self.bytes_max / 100 * AUDIT_REFUSALS_PERCENT_MAX;
        match kind {
            AuditKind::Change => self.bytes_max - refusals,
            AuditKind::Refusal => refusals,
        }
    }
}

/// The time of the oldest entries that are kept, where `now_ms` is the newest.
pub(super) fn oldest_ms(now_ms: u64) -> u64 {
    let age_ms = u64::try_from(AUDIT_AGE_MAX.as_millis()).unwrap_or(u64::MAX);
    now_ms.saturating_sub(age_ms)
}
