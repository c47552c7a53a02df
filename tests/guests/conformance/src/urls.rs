//! Behaviours of functions behind a function URL.

use serde_json::{Map, Value, json};

use crate::call::{Answer, Call, answer};

/// Between the head and the body of a streamed response, as AWS's streaming runtimes send them.
const END_OF_HEAD: [u8; 8] = [0; 8];

/// The whole event, as text in the body.
pub(crate) fn event(call: &Call) -> Answer {
    let body = json!({ "event": call.value()? }).to_string();
    answer(&json!({ "statusCode": 200, "body": body }))
}

/// What an HTTP echo tells of a request. The body is an object, not text.
pub(crate) fn echo(call: &Call) -> Answer {
    let trimmed = std::env::var("TRIM_X_HEADERS").is_ok_and(|value| value == "1");
    answer(&told(&call.value()?, trimmed))
}

fn told(event: &Value, trimmed: bool) -> Value {
    let context = &event["requestContext"];
    json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": {
            "args": event.get("queryStringParameters").unwrap_or(&json!({})),
            "data": or_empty(&event["body"]),
            "domain": or_empty(&context["domainName"]),
            "headers": headers(&event["headers"], trimmed),
            "method": or_empty(&context["http"]["method"]),
            "origin": or_empty(&context["http"]["sourceIp"]),
            "path": or_empty(&context["http"]["path"]),
        },
    })
}

/// The head of a streamed response, and its body behind it.
pub(crate) fn stream(_call: &Call) -> Answer {
    let head = json!({ "statusCode": 200, "headers": { "Content-Type": "text/html" } });
    let head = head.to_string().into_bytes();
    Ok([head.as_slice(), &END_OF_HEAD, b"Hello, world!"].concat())
}

/// Without what the service adds by itself, where that is to be trimmed.
fn headers(sent: &Value, trimmed: bool) -> Map<String, Value> {
    let mut headers = sent.as_object().cloned().unwrap_or_default();
    if trimmed {
        headers.retain(|name, _| !name.starts_with("x-amzn") && !name.starts_with("x-forwarded-"));
    }
    headers
}

fn or_empty(value: &Value) -> Value {
    match value {
        Value::Null => json!(""),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_tells_what_was_sent_without_the_services_own_headers() {
        let event = json!({
            "headers": { "accept": "*/*", "x-amzn-trace-id": "Root=1", "x-forwarded-for": "::1" },
            "requestContext": {
                "domainName": "d",
                "http": { "method": "GET", "path": "/p", "sourceIp": "::1" },
            },
        });
        let body = &told(&event, true)["body"];
        assert_eq!(
            *body,
            json!({
                "args": {}, "data": "", "domain": "d", "headers": { "accept": "*/*" },
                "method": "GET", "origin": "::1", "path": "/p",
            })
        );
        let all = &told(&event, false)["body"]["headers"];
        assert_eq!(all.as_object().map(Map::len), Some(3));
    }

    #[test]
    fn a_stream_has_its_head_before_eight_zeros() {
        let bytes = stream(&Call::default()).expect("an answer");
        let at = bytes.iter().position(|byte| *byte == 0).expect("a zero");
        let head: Value = serde_json::from_slice(&bytes[..at]).expect("JSON");
        assert_eq!(head["headers"]["Content-Type"], "text/html");
        assert_eq!(&bytes[at..], b"\0\0\0\0\0\0\0\0Hello, world!");
    }
}
