//! Servers for HTTP that do harm, or meet a client who does.

use serde_json::{Value, json};
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::{EventStream, Function, Server, TestHost, guests, wat};

use super::{assert_failed, assert_serving};

fn get(target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    json!({
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {"http": {"method": "GET"}},
    })
}

#[track_caller]
fn body(function: &Function<'_>, event: &Value) -> String {
    let reply = function.invoke(event);
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    reply.member("body")
}

#[test]
fn headers_that_no_response_may_have_are_refused_to_the_server() {
    let function = TestHost::shared().deploy(guests::http());
    let set = |name: &str, value: &str| {
        let mut event = get("/header");
        event["headers"] = json!({"x-name": name, "x-value": value});
        body(&function, &event)
    };
    assert_eq!(set("x-fine", "value"), "Ok(())");
    for name in [
        "connection",
        "transfer-encoding",
        "upgrade",
        "host",
        "keep-alive",
    ] {
        assert!(set(name, "x").contains("Forbidden"), "{name}");
    }
    for (name, value) in [
        ("a b", ""),
        ("", ""),
        ("x:", ""),
        ("content-length", "many"),
    ] {
        assert!(set(name, value).contains("Err"), "{name}");
    }
    assert_serving(TestHost::shared());
}

#[test]
fn a_server_cannot_grow_its_headers_without_bound() {
    let function = TestHost::shared().deploy(guests::http());
    let reply = function.invoke(get("/many-headers"));
    assert_failed(&reply, "Runtime.ExitError");
    let told = reply.member("errorMessage");
    assert!(told.contains("size of fields exceeds limit"), "{told}");
    assert_serving(TestHost::shared());
}

#[test]
fn headers_of_an_event_are_bounded_before_a_server_sees_them() {
    let function = TestHost::shared().deploy(guests::http());
    let mut event = get("/show");
    let many = (0..100_000).map(|n| (format!("x-{n}"), Value::from("v")));
    event["headers"] = Value::Object(many.collect());
    assert_failed(&function.invoke(&event), "Http.InvalidRequest");
    event["headers"] = json!({});
    event["rawPath"] = format!("/{}", "x".repeat(1024 * 1024)).into();
    assert_failed(&function.invoke(&event), "Http.InvalidRequest");
    event["rawPath"] = "/show\r\nx: y".into();
    let shown = body(&function, &event);
    assert_eq!(shown, "no such path");
    assert_serving(TestHost::shared());
}

/// The function has ten minutes, and its caller leaves at once.
#[test]
fn a_client_that_leaves_ends_the_server() {
    let server = Server::start(["--ephemeral", "--concurrency", "1"]);
    server.deploy("endless", guests::http(), &["--timeout", "600"]);
    server.deploy("other", &wat::guest("answer_of_size.wat"), &[]);
    let request = streaming_invocation("endless", get("/endless").to_string());
    let mut stream = EventStream::open(server.address, &request);
    assert!(stream.next_event().is_some());
    assert_eq!(server.lambda().invoke("other", "3").status, 429);
    drop(stream);
    while server.lambda().invoke("other", "3").status == 429 {
        // It has not ended yet.
    }
    let log = server.run(["logs", "endless"]).stdout;
    assert!(
        log.contains("the caller left before the response had ended"),
        "{log}"
    );
}

#[test]
fn a_stream_without_end_costs_no_memory_and_ends_at_the_deadline() {
    let server = Server::start(["--ephemeral"]);
    server.deploy("endless", guests::http(), &["--timeout", "2"]);
    let stream = |target: &str| {
        let request = streaming_invocation("endless", get(target).to_string());
        EventStream::open(server.address, &request)
    };
    let (_, complete) = stream("/page").finish();
    assert_eq!(complete, json!({}));
    let before = server.memory_bytes();
    let mut endless = stream("/endless");
    let complete = loop {
        let event = endless
            .next_event()
            .expect("an event that says how it ended");
        if event.kind != "PayloadChunk" {
            break event.json();
        }
    };
    let code = complete["ErrorCode"].as_str();
    let ended_by = ["Sandbox.Timedout", "Function.ResponseSizeTooLarge"];
    assert!(
        code.is_some_and(|code| ended_by.contains(&code)),
        "{complete}"
    );
    let grown = server.memory_bytes().saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "the server grew by {grown} bytes");
}
