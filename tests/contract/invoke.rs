//! Invoke: what goes in, what comes out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sparkler_tests::lambda::{ARN_PREFIX, invocation};
use sparkler_tests::{Reply, TestHost};

use super::{assert_refused, behaviours, echo};

#[track_caller]
fn invoke_with(header: &str, value: &str, payload: &str) -> Reply {
    invocation(behaviours().name(), payload)
        .header(header, value)
        .send(TestHost::shared().address())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text
        .bytes()
        .all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    groups == [8, 4, 4, 4, 12] && digits
}

#[test]
fn an_answer_carries_the_headers_that_aws_sends() {
    let reply = echo().invoke("[1]");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("content-length"), Some("3"));
    assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
    assert_eq!(reply.header("x-amzn-remapped-content-length"), Some("0"));
    assert_eq!(reply.header("x-amz-function-error"), None);
    assert!(is_uuid(
        reply.header("x-amzn-requestid").expect("a request id")
    ));
    assert!(
        reply
            .header("x-amzn-trace-id")
            .expect("a trace")
            .starts_with("root=1-")
    );
    assert!(reply.header("date").is_some());
}

#[test]
fn the_log_is_sent_only_where_it_is_asked_for() {
    let target = format!("/2015-03-31/functions/{}/invocations", echo().name());
    let reply = sparkler_tests::Request::new("POST", target).send(TestHost::shared().address());
    assert_eq!(
        (reply.status, reply.header("x-amz-log-result")),
        (200, None)
    );
}

#[test]
fn an_empty_event_is_an_empty_object() {
    assert_eq!(echo().invoke("").text(), "{}");
}

#[test]
fn any_json_value_is_an_event_and_passes_unchanged() {
    for event in [
        "null",
        "true",
        "0.10",
        "\"\u{1f386}\"",
        "[ 1,\n 2 ]",
        "{\"b\":1, \"a\":1e2}",
    ] {
        let reply = echo().invoke(event);
        assert_eq!(reply.status, 200, "{event}");
        assert_eq!(
            reply.json(),
            serde_json::from_str::<serde_json::Value>(event).expect(event)
        );
    }
}

#[test]
fn what_is_not_json_is_refused_before_the_function_runs() {
    for event in ["{", "{'a':1}", "[1] [2]", "nul", "\u{7f}"] {
        assert_refused(
            &echo().invoke(event),
            400,
            "InvalidRequestContentException",
            "Could not parse request body into json: ",
        );
    }
    let not_utf8 = TestHost::shared()
        .lambda()
        .invoke(echo().name(), vec![b'"', 0x87, b'"']);
    assert_refused(
        &not_utf8,
        400,
        "InvalidRequestContentException",
        "Could not parse request body into json: ",
    );
}

#[test]
fn the_function_sees_the_request_id_of_the_answer() {
    let reply = behaviours().invoke(json!({ "do": "context" }));
    let id = reply
        .header("x-amzn-requestid")
        .expect("a request id")
        .to_owned();
    assert!(reply.text().contains(&id), "{id} in {}", reply.text());
    let log = reply.log().text();
    assert!(
        log.starts_with(&format!("START RequestId: {id} Version: $LATEST\n")),
        "{log}"
    );
    assert!(
        log.contains(&format!("\nEND RequestId: {id}\nREPORT RequestId: {id}\t")),
        "{log}"
    );
}

#[test]
fn a_caller_may_choose_the_request_id() {
    let id = "11112222-3333-4444-8555-666677778888";
    let reply = invoke_with("x-amzn-RequestId", id, "{\"do\":\"context\"}");
    assert_eq!(reply.header("x-amzn-requestid"), Some(id));
    assert!(reply.text().contains(id), "{}", reply.text());
    let reply = invoke_with("x-amzn-RequestId", "mine", "{\"do\":\"context\"}");
    assert_eq!(reply.refusal(), (400, "InvalidRequestContentException"));
}

#[test]
fn the_function_sees_the_arn_as_it_was_asked_for() {
    let name = behaviours().name();
    let lambda = TestHost::shared().lambda();
    let event = "{\"do\":\"context\"}";
    let arn = format!("\"{ARN_PREFIX}{name}\"");
    let qualified = format!("\"{ARN_PREFIX}{name}:$LATEST\"");
    let reply = lambda.invoke(name, event);
    assert!(reply.text().contains(&arn), "{arn} in {}", reply.text());
    let reply = lambda.invoke(&format!("{name}:$LATEST"), event);
    assert!(
        reply.text().contains(&qualified),
        "{qualified} in {}",
        reply.text()
    );
}

#[test]
fn the_client_context_reaches_the_function_decoded() {
    let context = STANDARD.encode("{\"custom\":{\"colour\":\"ultramarine\"}}");
    let reply = invoke_with("X-Amz-Client-Context", &context, "{\"do\":\"context\"}");
    assert!(reply.text().contains("ultramarine"), "{}", reply.text());
}

#[test]
fn a_client_context_that_is_none_is_refused() {
    let too_long = STANDARD.encode(format!("{{\"custom\":{{\"a\":\"{}\"}}}}", "a".repeat(3000)));
    for context in [
        "%%%",
        &STANDARD.encode("[1]"),
        &STANDARD.encode("{"),
        &too_long,
    ] {
        let reply = invoke_with("X-Amz-Client-Context", context, "{\"do\":\"remember\"}");
        assert_refused(
            &reply,
            400,
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        );
    }
}

#[test]
fn the_trace_reaches_the_function() {
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let reply = invoke_with("X-Amzn-Trace-Id", trace, "{\"do\":\"context\"}");
    assert!(
        reply.text().contains("1-5759e988-bd862e3fe1be46a994272793"),
        "{}",
        reply.text()
    );
}

#[test]
fn a_dry_run_checks_everything_and_runs_nothing() {
    let reply = invoke_with("X-Amz-Invocation-Type", "DryRun", "{\"do\":\"spin\"}");
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(reply.header("x-amz-executed-version"), None);
    assert_eq!(reply.header("x-amz-log-result"), None);
    assert_eq!(
        invoke_with("X-Amz-Invocation-Type", "DryRun", "{").status,
        400
    );
}

#[test]
fn a_failure_of_the_function_is_an_answer_with_an_error_header() {
    let reply =
        behaviours().invoke(json!({ "do": "fail", "type": "OutOfTea", "message": "No tea." }));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
    assert_eq!(reply.member("errorType"), "OutOfTea");
    assert_eq!(reply.member("errorMessage"), "No tea.");
}
