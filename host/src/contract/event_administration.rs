//! What this host has and AWS hides: the events that wait, retry, are delivered, or are dead.
//!
//! `GET /sparkler/events` lists them, `DELETE` removes dead ones, and
//! `POST /sparkler/events/redrive` lets dead ones run again. The query selects: `function`, `id` (the
//! number or the request id), `state`, `after`; `all=true` has to be said where nothing is selected and
//! something would be changed.

use std::sync::Arc;

use axum::extract::{Extension, State};
use http::Uri;
use serde::Serialize;

use super::answer::Json;
use super::api::Api;
use super::error::WireError;
use super::query;
use super::run_to_end::run_to_end;
use crate::domain::Named as _;
use crate::domain::audit::{Cause, Entry, How, MemberChange, clipped};
use crate::events::{Counts, Listed, Listing, Moved, Selection, State as EventState, timestamp};
use crate::invoker::RunGuest;

#[derive(Serialize)]
struct Page {
    counts: ShownCounts,
    events: Vec<ShownEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct ShownCounts {
    running: u64,
    waiting: u64,
    retrying: u64,
    delivering: u64,
    dead: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEvent {
    id: String,
    state: &'static str,
    function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    qualifier: Option<String>,
    request_id: String,
    accepted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    invoke_count: u32,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownMove {
    events: usize,
    has_more: bool,
}

/// `GET /sparkler/events`
pub(super) async fn list<G: RunGuest>(
    State(api): State<Arc<Api<G>>>,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let Listing {
        counts,
        events,
        next,
    } = api.events.list(&selection(&uri)?).await?;
    let page = Page {
        counts: shown_counts(counts),
        events: events.into_iter().map(shown).collect(),
        next: next.map(|id| id.to_string()),
    };
    Ok(Json::of(page))
}

/// `POST /sparkler/events/redrive`
pub(super) async fn redrive<G: RunGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let selection = chosen(&uri)?;
    // Also where the caller has left: what was done is told.
    let done = run_to_end(async move {
        let done = api.events.redrive(&selection).await?;
        note(&api, &cause, &selection, done.events, How::Changed).await?;
        Ok::<_, WireError>(done)
    });
    Ok(moved(done.await?))
}

/// `DELETE /sparkler/events`
pub(super) async fn purge<G: RunGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let selection = chosen(&uri)?;
    // Also where the caller has left: what was done is told.
    let done = run_to_end(async move {
        let done = api.events.purge(&selection).await?;
        note(&api, &cause, &selection, done.events, How::Removed).await?;
        Ok::<_, WireError>(done)
    });
    Ok(moved(done.await?))
}

/// Has the audit log tell of what became of dead events, before whoever asked for it is answered.
async fn note<G>(
    api: &Api<G>,
    cause: &Cause,
    selection: &Selection,
    events: usize,
    how: How,
) -> Result<(), WireError> {
    if events == 0 {
        return Ok(());
    }
    let noted = api.catalog.note(Entry {
        function: selection.function.clone(),
        resource: selection
            .id
            .as_deref()
            .map(|id| clipped(&format!("event:{id}"))),
        changes: vec![MemberChange {
            how,
            after: (how == How::Changed).then(|| format!("{events} waiting")),
            ..MemberChange::removed("Events", format!("{events} dead"))
        }],
        ..cause.entry()
    });
    noted.await.map_err(WireError::internal)
}

fn moved(Moved { events, has_more }: Moved) -> Json<ShownMove> {
    Json::of(ShownMove { events, has_more })
}

/// The selection of a call that changes something: it has to be said.
fn chosen(uri: &Uri) -> Result<Selection, WireError> {
    let selection = selection(uri)?;
    let is_all = query::value(uri, "all").is_some_and(|all| all == "true");
    match selection.function.is_some() || selection.id.is_some() || is_all {
        true => Ok(selection),
        false => Err(WireError::invalid_parameter(
            "Say which events are meant: function=NAME, id=ID, or all=true.",
        )),
    }
}

fn selection(uri: &Uri) -> Result<Selection, WireError> {
    let function = query::function(uri);
    let state = query::value(uri, "state").map(|state| {
        EventState::named(&state).ok_or_else(|| {
            WireError::invalid_parameter("The value of state is not waiting, delivering or dead.")
        })
    });
    let after = query::natural(uri, "after")?.unwrap_or(0);
    Ok(Selection {
        function: function?,
        state: state.transpose()?,
        id: query::value(uri, "id").map(|id| id.into_owned()),
        after,
    })
}

fn shown_counts(counts: Counts) -> ShownCounts {
    let Counts {
        running,
        waiting,
        retrying,
        delivering,
        dead,
    } = counts;
    ShownCounts {
        running,
        waiting,
        retrying,
        delivering,
        dead,
    }
}

fn shown(event: Listed) -> ShownEvent {
    let waits = event.state == EventState::Waiting;
    ShownEvent {
        id: event.id.to_string(),
        state: event.state.name(),
        function: event.function.to_string(),
        qualifier: event.qualifier,
        request_id: event.request_id,
        accepted_at: timestamp(event.accepted_ms),
        due_at: waits.then(|| timestamp(event.due_ms)),
        invoke_count: event.runs,
        bytes: event.bytes,
        condition: event.condition,
        reason: event.reason,
        ended_at: event.ended_ms.map(timestamp),
    }
}
