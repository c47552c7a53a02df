//! What a guest is given, in the form that its kind takes.

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::domain::{Payload, WebCall, WebRequest};
use crate::invoker::HostFailure;
use crate::limits::INLINE_PARSE_BYTES_MAX;
use crate::sandbox::compile::inspect::GuestKind;

/// What a guest is given.
pub(in crate::sandbox) enum Input {
    /// An event: JSON text.
    Event {
        event: Bytes,
        /// Whether it stands for a request from the web, whose client waits for a response.
        is_from_web: bool,
    },
    /// A request from the web, as it is.
    Request(WebRequest),
}

impl Input {
    /// The form of `payload` for guests of this kind. A large one is made where it delays nobody.
    pub(in crate::sandbox) async fn of(
        payload: &Payload,
        kind: GuestKind,
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
        let form = move |call: &dyn WebCall| match kind {
            GuestKind::Http => Self::Request(call.request()),
            GuestKind::Handler | GuestKind::StreamingHandler | GuestKind::Command => Self::Event {
                event: call.event(),
                is_from_web: true,
            },
        };
        if kind == GuestKind::Http || call.body_bytes() <= INLINE_PARSE_BYTES_MAX {
            return Ok(form(&**call));
        }
        let call = call.clone();
        spawn_blocking(move || form(&*call))
            .await
            .map_err(|_| HostFailure::Panicked)
    }
}
