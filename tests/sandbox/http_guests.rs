//! Servers for HTTP that are invoked as functions: with the event that describes a request, answered with
//! the object that describes a response.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sparkler::internals::{Parts as _, PrepareGuest as _};
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::{EventStream, Function, Reply, TestHost, guests};

/// The server that does what the path of its request says, shared by these tests.
fn server() -> &'static Function<'static> {
    static SERVER: OnceLock<Function<'static>> = OnceLock::new();
    SERVER.get_or_init(|| TestHost::shared().deploy(guests::http()))
}

/// The event of a GET request in payload format 2.0.
fn get(target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "server.example"},
        "requestContext": {"http": {"method": "GET", "path": path}},
        "isBase64Encoded": false,
    })
}

#[track_caller]
fn response(function: &Function<'_>, target: &str) -> Value {
    let reply = function.invoke(get(target));
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    reply.json()
}

#[track_caller]
fn assert_failed(reply: &Reply, error_type: &str, message: &str) {
    let error = reply.function_error();
    assert_eq!(error.as_deref(), Some(error_type), "{}", reply.text());
    let told = reply.member("errorMessage");
    assert!(told.contains(message), "{message:?} is not in {told:?}");
}

#[test]
fn an_event_of_a_gateway_reaches_a_server_as_the_request_that_it_describes() {
    let mut event = get("/show?a=%2F&a=2");
    event["cookies"] = json!(["c=1", "d=2"]);
    event["headers"]["X-One"] = "1,2".into();
    event["headers"]["x-forwarded-proto"] = "https".into();
    event["requestContext"]["http"]["method"] = "PURGE".into();
    let reply = server().invoke(event).json();
    assert_eq!(reply["statusCode"], 200);
    assert_eq!(
        reply["headers"],
        json!({"content-type": "application/json"})
    );
    let body = reply["body"].as_str().expect("a text");
    let seen: Value = serde_json::from_str(body).expect("JSON");
    let expected = json!({
        "method": "PURGE",
        "target": "/show?a=%2F&a=2",
        "authority": "server.example",
        "scheme": "https",
        "headers": [
            ["x-one", "1,2"],
            ["x-forwarded-proto", "https"],
            ["cookie", "c=1; d=2"],
        ],
    });
    assert_eq!(seen["method"], expected["method"]);
    for member in ["target", "authority", "scheme"] {
        assert_eq!(seen[member], expected[member]);
    }
    for header in expected["headers"].as_array().expect("headers") {
        let headers = seen["headers"].as_array().expect("headers");
        assert!(headers.contains(header), "{header} is not in {headers:?}");
    }
}

#[test]
fn bodies_of_bytes_go_in_and_out_in_base64() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut event = get("/body");
    event["body"] = STANDARD.encode(&bytes).into();
    event["isBase64Encoded"] = true.into();
    let reply = server().invoke(event).json();
    assert_eq!(reply["body"], STANDARD.encode(&bytes));
    assert_eq!(reply["isBase64Encoded"], true);
}

#[test]
fn a_response_has_its_headers_joined_and_its_cookies_apart() {
    let reply = response(server(), "/head?418");
    let expected = json!({
        "statusCode": 418,
        "headers": {"content-type": "text/plain", "x-many": "1, 2"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": "body",
        "isBase64Encoded": false,
    });
    assert_eq!(reply, expected);
    let page = response(server(), "/page");
    let expected = json!({
        "statusCode": 200, "headers": {}, "body": "<p>hello", "isBase64Encoded": false,
    });
    assert_eq!(page, expected);
}

#[test]
fn events_of_the_older_format_are_answered_in_it() {
    let event = |path: &str, context: Value| {
        json!({
            "httpMethod": "GET",
            "path": path,
            "queryStringParameters": {"q": "a b"},
            "multiValueHeaders": {"Host": ["server.example"]},
            "requestContext": context,
            "body": null,
        })
    };
    let reply = server().invoke(event("/page", json!({"elb": {}}))).json();
    assert_eq!(reply["body"], "<p>hello");
    let reply = server().invoke(event("/trailers", json!({}))).json();
    let headers = json!({"content-type": ["text/plain"]});
    assert_eq!(reply["multiValueHeaders"], headers);
    assert_eq!(reply["body"], "before trailers");
    let reply = server().invoke(event("/show", json!({}))).json();
    let shown: Value = serde_json::from_str(reply["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(shown["target"], "/show?q=a+b");
}

#[test]
fn an_event_that_describes_no_request_is_told_what_is_missing() {
    assert_failed(
        &server().invoke("{}"),
        "Http.InvalidRequest",
        "'requestContext.http.method' is missing",
    );
    for event in ["[1]", "\"text\"", "null", "7"] {
        assert_failed(
            &server().invoke(event),
            "Http.InvalidRequest",
            "payload format 2.0",
        );
    }
    let mut event = get("/show");
    event["headers"]["host"] = "no host".into();
    assert_failed(&server().invoke(&event), "Http.InvalidRequest", "'no host'");
    event["headers"] = json!({"x\ny": ""});
    assert_failed(
        &server().invoke(&event),
        "Http.InvalidRequest",
        "no name of a header",
    );
}

#[test]
fn what_it_prints_is_its_log_also_after_the_response() {
    let reply = server().invoke(get("/log"));
    assert_eq!(reply.log().lines(), ["to stdout", "to stderr"]);
    let reply = server().invoke(get("/after"));
    assert_eq!(reply.json()["body"], "answered");
    assert_eq!(reply.log().lines(), ["after the response"]);
}

#[test]
fn a_server_that_gives_no_whole_response_has_failed() {
    for (path, error_type, message) in [
        ("/nothing", "Http.NoResponse", "without setting a response"),
        ("/forget", "Http.NoResponse", "without setting a response"),
        ("/error", "Http.ErrorCode", "DnsTimeout"),
        ("/trap-before", "Runtime.ExitError", ""),
        ("/trap-after", "Runtime.ExitError", ""),
        ("/exit", "Runtime.ExitError", "without providing a reason"),
        ("/drop", "Http.BodyAborted", "broke off"),
        ("/short", "Http.BodyAborted", "less than its content-length"),
        ("/long", "Http.BodyAborted", "broke off"),
        ("/head?100", "Http.InvalidResponse", "status 100"),
        ("/head?999", "Http.InvalidResponse", "status 999"),
    ] {
        assert_failed(&server().invoke(get(path)), error_type, message);
    }
    // As the engine's own server has it, what is left open ends with the server.
    assert_eq!(response(server(), "/leak")["body"], "left open");
}

#[test]
fn it_is_held_to_its_time_its_memory_and_the_size_of_its_response() {
    let function = TestHost::shared()
        .function(guests::http())
        .timeout_seconds(1)
        .deploy();
    for path in ["/spin", "/spin-after"] {
        assert_failed(
            &function.invoke(get(path)),
            "Sandbox.Timedout",
            "1.00 seconds",
        );
    }
    let target = format!("/allocate?{}", 1_u32 << 29);
    assert_failed(&function.invoke(get(&target)), "Runtime.OutOfMemory", "");
    let too_large = "Function.ResponseSizeTooLarge";
    assert_failed(
        &server().invoke(get("/endless")),
        too_large,
        "6291556 bytes",
    );
    // In base64 it is too large for an answer.
    assert_failed(
        &server().invoke(get("/fill?5000")),
        too_large,
        "6291556 bytes",
    );
    let body = response(server(), "/fill?4000")["body"].clone();
    assert_eq!(body.as_str().map(str::len), Some(4000 * 1024 / 3 * 4 + 4));
}

#[test]
fn a_response_is_streamed_with_a_prelude() {
    let stream = |target: &str| {
        let request = streaming_invocation(server().name(), get(target).to_string());
        EventStream::open(TestHost::shared().address(), &request).finish()
    };
    let (bytes, complete) = stream("/page");
    let prelude = "{\"statusCode\":200,\"headers\":{\"content-type\":null}}\0\0\0\0\0\0\0\0";
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        format!("{prelude}<p>hello")
    );
    assert_eq!(complete, json!({}));
    let (bytes, complete) = stream("/trap-after");
    assert!(
        bytes.ends_with(b"\0begun"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    assert_eq!(complete["ErrorCode"], "Runtime.ExitError");
    let (bytes, complete) = stream("/nothing");
    assert_eq!(bytes, b"");
    let details = complete["ErrorDetails"].as_str().unwrap_or_default();
    assert!(details.contains("Http.NoResponse"), "{complete}");
}

#[test]
fn a_server_is_fresh_for_each_request_unless_its_owner_wants_it_otherwise() {
    for _ in 0..3 {
        assert_eq!(response(server(), "/count")["body"], "1");
    }
    let reused = TestHost::shared()
        .function(guests::http())
        .variable("SPARKLER_REUSE", "3")
        .deploy();
    for expected in ["1", "2", "3", "1", "2"] {
        assert_eq!(response(&reused, "/count")["body"], expected);
    }
    // A failure that it tells of leaves it as it is; one that breaks it does not.
    assert_failed(&reused.invoke(get("/nothing")), "Http.NoResponse", "");
    assert_eq!(response(&reused, "/count")["body"], "1");
    assert_failed(&reused.invoke(get("/trap-after")), "Runtime.ExitError", "");
    assert_eq!(response(&reused, "/count")["body"], "1");
}

#[test]
fn a_server_may_be_prepared_ahead() {
    let host = TestHost::shared();
    let function = host.deploy(guests::http());
    let version = host.settled(function.name());
    let guests = Arc::clone(host.host().guests());
    host.block_on(guests.prepare(&version, 1))
        .expect("prepared");
    assert_eq!(guests.waiting(&version), 1);
    let variable = "/variable?AWS_LAMBDA_INITIALIZATION_TYPE";
    assert_eq!(response(&function, variable)["body"], "on-demand");
    host.block_on(guests.prepare(&version, 0)).expect("let go");
}
