//! `GET /sparkler/audit`: who has changed what, and who was refused, the oldest first.
//!
//! The query selects: `since` and `until` (milliseconds of Unix time), `principal` (an ARN, its last part, `anonymous`
//! or `host`), `operation`, `function`, `refused=true`, and `after`, which is the `next` of the page before.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use http::Uri;
use serde::Serialize;

use super::answer::Json;
use super::api::Api;
use super::error::WireError;
use super::query;
use crate::catalog::audit::{AuditPage, AuditQuery};
use crate::domain::audit::{Entry, MemberChange, Refused};
use crate::domain::{Account, Named as _, times};
use crate::invoker::RunGuest;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    entries: Vec<ShownEntry>,
    /// Behind which the log goes on, now or later.
    next: String,
    has_more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEntry {
    time: String,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ShownChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<ShownRefusal>,
}

#[derive(Serialize)]
struct ShownChange {
    member: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize)]
struct ShownRefusal {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    /// Others that this entry stands for.
    more: u64,
}

pub(super) async fn list<G: RunGuest>(
    State(api): State<Arc<Api<G>>>,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let query = asked(&uri)?;
    // Whoever was refused before this was asked is in it.
    api.host.refusals.flush().await;
    let page = api.catalog.audit(&query).await;
    let AuditPage {
        entries,
        next,
        has_more,
    } = page.map_err(WireError::internal)?;
    let entries = entries.into_iter().map(|entry| shown(entry, &api.account));
    Ok(Json::of(Page {
        entries: entries.collect(),
        next: next.to_string(),
        has_more,
    }))
}

fn asked(uri: &Uri) -> Result<AuditQuery, WireError> {
    let function = query::function(uri);
    let text = |name| query::value(uri, name).map(|text| text.into_owned());
    Ok(AuditQuery {
        after: query::natural(uri, "after")?.unwrap_or(0),
        since: time(uri, "since")?,
        until: time(uri, "until")?,
        principal: text("principal"),
        operation: text("operation"),
        function: function?,
        is_refused: text("refused").is_some_and(|refused| refused == "true"),
    })
}

fn time(uri: &Uri, name: &str) -> Result<Option<SystemTime>, WireError> {
    let Some(milliseconds) = query::natural(uri, name)? else {
        return Ok(None);
    };
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    time.map(Some).ok_or_else(|| {
        let text = format!("The value of {name} is no time: give milliseconds of Unix time.");
        WireError::invalid_parameter(text)
    })
}

fn shown(entry: Entry, account: &Account) -> ShownEntry {
    let function = entry.function.as_ref();
    let arn = || function.map(|name| account.function_arn(name, None).text());
    ShownEntry {
        time: times::rfc_3339(entry.at),
        principal: entry.principal,
        key_id: entry.key,
        source_ip: entry.source,
        request_id: entry.request,
        operation: entry.operation,
        resource: entry.resource.or_else(arn),
        function: function.map(ToString::to_string),
        changes: entry.changes.into_iter().map(shown_change).collect(),
        refused: entry.refused.map(shown_refusal),
    }
}

fn shown_change(change: MemberChange) -> ShownChange {
    ShownChange {
        member: change.member,
        change: change.how.name(),
        before: change.before,
        after: change.after,
    }
}

fn shown_refusal(refused: Refused) -> ShownRefusal {
    ShownRefusal {
        reason: refused.reason,
        statement: refused.statement,
        more: refused.more,
    }
}
