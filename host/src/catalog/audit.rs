//! The audit log beside the rows: entries that commits carry, and others; they only come and grow old.
//!
//! A journal keeps entries in the order of their numbers, which grow. Where there are too many, it removes the oldest
//! of the account that has the most, so that none pushes out what others have. Refusals, which strangers make, have a
//! share of their own, so that they push out no change. What is asked for is looked up above the journal.

#[cfg(feature = "server")]
mod reading;

use std::collections::BTreeMap;

use super::journal::{AuditKind, AuditRow};
use crate::domain::AccountId;
use crate::limits::{AUDIT_AGE_MAX, AUDIT_REFUSALS_PERCENT_MAX, AUDIT_ROW_BYTES};
#[cfg(feature = "server")]
pub(crate) use reading::{AuditLog, AuditPage, AuditQuery};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct AuditBounds {
    bytes_max: u64,
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

/// What the entries of one kind take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TakenByKind {
    bytes: u64,
    of_accounts: BTreeMap<AccountId, u64>,
}

impl TakenByKind {
    /// All of them, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn add(&mut self, account: &AccountId, bytes: u64) {
        self.bytes += bytes;
        *self.of_accounts.entry(account.clone()).or_default() += bytes;
    }

    pub(super) fn remove(&mut self, account: &AccountId, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(own) = self.of_accounts.get_mut(account) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                self.of_accounts.remove(account);
            }
        }
    }

    /// The account that gives way where there is too much: the one that has the most.
    pub(super) fn largest(&self) -> Option<&AccountId> {
        let most = self.of_accounts.iter().max_by_key(|(_, bytes)| **bytes);
        most.map(|(account, _)| account)
    }
}

/// The time of the oldest entries that are kept, where `now_ms` is the newest.
pub(super) fn oldest_ms(now_ms: u64) -> u64 {
    let age_ms = u64::try_from(AUDIT_AGE_MAX.as_millis()).unwrap_or(u64::MAX);
    now_ms.saturating_sub(age_ms)
}
