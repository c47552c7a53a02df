//! What clients get for the answers of functions.

use serde_json::json;
use sparkler_tests::{Connection, TestHost, wat};

use super::{Site, answering, assert_bad_gateway, rendered};

#[test]
fn an_answer_becomes_a_response_by_its_form() {
    for (answer, status, body) in [
        (r#"{"hello": "world"}"#, 200, r#"{"hello":"world"}"#),
        (r#"["hello", 3, true]"#, 200, r#"["hello",3,true]"#),
        (r#""hello""#, 200, "hello"),
        ("3.10", 200, "3.10"),
        (
            r#"{"statusCode": "418", "body": "{\"a\": 1}"}"#,
            418,
            r#"{"a": 1}"#,
        ),
    ] {
        let reply = rendered(answer);
        assert_eq!((reply.status, reply.text()), (status, body), "{answer}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(
            reply.header("content-length"),
            Some(&*body.len().to_string())
        );
        let trace = reply.header("x-amzn-trace-id").unwrap_or_default();
        assert!(trace.starts_with("root=1-"), "{trace}");
    }
}

#[test]
fn cookies_and_headers_of_a_function_reach_the_client() {
    let reply = rendered(
        json!({
            "statusCode": 302,
            "headers": {
                "Location": "/b",
                "Content-Length": "7",
                "Connection": "close",
                "X-Amzn-RequestId": "mine",
            },
            "cookies": ["a=1; HttpOnly", "b=2"],
        })
        .to_string(),
    );
    assert_eq!((reply.status, reply.header("location")), (302, Some("/b")));
    let cookies: Vec<&str> = reply
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
    assert_eq!(reply.header("content-length"), Some("0"));
    assert_eq!(reply.header("x-amzn-remapped-content-length"), Some("7"));
    assert_eq!(reply.header("x-amzn-remapped-connection"), Some("close"));
    assert_eq!(reply.header("connection"), None);
    assert_ne!(reply.header("x-amzn-requestid"), Some("mine"));
}

#[test]
fn what_is_no_response_is_a_bad_gateway() {
    for answer in [
        "not JSON",
        r#"{"statusCode": 99}"#,
        r#"{"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b=1"}}"#,
        r#"{"statusCode": 200, "headers": {"x\r\ny": "a"}}"#,
        r#"{"statusCode": 200, "cookies": ["a\r\nx: y"]}"#,
        r#"{"statusCode": 200, "body": "?", "isBase64Encoded": true}"#,
    ] {
        assert_bad_gateway(&rendered(answer));
    }
    let trap = Site::of(wat::guest("answer_of_size.wat"), json!({}));
    assert_bad_gateway(&trap.get());
}

#[test]
fn a_streaming_address_passes_bytes_on_as_they_are() {
    let streaming = json!({"InvokeMode": "RESPONSE_STREAM"});
    let plain = Site::of(answering(br#"{"statusCode": 404}"#), streaming.clone()).get();
    assert_eq!(
        (plain.status, plain.text()),
        (200, r#"{"statusCode": 404}"#)
    );
    assert_eq!(
        plain.header("content-type"),
        Some("application/octet-stream")
    );
    let prelude = br#"{"statusCode":201,"headers":{"Content-Type":"text/html"},"cookies":["a=1"]}"#;
    let answer = [&prelude[..], &[0; 8], b"<p>"].concat();
    let reply = Site::of(answering(&answer), streaming).get();
    assert_eq!((reply.status, reply.text()), (201, "<p>"));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert_eq!(reply.header("set-cookie"), Some("a=1"));
}

#[test]
fn a_head_has_the_length_of_the_body_that_it_leaves_out() {
    let site = Site::of(answering(br#""hello""#), json!({}));
    let mut connection = Connection::open(TestHost::shared().address());
    let head = connection.exchange(&site.request("HEAD", "/"));
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5"))
    );
    // The connection goes on, so that no byte of a body was sent.
    assert_eq!(
        connection.exchange(&site.request("GET", "/")).text(),
        "hello"
    );
}
