//! Invoke, from the request to the answer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::{ARN, FUNCTIONS, Host};
use crate::limits::SYNC_PAYLOAD_BYTES_MAX;

#[tokio::test]
async fn an_invocation_is_answered_with_what_the_function_returned() {
    let host = Host::with_function("fn").await;
    let answer = host.invoke("fn", r#"{"a": 1}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["event"], r#"{"a": 1}"#);
    assert_eq!(answer.json()["arn"], format!("{ARN}:fn"));
    assert_eq!(
        answer.json()["request_id"],
        answer.header("x-amzn-requestid")
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-amz-executed-version"), "$LATEST");
    assert_eq!(answer.header("x-amzn-remapped-content-length"), "0");
    assert!(answer.header("x-amzn-trace-id").starts_with("root=1-"));
    assert!(!answer.headers.contains_key("x-amz-function-error"));
    assert!(!answer.headers.contains_key("x-amz-log-result"));
}

#[tokio::test]
async fn every_spelling_of_the_name_reaches_the_function() {
    let host = Host::with_function("fn").await;
    for (name, arn) in [
        ("fn", "fn"),
        ("fn:$LATEST", "fn:$LATEST"),
        ("fn%3A%24LATEST", "fn:$LATEST"),
        ("123456789012%3Afunction%3Afn", "fn"),
        ("arn:aws:lambda:us-east-1:123456789012:function:fn", "fn"),
        (
            "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn",
            "fn",
        ),
    ] {
        let answer = host.invoke(name, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["arn"], format!("{ARN}:{arn}"));
    }
    let path = format!("{FUNCTIONS}/fn/invocations/?Qualifier=%24LATEST");
    let answer = host.call("POST", &path, "").await;
    assert_eq!(answer.json()["arn"], format!("{ARN}:fn:$LATEST"));
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let host = Host::with_function("fn").await;
    assert_eq!(host.invoke("fn", "").await.json()["event"], "{}");
}

#[tokio::test]
async fn a_failed_function_is_a_200_that_says_so() {
    let host = Host::with_function("fn").await;
    let answer = host.invoke("fn", r#""time out""#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-amz-function-error"), "Unhandled");
    assert_eq!(answer.header("x-amz-executed-version"), "$LATEST");
    assert_eq!(
        answer.json(),
        json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": format!(
                "RequestId: {} Error: Task timed out after 3.00 seconds",
                answer.header("x-amzn-requestid")
            ),
        })
    );
}

#[tokio::test]
async fn the_log_comes_with_the_answer_that_asks_for_it() {
    let host = Host::with_function("fn").await;
    let answer = host
        .invoke_with("fn", &[("x-amz-log-type", "Tail")], "{}")
        .await;
    let log = BASE64_STANDARD.decode(answer.header("x-amz-log-result"));
    let log = String::from_utf8(log.expect("base64")).expect("text");
    let id = answer.header("x-amzn-requestid");
    assert!(log.starts_with(&format!(
        "START RequestId: {id} Version: $LATEST\nfrom the guest\n"
    )));
    assert!(log.contains(&format!("END RequestId: {id}\nREPORT RequestId: {id}\t")));
}

#[tokio::test]
async fn the_callers_id_trace_and_context_reach_the_guest() {
    let host = Host::with_function("fn").await;
    let id = "6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1";
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let context = BASE64_STANDARD.encode(r#"{"custom":{}}"#);
    let headers = [
        ("x-amzn-requestid", id),
        ("x-amzn-trace-id", trace),
        ("x-amz-client-context", context.as_str()),
    ];
    let answer = host.invoke_with("fn", &headers, "{}").await;
    assert_eq!(answer.header("x-amzn-requestid"), id);
    assert_eq!(answer.json()["request_id"], id);
    assert_eq!(answer.json()["trace"], trace);
    assert_eq!(answer.json()["client_context"], r#"{"custom":{}}"#);
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_runs_nothing() {
    let host = Host::with_function("fn").await;
    let dry_run = [("x-amz-invocation-type", "DryRun")];
    let answer = host.invoke_with("fn", &dry_run, r#""panic""#).await;
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty());
    assert!(!answer.headers.contains_key("x-amz-executed-version"));
    let answer = host.invoke_with("fn", &dry_run, "nonsense").await;
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "InvalidRequestContentException"
    );
}

#[tokio::test]
async fn a_missing_function_is_named_with_the_version_that_would_have_run() {
    let host = Host::start().await;
    for (name, named) in [
        ("nope", "nope:$LATEST"),
        ("nope:7", "nope:7"),
        ("nope:prod", "nope:prod"),
        ("no.pe", "no.pe:$LATEST"),
    ] {
        let body = json!({"Message": format!("Function not found: {ARN}:{named}"), "Type": "User"});
        let answer = host.invoke(name, "{}").await;
        answer.assert_error(404, "ResourceNotFoundException", &body);
    }
}

#[tokio::test]
async fn the_request_is_checked_before_the_function_is_looked_for() {
    let host = Host::start().await;
    let answer = host.invoke("nope!", "nonsense").await;
    assert_eq!(answer.header("x-amzn-errortype"), "ValidationException");
    let elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:nope";
    host.invoke(elsewhere, "nonsense").await.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({
            "Message": "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
            "Type": "User",
        }),
    );
    host.invoke("210987654321:function:nope", "{}")
        .await
        .assert_error(403, "AccessDeniedException", &json!({"Message": null}));
    let path = format!("{FUNCTIONS}/nope:1/invocations?Qualifier=2");
    host.call("POST", &path, "{}").await.assert_error(
        400,
        "InvalidParameterValueException",
        &json!({
            "Type": "User",
            "message": "The derived qualifier from the function name does not match the specified qualifier.",
        }),
    );
    let answer = host.invoke("nope", "nonsense").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn an_event_that_is_not_json_never_reaches_the_function() {
    let host = Host::with_function("fn").await;
    let answer = host.invoke("fn", "nonsense").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "InvalidRequestContentException"
    );
    let body = answer.json();
    assert_eq!(body["Type"], "User");
    let message = body["message"].as_str().expect("a text");
    assert!(message.starts_with(
        "Could not parse request body into json: Could not parse payload into json: \
         Unrecognized token 'nonsense'"
    ));
    let context = [("x-amz-client-context", "%%%")];
    host.invoke_with("fn", &context, "{}").await.assert_error(
        400,
        "InvalidRequestContentException",
        &json!({
            "Type": null,
            "message": "Client context must be a valid Base64-encoded JSON object.",
        }),
    );
}

#[tokio::test]
async fn an_event_of_six_megabytes_runs_and_one_byte_more_does_not() {
    let host = Host::with_function("fn").await;
    let event = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let answer = host.invoke("fn", event(SYNC_PAYLOAD_BYTES_MAX)).await;
    assert_eq!(answer.status, 200);
    let answer = host.invoke("fn", event(SYNC_PAYLOAD_BYTES_MAX + 1)).await;
    answer.assert_error(
        413,
        "RequestEntityTooLargeException",
        &json!({
            "Message": "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        }),
    );
    assert_eq!(answer.header("connection"), "close");
}

#[tokio::test]
async fn what_the_host_cannot_do_now_is_told_apart_from_what_it_broke() {
    let host = Host::with_function("fn").await;
    let answer = host.invoke("fn", r#""no capacity""#).await;
    answer.assert_error(
        429,
        "TooManyRequestsException",
        &json!({
            "Reason": "ConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }),
    );
    assert_eq!(answer.header("retry-after"), "1");
    host.invoke("fn", r#""panic""#).await.assert_error(
        500,
        "ServiceException",
        &json!({"Message": "Internal server error", "Type": "Service"}),
    );
}
