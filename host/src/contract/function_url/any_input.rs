//! What holds of function URLs, whatever callers send and functions answer.

use std::net::IpAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::UNIX_EPOCH;

use axum::response::Response;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::address::addressed;
use super::event::{Received, address_of};
use super::serve::told;
use super::{reply, stream_reply};
use crate::contract::body;
use crate::contract::forwarded::{Caller, FORWARDED_FOR, TrustedProxies};
use crate::contract::headers::TRACE_ID;
use crate::contract::trace_header::Trace;
use crate::domain::web::OF_CONNECTION;
use crate::domain::{EventJson, RequestId, Scheme, WebRequest, prelude};

/// The region of the host whose URLs they are.
const REGION: &str = "us-east-1";

/// The request that a function is told of, and the event that describes it, which is JSON; `None` where it is none for a
/// function.
pub(crate) fn described(request: Request<Bytes>) -> Option<(WebRequest, Bytes)> {
    let (parts, body) = request.into_parts();
    let addressed = addressed(&parts.uri, &parts.headers, REGION)?;
    let proxies = TrustedProxies::of(&["10.0.0.0/8".into()]).expect("a network");
    let proxy = Caller::connected(Some(IpAddr::from([10, 0, 0, 1])), Scheme::Http);
    let caller = proxies.caller(proxy, &parts.headers);
    let trace = Trace::continued(parts.headers.get(TRACE_ID));
    let mut body = body::Received {
        bytes: body,
        trailers: None,
        charge: None,
    };
    let request = told(parts, &mut body, &addressed, caller, &trace.guest);
    let chain = request.headers()[FORWARDED_FOR].as_bytes().to_vec();
    let received = Received {
        signer: None,
        certificate: None,
        request,
        url_id: addressed.id,
        request_id: RequestId(uuid::Uuid::nil()),
        caller: address_of(caller),
        time: UNIX_EPOCH,
    };
    assert!(chain.ends_with(received.caller.to_string().as_bytes()));
    let event = received.event();
    EventJson::parse(event.clone()).expect("an event is JSON");
    Some((received.request, event))
}

/// An answer becomes a response, unless it says that it is one and is none. What says nothing is the body.
pub(crate) fn reply(data: &[u8]) {
    let answer = Bytes::copy_from_slice(data);
    let streamed = stream_reply::streamed(answer.clone());
    let buffered = reply::buffered(answer);
    for response in [&streamed, &buffered].into_iter().flatten() {
        let is_ours = |name| response.headers().contains_key(name);
        assert!(!OF_CONNECTION.iter().any(is_ours));
    }
    if prelude::split(data).is_some() {
        return;
    }
    let streamed = streamed.expect("bytes are a body");
    assert_eq!(body(streamed), data);
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    // A member that is there twice, or under an escaped name, may be a status to one reader and none to another.
    let text = String::from_utf8_lossy(data);
    if value.get("statusCode").is_none() && !text.contains("statusCode") && !text.contains("\\u") {
        let body = body(buffered.expect("JSON without a status is a body"));
        match value {
            Value::String(text) => assert_eq!(body, text),
            value => assert_eq!(serde_json::from_slice::<Value>(&body).ok(), Some(value)),
        }
    }
}

/// The body of a response that is there.
fn body(response: Response) -> Bytes {
    let collected = pin!(response.into_body().collect());
    match collected.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(collected) => collected.expect("it is in memory").to_bytes(),
        Poll::Pending => panic!("it is in memory"),
    }
}
