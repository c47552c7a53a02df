//! An entry of the audit log as it is stored.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::format::{Format, Unreadable, decode, encode, named};
use crate::catalog::journal::{AuditKind, AuditRow, Row};
use crate::domain::audit::{Entry, MemberChange, Refused};
use crate::domain::{AccountId, FunctionName, Named as _, times};

#[derive(Debug, Serialize, Deserialize)]
struct EntryRow {
    v: Format,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ChangeRow {
    member: String,
    how: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RefusedRow {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    #[serde(default)]
    more: u64,
}

/// The row of an entry.
pub(in crate::catalog) fn audit_row(account: &AccountId, entry: Entry) -> AuditRow {
    let Entry {
        at,
        principal,
        key,
        operation,
        request,
        source,
        function,
        resource,
        changes,
        refused,
    } = entry;
    let kind = match refused {
        Some(_) => AuditKind::Refusal,
        None => AuditKind::Change,
    };
    let row = EntryRow {
        v: Format::default(),
        principal,
        key,
        operation,
        request,
        source,
        function: function.map(|name| name.to_string()),
        resource,
        changes: changes.into_iter().map(ChangeRow::of).collect(),
        refused: refused.map(|refused| RefusedRow {
            reason: refused.reason,
            statement: refused.statement,
            more: refused.more,
        }),
    };
    AuditRow {
        account: account.clone(),
        at_ms: times::unix_ms(at),
        kind,
        row: encode(&row, None),
    }
}

/// The entry of a row.
pub(in crate::catalog) fn audit_entry(at_ms: u64, row: &Row) -> Result<Entry, Unreadable> {
    let (row, _has_unknown) = decode::<EntryRow>(row)?;
    let function = row.function.map(|name| {
        FunctionName::parse(&name).ok_or_else(|| Unreadable::member("function", &name))
    });
    let changes = row.changes.into_iter().map(ChangeRow::value);
    Ok(Entry {
        at: UNIX_EPOCH + Duration::from_millis(at_ms),
        principal: row.principal,
        key: row.key,
        operation: row.operation,
        request: row.request,
        source: row.source,
        function: function.transpose()?,
        resource: row.resource,
        changes: changes.collect::<Result<_, _>>()?,
        refused: row.refused.map(|refused| Refused {
            reason: refused.reason,
            statement: refused.statement,
            more: refused.more,
        }),
    })
}

impl ChangeRow {
    fn of(change: MemberChange) -> Self {
        Self {
            member: change.member,
            how: change.how.name().into(),
            before: change.before,
            after: change.after,
        }
    }

    fn value(self) -> Result<MemberChange, Unreadable> {
        Ok(MemberChange {
            how: named("how", &self.how)?,
            member: self.member,
            before: self.before,
            after: self.after,
        })
    }
}
