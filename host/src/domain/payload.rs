//! What a call carries to its guest: an event, or a request from the web.
//!
//! A web request reaches a guest for HTTP as it is, and any other guest as an event. Which of the two it
//! will be is known only where the guest is found, so the event is made when it is asked for.

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;

use super::event_json::EventJson;
use super::web::WebRequest;

/// What a call carries.
#[derive(Clone, Debug)]
pub enum Payload {
    /// An event.
    Event(EventJson),
    /// A request from the web.
    Web(Arc<dyn WebCall>),
}

/// A request from the web, in the two forms in which guests take it.
pub trait WebCall: Debug + Send + Sync {
    /// The request itself, which is handed over; `None` where it was before.
    fn request(&self) -> Option<WebRequest>;

    /// The event that stands for it: JSON text; `None` where the request was handed over.
    fn event(&self) -> Option<Bytes>;

    /// Size of its body, which is what either form costs.
    fn body_bytes(&self) -> usize;
}

impl Payload {
    /// The event, or the one that stands for the web request; `None` where that was handed over.
    pub fn event(&self) -> Option<Bytes> {
        match self {
            Self::Event(event) => Some(event.text().clone()),
            Self::Web(call) => call.event(),
        }
    }
}

impl From<EventJson> for Payload {
    fn from(event: EventJson) -> Self {
        Self::Event(event)
    }
}
