//! Invoke: an invocation that was checked is run, or kept for later, and the completion becomes the answer.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

use super::api::Api;
use super::error::WireError;
use super::invoke_headers::InvocationType;
use super::invoking::{self, Checked};
use super::run_to_end::run_to_end;
use super::{answer, invoke_reply};
use crate::invoker::{How, RunGuest};

/// `POST /2015-03-31/functions/{FunctionName}/invocations`
pub(super) async fn answered<G: RunGuest>(
    api: Arc<Api<G>>,
    checked: Checked,
) -> Result<Response, WireError> {
    let Checked {
        invocation_type,
        resolved,
        invocation,
        trace,
        received: _received,
    } = checked;
    match invocation_type {
        InvocationType::DryRun => Ok(answer::empty(StatusCode::NO_CONTENT)),
        InvocationType::Event => {
            api.events.accept(invoking::event(invocation)).await?;
            Ok(invoke_reply::accepted(Some(trace)))
        }
        InvocationType::RequestResponse => {
            let id = invocation.request_id;
            let run = async move { api.invoker.run(resolved, invocation, How::default()).await };
            Ok(invoke_reply::rendered(run_to_end(run).await?, id, trace))
        }
    }
}
