//! Invoke: a call that was checked is made, or kept for later, and the completion becomes the answer.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

use super::api::Api;
use super::error::WireError;
use super::invoke_headers::InvocationType;
use super::invoking::{self, Checked};
use super::run_to_end::run_to_end;
use super::{answer, invoke_reply};
use crate::invoker::RunGuest;

/// `POST /2015-03-31/functions/{FunctionName}/invocations`
pub(super) async fn answered<G: RunGuest>(
    api: Arc<Api<G>>,
    checked: Checked,
) -> Result<Response, WireError> {
    let Checked {
        invocation_type,
        resolved,
        call,
        trace,
        received: _received,
    } = checked;
    match invocation_type {
        InvocationType::DryRun => Ok(answer::empty(StatusCode::NO_CONTENT)),
        InvocationType::Event => {
            api.events.accept(invoking::event(call)).await?;
            Ok(invoke_reply::accepted(Some(trace)))
        }
        InvocationType::RequestResponse => {
            let id = call.request_id;
            let run = run_to_end(async move { api.invoker.run(resolved, call).await });
            Ok(invoke_reply::rendered(run.await?, id, trace))
        }
    }
}
