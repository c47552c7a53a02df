//! Asynchronous invocation: the answer, the checks before it, and the calls about events.

use serde_json::{Value, json};
use sparkler::{EventsConfig, RetryDelays};
use sparkler_tests::lambda::event;
use sparkler_tests::{Function, Reply, Request, TestHost, guests};

use super::{assert_refused, behaviours, echo};

const ID: &str = "6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1";

#[track_caller]
fn send(request: &Request) -> Reply {
    request.send(TestHost::shared().address())
}

fn invoke_async(function: &str, end: &str, body: impl Into<Vec<u8>>) -> Request {
    let target = format!("/2014-11-13/functions/{function}/invoke-async{end}");
    Request::new("POST", target).body(body)
}

#[test]
fn an_accepted_event_is_answered_with_202_and_nothing_else() {
    // Neither the client context nor the log type means anything here.
    let reply = send(
        &event(echo().name(), "[1]")
            .header("X-Amzn-RequestId", ID)
            .header("X-Amz-Client-Context", "this is no base64")
            .header("X-Amz-Log-Type", "Tail"),
    );
    assert_eq!((reply.status, reply.text()), (202, ""));
    assert_eq!(reply.header("content-length"), Some("0"));
    assert_eq!(reply.header("x-amzn-remapped-content-length"), Some("0"));
    assert_eq!(reply.header("x-amzn-requestid"), Some(ID));
    let trace = reply.header("x-amzn-trace-id").unwrap_or_default();
    assert!(trace.starts_with("root=1-"), "{trace}");
    for absent in [
        "content-type",
        "x-amz-executed-version",
        "x-amz-log-result",
        "x-amz-function-error",
    ] {
        assert_eq!(reply.header(absent), None, "{absent}");
    }
}

#[test]
fn an_event_is_checked_before_it_is_accepted() {
    let reply = send(&event("nobody-has-this", "1"));
    assert_refused(&reply, 404, "ResourceNotFoundException", "nobody-has-this");
    let reply = send(&event(echo().name(), "{"));
    let text = "Could not parse request body into json: ";
    assert_refused(&reply, 400, "InvalidRequestContentException", text);
    let reply = send(&event(echo().name(), "1").header("Origin", "http://example.com"));
    assert_refused(&reply, 403, "AccessDeniedException", "web pages");
    assert_eq!(send(&event(echo().name(), "")).status, 202);
}

#[test]
fn an_event_has_at_most_a_megabyte() {
    let of_size = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert_eq!(send(&event(echo().name(), of_size(1_048_576))).status, 202);
    let reply = send(&event(echo().name(), of_size(1_048_577)));
    assert_refused(
        &reply,
        413,
        "RequestEntityTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    );
}

#[test]
fn the_older_form_accepts_smaller_events() {
    for end in ["", "/"] {
        let reply = send(&invoke_async(echo().name(), end, "[1]"));
        assert_eq!((reply.status, reply.text()), (202, ""), "{end}");
    }
    let reply = send(&invoke_async(echo().name(), "/", vec![b' '; 262_145]));
    assert_refused(
        &reply,
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 262144 bytes for the InvokeAsync operation",
    );
    let reply = send(&invoke_async(echo().name(), "", "{"));
    assert_eq!(reply.refusal().0, 400);
    let reply = send(&invoke_async("nobody-has-this", "", "1"));
    assert_eq!(reply.refusal(), (404, "ResourceNotFoundException"));
    let reply = send(&Request::new(
        "GET",
        format!("/2014-11-13/functions/{}/invoke-async/", echo().name()),
    ));
    assert_eq!(reply.refusal(), (404, "UnknownOperationException"));
}

/// The page of a function's events, as soon as `is_wanted`.
#[track_caller]
fn page_of(function: &Function<'_>, host: &TestHost, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let target = format!("/sparkler/events?function={}", function.name());
    loop {
        let page = Request::new("GET", &target).send(host.address()).json();
        if is_wanted(&page) {
            return page;
        }
        std::thread::yield_now();
    }
}

fn failing_at_once() -> TestHost {
    TestHost::with_events(EventsConfig {
        retry_delays: RetryDelays([std::time::Duration::ZERO; 2]),
        ..EventsConfig::default()
    })
}

#[test]
fn dead_events_are_listed_run_again_and_removed() {
    let host = failing_at_once();
    let function = host.deploy(guests::behaviours());
    let failing = json!({ "do": "fail", "type": "Sad", "message": "no luck" }).to_string();
    let accepted = event(function.name(), failing).send(host.address());
    assert_eq!(accepted.status, 202);
    let dead = page_of(&function, &host, |page| page["counts"]["dead"] == 1);
    let shown = &dead["events"][0];
    assert_eq!(shown["state"], "dead");
    assert_eq!(shown["condition"], "RetriesExhausted");
    assert_eq!(shown["invokeCount"], 3);
    assert_eq!(
        shown["requestId"].as_str(),
        accepted.header("x-amzn-requestid")
    );
    let reason = shown["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("no luck"), "{reason}");

    let call = |method: &str, target: &str| Request::new(method, target).send(host.address());
    let unselected = call("POST", "/sparkler/events/redrive");
    assert_refused(
        &unselected,
        400,
        "InvalidParameterValueException",
        "all=true",
    );
    let target = format!("/sparkler/events/redrive?function={}", function.name());
    let expected = json!({ "events": 1, "hasMore": false });
    assert_eq!(call("POST", &target).json(), expected);
    let again = page_of(&function, &host, |page| page["counts"]["dead"] == 1);
    assert_eq!(again["events"][0]["id"], shown["id"]);
    assert_eq!(call("DELETE", "/sparkler/events?all=true").json(), expected);
    let none = page_of(&function, &host, |_| true);
    assert_eq!(none["events"], json!([]));
    for member in ["running", "waiting", "retrying", "delivering", "dead"] {
        assert_eq!(none["counts"][member], 0, "{member}");
    }
}

#[test]
fn web_pages_do_not_reach_the_events() {
    for (method, target) in [
        ("GET", "/sparkler/events"),
        ("DELETE", "/sparkler/events?all=true"),
        ("POST", "/sparkler/events/redrive?all=true"),
    ] {
        let request = Request::new(method, target).header("Origin", "http://example.com");
        assert_eq!(send(&request).refusal(), (403, "AccessDeniedException"));
    }
    let reply = send(&Request::new("GET", "/sparkler/events?state=asleep"));
    assert_refused(&reply, 400, "InvalidParameterValueException", "state");
}

#[test]
fn events_leave_room_for_callers_who_wait() {
    let sleep = json!({ "do": "sleep", "ms": 300 }).to_string();
    for _ in 0..200 {
        assert_eq!(send(&event(behaviours().name(), sleep.clone())).status, 202);
    }
    assert_eq!(echo().invoke("[1]").text(), "[1]");
}
