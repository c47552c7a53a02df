//! Invoke: an invocation that was checked is run, or kept for later, and the completion becomes the answer.

use std::sync::Arc;

use axum::response::{IntoResponse as _, NoContent, Response};

use super::api::Api;
use super::callers::{Peer, Purpose, bytes_of};
use super::error::WireError;
use super::invoke_headers::InvocationType;
use super::invoke_reply;
use super::invoking::{self, Checked};
use super::run_to_end::run_to_end;
use crate::invoker::{How, RunGuest};

/// `POST /2015-03-31/functions/{FunctionName}/invocations`
pub(super) async fn answered<G: RunGuest>(
    api: &Arc<Api<G>>,
    checked: Checked,
    peer: &Arc<Peer>,
) -> Result<Response, WireError> {
    let Checked {
        invocation_type,
        resolved,
        invocation,
        trace,
        mut received,
    } = checked;
    match invocation_type {
        InvocationType::DryRun => Ok(NoContent.into_response()),
        InvocationType::Event => {
            received.keep(peer)?;
            api.events.accept(invoking::event(invocation)).await?;
            Ok(invoke_reply::accepted(Some(trace)))
        }
        InvocationType::RequestResponse => {
            let id = invocation.request_id;
            let expected = api.host.answers.of(&resolved.version);
            let room = peer.expect_answer(expected.bytes())?;
            let running = Arc::clone(api);
            let run = async move {
                // The event is held for its caller until it has run, also where the caller has left meanwhile.
                let _held = received;
                running
                    .invoker
                    .run(resolved, invocation, How::default())
                    .await
            };
            let answer = invoke_reply::rendered(run_to_end(run).await?, id, trace);
            api.host.answers.note(expected, bytes_of(&answer));
            peer.hold_answer(Purpose::Call, room, answer)
        }
    }
}
