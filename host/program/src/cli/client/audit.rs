//! The call about the audit log, which only Sparkler has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ureq::http::Method;

use super::connection::{Client, with_query};
use super::error::ClientError;

/// Which entries a call is about.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct AuditSelection {
    /// In milliseconds of Unix time.
    pub(in crate::cli) since: u64,
    pub(in crate::cli) function: Option<String>,
    pub(in crate::cli) principal: Option<String>,
    pub(in crate::cli) operation: Option<String>,
    pub(in crate::cli) is_refused: bool,
    /// Where the page before has ended.
    pub(in crate::cli) after: Option<String>,
}

/// A page of entries, the oldest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct AuditPage {
    pub(in crate::cli) entries: Vec<AuditEntry>,
    pub(in crate::cli) next: String,
    pub(in crate::cli) has_more: bool,
}

/// An entry; members that no command reads are kept for `--json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct AuditEntry {
    pub(in crate::cli) time: String,
    pub(in crate::cli) principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) source_ip: Option<String>,
    pub(in crate::cli) operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) resource: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) changes: Vec<AuditChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) refused: Option<AuditRefusal>,
    #[serde(flatten)]
    pub(in crate::cli) others: Map<String, Value>,
}

/// A member that has changed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::cli) struct AuditChange {
    pub(in crate::cli) member: String,
    pub(in crate::cli) change: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) after: Option<String>,
}

/// Why a request was refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::cli) struct AuditRefusal {
    pub(in crate::cli) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) statement: Option<String>,
    pub(in crate::cli) more: u64,
}

impl Client {
    /// A page of the audit log.
    pub(in crate::cli) fn audit(
        &self,
        selection: &AuditSelection,
    ) -> Result<AuditPage, ClientError> {
        self.call(Method::GET, &path(selection), None)
    }
}

fn path(selection: &AuditSelection) -> String {
    let since = selection.since.to_string();
    let members = [
        ("since", Some(since.as_str())),
        ("function", selection.function.as_deref()),
        ("principal", selection.principal.as_deref()),
        ("operation", selection.operation.as_deref()),
        ("refused", selection.is_refused.then_some("true")),
        ("after", selection.after.as_deref()),
    ];
    with_query("/sparkler/audit", &members)
}
