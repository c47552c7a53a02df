//! What holds of events that describe requests, whatever they say.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{gateway_event, gateway_reply};
use crate::domain::{WebHead, WebRequest};

/// Longest event of which a request is expected to come out: addresses have bounds of their own.
const EVENT_BYTES_MAX: usize = 8 * 1024;

/// An event that describes a request gives one; and what a server answers, here the request's own headers and body, is
/// JSON that says the same.
pub(crate) fn gateway_event(data: &[u8]) {
    let Ok((request, gateway)) = gateway_event::read(data) else {
        return;
    };
    let body = request.body().bytes.to_vec();
    let head = WebHead {
        status: StatusCode::OK,
        headers: request.headers().clone(),
    };
    let reply = gateway_reply::rendered(gateway, &head, body.clone());
    let reply: Value = serde_json::from_slice(&reply).expect("a reply is JSON");
    assert_eq!(body_of(&reply), body);
}

/// The event that this host made of a request describes that request.
pub(crate) fn reads_back(event: &[u8], request: &WebRequest) {
    // What is asked of a whole server has no path that an event could tell of.
    if event.len() > EVENT_BYTES_MAX || !request.uri().path().starts_with('/') {
        return;
    }
    let (read, _) = gateway_event::read(event).expect("an event of this host's is read");
    assert_eq!(read.method(), request.method());
    assert_eq!(read.body().bytes, request.body().bytes);
    let decoded =
        |text: Option<&str>| -> Vec<u8> { percent_decode_str(text.unwrap_or_default()).collect() };
    let parts: [fn(&Uri) -> Option<&str>; 2] = [|uri| Some(uri.path()), Uri::query];
    for part in parts {
        assert_eq!(decoded(part(read.uri())), decoded(part(request.uri())));
    }
}

/// The body in an event, or a reply.
pub(crate) fn body_of(message: &Value) -> Vec<u8> {
    let body = message["body"].as_str().unwrap_or_default();
    match message["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD.decode(body).expect("base64"),
        _ => body.as_bytes().to_vec(),
    }
}
