//! Streamed responses, from the request to the events.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{Answer, Host};

const PATH: &str = "/2021-11-15/functions/fn/response-streaming-invocations";

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn the_answer_begins_while_the_function_runs() {
    let host = Host::with_function("fn").await;
    let request = Request::post(PATH).body(Body::from(r#""stream until nobody reads""#));
    let request = request.expect("a request");
    let response = host.next_door(&request).await.sent(request).await;
    assert_eq!(response.status(), 200);
    let content_type = &response.headers()["content-type"];
    assert_eq!(content_type, "application/vnd.amazon.eventstream");
    assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");
    let mut body = response.into_body();
    let frame = body.frame().await.expect("a frame").expect("no error");
    let frame = frame.into_data().expect("data");
    let frame = String::from_utf8_lossy(&frame);
    assert!(
        frame.contains("PayloadChunk") && frame.contains("first"),
        "{frame}"
    );
}

#[tokio::test]
async fn what_a_function_returned_is_a_chunk_and_then_comes_the_end() {
    let host = Host::with_function("fn").await;
    let answer = host.call("POST", PATH, r#"{"a":1}"#).await;
    assert_eq!(answer.status, 200);
    let id = answer.header("x-amzn-requestid").to_owned();
    let text = text(&answer);
    assert_eq!(text.matches("PayloadChunk").count(), 1);
    assert_eq!(text.matches("InvokeComplete").count(), 1);
    assert!(
        text.contains(&id),
        "the function saw another id than {id}: {text}"
    );
    assert!(text.contains("event{}"), "{text}");
}

#[tokio::test]
async fn what_fails_before_the_first_byte_is_an_ordinary_error() {
    let host = Host::with_function("fn").await;
    let answer = host.call("POST", PATH, r#""no capacity""#).await;
    let body = json!({
        "Reason": "ConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    });
    answer.assert_error(429, "TooManyRequestsException", &body);
    let answer = host.call("POST", PATH, r#""panic""#).await;
    let body = json!({"Message": "Internal server error", "Type": "Service"});
    answer.assert_error(500, "ServiceException", &body);
}

#[tokio::test]
async fn what_fails_after_the_first_byte_is_told_by_the_last_event() {
    let host = Host::with_function("fn").await;
    let answer = host.call("POST", PATH, r#""stream and panic""#).await;
    assert_eq!(answer.status, 200);
    let text = text(&answer);
    let first = text.find("first").expect("what it wrote");
    let end = text
        .find(r#"{"ErrorCode":"Sandbox.Failure""#)
        .expect("how it ended");
    assert!(first < end, "{text}");
}
