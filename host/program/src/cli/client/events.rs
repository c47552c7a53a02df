//! The calls about asynchronous events, which only Sparkler has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ureq::http::Method;

use super::connection::{Client, with_query};
use super::error::ClientError;

/// Which events a call is about.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct EventSelection<'a> {
    pub(in crate::cli) function: Option<&'a str>,
    pub(in crate::cli) id: Option<&'a str>,
    pub(in crate::cli) all: bool,
    pub(in crate::cli) after: Option<String>,
}

/// A page of events, as the server shows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::cli) struct EventPage {
    pub(in crate::cli) counts: EventCounts,
    pub(in crate::cli) events: Vec<ShownEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) next: Option<String>,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(in crate::cli) struct EventCounts {
    pub(in crate::cli) running: u64,
    pub(in crate::cli) waiting: u64,
    pub(in crate::cli) retrying: u64,
    pub(in crate::cli) delivering: u64,
    pub(in crate::cli) dead: u64,
}

/// An event; members that no command reads are kept for `--json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct ShownEvent {
    pub(in crate::cli) id: String,
    pub(in crate::cli) state: String,
    pub(in crate::cli) function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) qualifier: Option<String>,
    pub(in crate::cli) request_id: String,
    pub(in crate::cli) invoke_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) reason: Option<String>,
    #[serde(flatten)]
    pub(in crate::cli) others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moved {
    events: usize,
    has_more: bool,
}

impl Client {
    /// A page of events.
    pub(in crate::cli) fn events(
        &self,
        selection: &EventSelection<'_>,
    ) -> Result<EventPage, ClientError> {
        let path = path("/sparkler/events", selection);
        self.call(Method::GET, &path, None)
    }

    /// Lets dead events run again; how many did, and whether more are left.
    pub(in crate::cli) fn redrive_events(
        &self,
        selection: &EventSelection<'_>,
    ) -> Result<(usize, bool), ClientError> {
        let path = path("/sparkler/events/redrive", selection);
        let moved: Moved = self.call(Method::POST, &path, None)?;
        Ok((moved.events, moved.has_more))
    }

    /// Removes dead events; how many, and whether more are left.
    pub(in crate::cli) fn purge_events(
        &self,
        selection: &EventSelection<'_>,
    ) -> Result<(usize, bool), ClientError> {
        let path = path("/sparkler/events", selection);
        let moved: Moved = self.call(Method::DELETE, &path, None)?;
        Ok((moved.events, moved.has_more))
    }
}

fn path(path: &str, selection: &EventSelection<'_>) -> String {
    let members = [
        ("function", selection.function),
        ("id", selection.id),
        ("all", selection.all.then_some("true")),
        ("after", selection.after.as_deref()),
    ];
    with_query(path, &members)
}
