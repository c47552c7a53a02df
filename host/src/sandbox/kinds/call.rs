//! One call of a guest that is set up: each kind in its own way, all with one kind of answer.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::Store;

use super::answer::{Answer, Returned};
use super::entry::Handler;
use super::input::Input;
use super::{command, http_guest};
use crate::domain::{ClientContext, Invocation, Version};
use crate::invoker::ResponseSink;
use crate::sandbox::bindings::exports::sparkler::function::handler::Context;
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::response::Response;

/// What a guest is called with.
pub(in crate::sandbox) struct Call<'a> {
    pub(in crate::sandbox) version: &'a Version,
    pub(in crate::sandbox) invocation: &'a Invocation,
    pub(in crate::sandbox) input: Input,
    /// Whoever reads along what the guest writes.
    pub(in crate::sandbox) response: Option<ResponseSink>,
}

impl Call<'_> {
    /// Calls `handler`. Of one that streams, the answer is what did not go into the response, which is all
    /// of it where there is none.
    pub(in crate::sandbox) async fn make(
        self,
        store: &mut Store<GuestState>,
        handler: &Handler,
    ) -> wasmtime::Result<Answer> {
        match (handler, self.input) {
            (Handler::Buffered(handler), Input::Event { event, .. }) => {
                let deadline = store.data().deadline;
                let (mut id, texts) = (
                    Uuid::encode_buffer(),
                    Texts::of(self.invocation, self.version),
                );
                let context = context(self.invocation, &texts, &mut id, deadline);
                let answer = handler.call_handle(store, &event, context).await?;
                Ok(answer.map(Returned::from))
            }
            (Handler::Streaming(handler), Input::Event { event, .. }) => {
                let deadline = store.data().deadline;
                let (mut id, texts) = (
                    Uuid::encode_buffer(),
                    Texts::of(self.invocation, self.version),
                );
                let context = context(self.invocation, &texts, &mut id, deadline);
                store.data_mut().response = Response::begin(self.response);
                let ended = handler.call_handle(&mut *store, &event, context).await;
                let left = store.data_mut().response.end();
                Ok(ended?.map(|()| left.into()))
            }
            (Handler::Http(guest), input) => {
                http_guest::call(store, guest, input, self.response).await
            }
            (Handler::Command(guest), Input::Event { event, is_from_web }) => {
                let ended = command::run(store, guest, event, is_from_web, self.response);
                ended.await.map(Ok)
            }
            (_, Input::Request(_)) => {
                wasmtime::bail!("a request for HTTP was given to a guest that takes events")
            }
        }
    }
}

/// What a guest is told as text, and the host knows otherwise.
struct Texts {
    invoked_arn: String,
    version: String,
}

impl Texts {
    fn of(invocation: &Invocation, version: &Version) -> Self {
        Self {
            invoked_arn: invocation.target.text(),
            version: version.id.to_string(),
        }
    }
}

fn context<'a>(
    invocation: &'a Invocation,
    texts: &'a Texts,
    id: &'a mut [u8],
    deadline: Instant,
) -> Context<'a> {
    Context {
        request_id: invocation.request_id.0.hyphenated().encode_lower(id),
        invoked_function_arn: &texts.invoked_arn,
        function_version: &texts.version,
        deadline_ms: unix_milliseconds(deadline),
        trace_id: invocation.trace_id.as_deref(),
        client_context: invocation.client_context.as_ref().map(ClientContext::text),
        tenant_id: invocation.tenant_id.as_deref(),
    }
}

fn unix_milliseconds(deadline: Instant) -> u64 {
    let remaining = deadline.saturating_duration_since(Instant::now());
    let at = (SystemTime::now() + remaining)
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
