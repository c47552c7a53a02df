//! What a call carries to its guest: an event, or a request from the web.
//!
//! A web request reaches a guest for HTTP as it is, and any other guest as an event. Which of the two it
//! will be is known only where the guest is found, so the request is there in both forms, and neither
//! is made before it is asked for.

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;

use super::event_json::EventJson;

/// What a call carries.
#[derive(Clone, Debug)]
pub enum Payload {
    /// An event: JSON text, checked.
    Event(Bytes),
    /// A request from the web.
    Web(Arc<dyn WebCall>),
}

/// A request from the web, in the two forms in which guests take it.
pub trait WebCall: Debug + Send + Sync {
    /// The request itself.
    fn request(&self) -> WebRequest;

    /// The event that stands for it: JSON text.
    fn event(&self) -> Bytes;

    /// Size of its body, which is what either form costs.
    fn body_bytes(&self) -> usize;
}

/// A request for HTTP, read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebRequest {
    /// `GET`, for example.
    pub method: String,
    /// Whether the client came over TLS, as far as the host was told.
    pub is_secure: bool,
    /// The host that the client asked for, and its port where it named one.
    pub authority: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// Names in lower case and values; a name that was sent twice is there twice.
    pub headers: Vec<(String, Vec<u8>)>,
    /// All of the body.
    pub body: Bytes,
}

impl Payload {
    /// The event, or the one that stands for the web request.
    pub fn event(&self) -> Bytes {
        match self {
            Self::Event(event) => event.clone(),
            Self::Web(call) => call.event(),
        }
    }
}

impl From<EventJson> for Payload {
    fn from(event: EventJson) -> Self {
        Self::Event(event.into_text())
    }
}

impl From<Bytes> for Payload {
    fn from(event: Bytes) -> Self {
        Self::Event(event)
    }
}

impl From<String> for Payload {
    fn from(event: String) -> Self {
        Self::Event(event.into())
    }
}

impl From<&'static str> for Payload {
    fn from(event: &'static str) -> Self {
        Self::Event(event.into())
    }
}
