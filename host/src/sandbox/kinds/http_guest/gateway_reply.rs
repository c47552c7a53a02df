//! Responses in the form that gateways take from functions: one JSON object.
//!
//! A body of text is there as text, any other in base64.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::gateway_event::Gateway;
use crate::domain::WebHead;
use crate::domain::event_text::{self, keeps_its_size, media_type};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GatewayReply {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// Of payload format 2.0 only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    /// Of the older format only.
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: String,
    is_base64_encoded: bool,
}

/// The response as one JSON text.
pub(super) fn rendered(gateway: Gateway, head: &WebHead, body: Vec<u8>) -> Vec<u8> {
    let (headers, cookies) = head.joined();
    let (body, is_base64_encoded) = text(head.content_type(), body);
    let (cookies, multi_value_headers) = match gateway {
        Gateway::Two => (cookies, None),
        Gateway::One => {
            let fields = head.fields();
            let fields = fields.map(|(name, values)| (name.to_string(), values));
            (Vec::new(), Some(fields.collect()))
        }
    };
    let reply = GatewayReply {
        status_code: head.status.as_u16(),
        headers,
        cookies,
        multi_value_headers,
        body,
        is_base64_encoded,
    };
    serde_json::to_vec(&reply).expect("texts and numbers have a JSON form")
}

/// The body as a text, and whether that is base64.
fn text(content_type: Option<&str>, body: Vec<u8>) -> (String, bool) {
    let is_textual = content_type.is_none_or(is_textual);
    match String::from_utf8(body) {
        Ok(text) if is_textual && keeps_its_size(&text) => (text, false),
        Ok(text) => (BASE64_STANDARD.encode(text), true),
        Err(error) => (BASE64_STANDARD.encode(error.into_bytes()), true),
    }
}

/// As in an event, and what else servers answer as text.
fn is_textual(content_type: &str) -> bool {
    let others = ["application/x-ndjson", "application/x-www-form-urlencoded"];
    event_text::is_textual(content_type) || others.contains(&&*media_type(content_type))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;
    use serde_json::{Value, json};

    fn reply(gateway: Gateway, content_type: Option<&str>, body: &[u8]) -> Value {
        let mut response = Response::builder().status(201);
        for cookie in ["a=1", "b=2"] {
            response = response.header("set-cookie", cookie);
        }
        if let Some(content_type) = content_type {
            response = response.header("content-type", content_type);
        }
        let (parts, ()) = response.body(()).expect("a response").into_parts();
        let head = WebHead {
            status: parts.status,
            headers: parts.headers,
        };
        serde_json::from_slice(&rendered(gateway, &head, body.to_vec())).expect("JSON")
    }

    #[test]
    fn a_response_is_what_a_gateway_takes() {
        let expected = json!({
            "statusCode": 201,
            "headers": {"content-type": "text/html"},
            "cookies": ["a=1", "b=2"],
            "body": "<p>ü",
            "isBase64Encoded": false,
        });
        assert_eq!(
            reply(Gateway::Two, Some("text/html"), "<p>ü".as_bytes()),
            expected
        );
        let expected = json!({
            "statusCode": 201,
            "headers": {"content-type": "text/html"},
            "multiValueHeaders": {"content-type": ["text/html"], "set-cookie": ["a=1", "b=2"]},
            "body": "",
            "isBase64Encoded": false,
        });
        assert_eq!(reply(Gateway::One, Some("text/html"), b""), expected);
    }

    #[test]
    fn text_is_text_and_all_else_is_base64() {
        for (kind, body, expected) in [
            (None, &b"plain"[..], Some("plain")),
            (Some("application/json; charset=utf-8"), b"{}", Some("{}")),
            (Some("image/svg+xml"), b"<svg/>", Some("<svg/>")),
            (Some("application/octet-stream"), b"plain", None),
            (Some("text/plain"), b"\xff", None),
            (Some("text/plain"), b"\x01", None),
            (None, b"\xff", None),
        ] {
            let reply = reply(Gateway::Two, kind, body);
            let in_base64 = BASE64_STANDARD.encode(body);
            assert_eq!(reply["body"], expected.unwrap_or(&in_base64), "{kind:?}");
            assert_eq!(reply["isBase64Encoded"], expected.is_none());
        }
    }
}
