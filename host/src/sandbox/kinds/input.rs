//! What a guest is given, in the form that its kind takes.

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::domain::{Payload, WebCall, WebRequest};
use crate::invoker::HostFailure;
use crate::limits::INLINE_PARSE_BYTES_MAX;

/// What a guest is given.
pub(in crate::sandbox) enum Input {
    /// An event: JSON text.
    Event {
        event: Bytes,
        /// Whether it stands for a request from the web, whose client waits for a response.
        is_from_web: bool,
    },
    /// A request from the web, as it is. In a box, since all inputs are moved some times on their way.
    Request(Box<WebRequest>),
}

impl Input {
    /// The form of `payload` for guests that take requests as they are, or events. A large one is made where it
    /// delays nobody.
    pub(in crate::sandbox) async fn of(
        payload: &Payload,
        takes_requests: bool,
    ) -> Result<Self, HostFailure> {
        let call = match payload {
            Payload::Event(event) => {
                return Ok(Self::Event {
                    event: event.text().clone(),
                    is_from_web: false,
                });
            }
            Payload::Web(call) => call,
        };
        let form = move |call: &dyn WebCall| match takes_requests {
            true => call.request().map(|it| Self::Request(Box::new(it))),
            false => call.event().map(|event| Self::Event {
                event,
                is_from_web: true,
            }),
        };
        if takes_requests || call.body_bytes() <= INLINE_PARSE_BYTES_MAX {
            return form(&**call).ok_or(HostFailure::GivenBefore);
        }
        let call = call.clone();
        let formed = spawn_blocking(move || form(&*call)).await;
        formed
            .map_err(|_| HostFailure::Panicked)?
            .ok_or(HostFailure::GivenBefore)
    }

    /// The event, for a guest that takes nothing else.
    pub(super) fn event(&self) -> wasmtime::Result<&Bytes> {
        match self {
            Self::Event { event, .. } => Ok(event),
            Self::Request(_) => wasmtime::bail!(IS_REQUEST),
        }
    }

    /// The same, and whether it stands for a request from the web.
    pub(super) fn into_event(self) -> wasmtime::Result<(Bytes, bool)> {
        match self {
            Self::Event { event, is_from_web } => Ok((event, is_from_web)),
            Self::Request(_) => wasmtime::bail!(IS_REQUEST),
        }
    }
}

const IS_REQUEST: &str = "a request for HTTP was given to a guest that takes events";
