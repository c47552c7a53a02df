//! InvokeAsync: the older form of an asynchronous invocation, without headers. The answer comes when the
//! event is kept, and the function runs later.
//!
//! All is checked as for an invocation that is waited for, but for the concurrency: an event that finds
//! no room waits.

use std::sync::Arc;

use axum::response::Response;

use super::api::Api;
use super::callers::Peer;
use super::error::WireError;
use super::invoke_reply;
use super::invoking::{self, Checked};
use crate::events::NewEvent;
use crate::invoker::RunGuest;

/// `POST /2014-11-13/functions/{FunctionName}/invoke-async`
pub(super) async fn answered<G: RunGuest>(
    api: &Api<G>,
    checked: Checked,
    peer: &Arc<Peer>,
) -> Result<Response, WireError> {
    let Checked {
        invocation,
        mut received,
        ..
    } = checked;
    received.keep(peer)?;
    let event = NewEvent {
        trace_id: None,
        ..invoking::event(invocation)
    };
    api.events.accept(event).await?;
    Ok(invoke_reply::accepted(None))
}
