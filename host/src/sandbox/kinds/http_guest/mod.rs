//! Guests that are servers for HTTP.
//!
//! A request reaches them in two ways: as it is, from the web, or as the event with which AWS's gateways
//! describe one. The response goes back in the form that fits:
//!
//! | The call | The response |
//! |---|---|
//! | someone reads along, or a web client waits | the head as it is, and the body |
//! | an event, answered whole | the object that gateways take for a response |
//!
//! ```text
//! event ─▶ gateway_event ─┐                        ┌─▶ head, body as it is written
//!                         ├▶ request ─▶ guest ─▶ reply
//! request from the web ───┘                        └─▶ gateway_reply
//! ```

#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::sandbox) mod any_input;
mod request;
mod gateway_event;
mod head;
mod reply;
mod gateway_reply;

use std::pin::pin;

use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime_wasi_http::p2::bindings::exports::wasi::http::incoming_handler;

use super::answer::Answer;
use super::call::Call;
use super::input::Input;
use super::kind::{Export, Kind};
use crate::domain::WebRequest;
use crate::invoker::ResponseSink;
use crate::sandbox::bindings::sparkler::function::types;
use crate::sandbox::reach::guest_state::GuestState;
use gateway_event::Gateway;
use reply::Reply;

/// The export that makes a component a server for HTTP, of any version of WASI 0.2 that is provided.
pub(crate) const HTTP_EXPORT: &str = "wasi:http/incoming-handler";

/// A server for HTTP.
pub(in crate::sandbox) struct Server;

impl Kind for Server {
    const TITLE: &'static str = "HTTP server";
    const EXPORT: Export = Export::Wasi(HTTP_EXPORT);
    const TAKES_REQUESTS: bool = true;
    type Indices = incoming_handler::GuestIndices;
    type Guest = incoming_handler::Guest;

    fn entry(
        component: &InstancePre<GuestState>,
    ) -> wasmtime::Result<incoming_handler::GuestIndices> {
        incoming_handler::GuestIndices::new(component)
    }

    fn load(
        indices: &incoming_handler::GuestIndices,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<incoming_handler::Guest> {
        indices.load(store, instance)
    }

    async fn call(
        store: &mut Store<GuestState>,
        guest: &incoming_handler::Guest,
        call: Call<'_>,
    ) -> wasmtime::Result<Answer> {
        Box::pin(serve(store, guest, call.input, call.response)).await
    }
}

/// Calls a guest with a request, and passes its response on while it runs.
async fn serve(
    store: &mut Store<GuestState>,
    guest: &incoming_handler::Guest,
    input: Input,
    response: Option<ResponseSink>,
) -> wasmtime::Result<Answer> {
    let asked = asked(input).and_then(|(request, gateway)| {
        let (scheme, request) = request::checked(request)?;
        Ok((scheme, request, gateway))
    });
    let (scheme, request, gateway) = match asked {
        Ok(asked) => asked,
        Err(reason) => return Ok(Err(no_request(reason))),
    };
    let (head, head_comes) = oneshot::channel();
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(scheme, request)?;
    let outparam = http.new_response_outparam(head)?;
    let budget = store.data().shared.budget();
    let mut reply = Reply::new(head_comes, response, gateway, budget);
    let running = guest.call_handle(&mut *store, request, outparam);
    run_along(running, &mut reply).await?;
    Ok(reply.into_answer())
}

/// The request, and which gateway it came through.
fn asked(input: Input) -> Result<(WebRequest, Option<Gateway>), String> {
    match input {
        Input::Request(request) => Ok((*request, None)),
        Input::Event { event, .. } => {
            gateway_event::read(&event).map(|(request, gateway)| (request, Some(gateway)))
        }
    }
}

fn no_request(reason: String) -> types::FunctionError {
    failure("Http.InvalidRequest", reason)
}

fn failure(error_type: &str, error_message: String) -> types::FunctionError {
    types::FunctionError {
        error_type: error_type.into(),
        error_message,
        stack_trace: Vec::new(),
    }
}

/// Runs a guest and passes on what it writes, in turns, until both have ended.
async fn run_along(
    running: impl Future<Output = wasmtime::Result<()>>,
    reply: &mut Reply,
) -> wasmtime::Result<()> {
    let mut running = pin!(running);
    let ended = tokio::select! {
        biased;
        ended = &mut running => ended,
        passed = reply.pass_on() => match passed {
            // A guest may work on after its response.
            Ok(()) => running.await,
            Err(error) => Err(error),
        },
    };
    let passed = reply.finish().await;
    ended?;
    passed
}
