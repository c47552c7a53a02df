//! InvokeWithResponseStream: answers that begin before their function has ended.

use std::net::TcpStream;
use std::sync::OnceLock;

use rustix::process::Signal;
use serde_json::{Value, json};
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::log::Log;
use sparkler_tests::{Connection, EventStream, Function, Reply, Server, TestHost, guests};

use super::{assert_refused, behaviours, echo};

/// The function that streams what its event says.
fn streaming() -> &'static Function<'static> {
    static STREAMING: OnceLock<Function<'static>> = OnceLock::new();
    STREAMING.get_or_init(|| TestHost::shared().deploy(guests::streaming()))
}

#[track_caller]
fn stream(function: &Function<'_>, event: &Value) -> EventStream {
    let request = streaming_invocation(function.name(), event.to_string());
    EventStream::open(TestHost::shared().address(), &request)
}

/// What a function streamed, and the last event.
#[track_caller]
fn streamed(function: &Function<'_>, event: &Value) -> (String, Value) {
    let (payload, complete) = stream(function, event).finish();
    (String::from_utf8(payload).expect("text"), complete)
}

/// An answer that is no stream.
#[track_caller]
fn refused(function: &str, event: impl Into<Vec<u8>>, header: Option<(&str, &str)>) -> Reply {
    let mut request = streaming_invocation(function, event);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.send(TestHost::shared().address())
}

#[test]
fn an_answer_is_an_event_stream_in_chunks() {
    let mut stream = stream(streaming(), &json!([{ "do": "id" }]));
    let head = stream.head.clone();
    let content_type = Some("application/vnd.amazon.eventstream");
    assert_eq!(head.header("content-type"), content_type);
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("x-amz-executed-version"), Some("$LATEST"));
    assert!(
        head.header("x-amzn-trace-id")
            .is_some_and(|trace| trace.starts_with("root=1-"))
    );
    let event = stream.next_event().expect("what the function wrote");
    assert_eq!(event.kind, "PayloadChunk");
    assert_eq!(event.content_type, "application/octet-stream");
    let id = head.header("x-amzn-requestid").expect("a request id");
    assert_eq!(event.payload, id.as_bytes());
    assert_eq!(stream.finish(), (Vec::new(), json!({})));
}

#[test]
fn what_is_written_arrives_as_it_was_written() {
    let event = json!([
        { "do": "write", "text": "\u{1f386} one, " },
        { "do": "fill", "bytes": 1, "pieces": 3 },
        { "do": "fill", "bytes": 0, "pieces": 3 },
        { "do": "write", "text": "\0 and two" },
    ]);
    let expected = "\u{1f386} one, xxx\0 and two";
    assert_eq!(streamed(streaming(), &event), (expected.into(), json!({})));
    assert_eq!(
        streamed(streaming(), &json!([])),
        (String::new(), json!({}))
    );
}

/// Far more than the buffers between a function and its caller hold: the function waits for this test to
/// read, and cannot have ended before.
#[test]
fn the_first_byte_arrives_before_the_function_has_ended() {
    const PIECES: usize = 1024;
    const PIECE_BYTES: usize = 64 * 1024;
    let event = json!([
        { "do": "write", "text": "first" },
        { "do": "fill", "bytes": PIECE_BYTES, "pieces": PIECES },
        { "do": "write", "text": "last" },
    ]);
    let mut stream = stream(streaming(), &event);
    let first = stream.next_event().expect("what the function wrote first");
    assert!(first.payload.starts_with(b"first"));
    assert!(first.payload.len() <= 64 * 1024, "{}", first.payload.len());
    let (rest, complete) = stream.finish();
    assert!(rest.ends_with(b"xlast"));
    let expected = "first".len() + PIECES * PIECE_BYTES + "last".len();
    assert_eq!(first.payload.len() + rest.len(), expected);
    assert_eq!(complete, json!({}));
}

#[test]
fn the_log_comes_with_the_last_event_where_it_is_asked_for() {
    let event = json!([{ "do": "log", "text": "counting" }, { "do": "write", "text": "one" }]);
    let request = streaming_invocation(streaming().name(), event.to_string())
        .header("X-Amz-Log-Type", "Tail");
    let mut stream = EventStream::open(TestHost::shared().address(), &request);
    let id = stream.head.header("x-amzn-requestid").map(str::to_owned);
    let (_, complete) = stream.finish();
    let log = Log::decode(complete["LogResult"].as_str().expect("a log"));
    let start = format!(
        "START RequestId: {} Version: $LATEST\ncounting\n",
        id.expect("an id")
    );
    assert!(log.text().starts_with(&start), "{}", log.text());
    assert!(log.figure("Duration") > 0.0);
    assert_eq!(complete.as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_function_that_does_not_stream_gives_its_answer_in_one_chunk() {
    let answer = "x".repeat(1_000_000);
    let mut stream = stream(echo(), &json!(answer));
    let event = stream.next_event().expect("the answer");
    assert_eq!(event.json(), json!(answer));
    assert_eq!(stream.finish(), (Vec::new(), json!({})));
}

#[test]
fn a_failure_after_the_first_byte_is_told_by_the_last_event() {
    let steps = |last: Value| json!([{ "do": "write", "text": "begun" }, last]);
    let cases = [
        (
            json!({ "do": "fail", "type": "OutOfTea" }),
            "Unhandled",
            "OutOfTea",
        ),
        (json!({ "do": "panic" }), "Unhandled", "Runtime.Panic"),
    ];
    for (last, code, error_type) in cases {
        let (payload, complete) = streamed(streaming(), &steps(last));
        assert_eq!(payload, "begun");
        assert_failed(&complete, code, error_type);
    }
    let brief = TestHost::shared()
        .function(guests::streaming())
        .timeout_seconds(1)
        .deploy();
    let (payload, complete) = streamed(&brief, &steps(json!({ "do": "spin" })));
    assert_eq!(payload, "begun");
    assert_failed(&complete, "Sandbox.Timedout", "Sandbox.Timedout");
    let details = complete["ErrorDetails"].to_string();
    assert!(
        details.contains("Task timed out after 1.00 seconds"),
        "{details}"
    );
}

#[test]
fn a_failure_before_the_first_byte_is_told_by_the_only_event() {
    let event = json!({ "do": "fail", "type": "OutOfTea", "message": "No tea." });
    let (payload, complete) = streamed(behaviours(), &event);
    assert_eq!(payload, "");
    assert_failed(&complete, "Unhandled", "OutOfTea");
    let (payload, complete) = streamed(streaming(), &json!("no steps"));
    assert_eq!(payload, "");
    assert_failed(&complete, "Unhandled", "Runtime.UnmarshalError");
    let (_, complete) = streamed(behaviours(), &json!({ "do": "trap" }));
    assert_failed(&complete, "Runtime.ExitError", "Runtime.ExitError");
}

#[track_caller]
fn assert_failed(complete: &Value, code: &str, error_type: &str) {
    assert_eq!(complete["ErrorCode"], code, "{complete}");
    let details = complete["ErrorDetails"].as_str().expect("text");
    let details: Value = serde_json::from_str(details).expect("the error object");
    assert_eq!(details["errorType"], error_type, "{complete}");
    assert_eq!(complete.get("LogResult"), None);
}

#[test]
fn what_is_refused_is_an_ordinary_error() {
    let missing = refused("missing", "{}", None);
    assert_refused(
        &missing,
        404,
        "ResourceNotFoundException",
        "function:missing:$LATEST",
    );
    let name = streaming().name();
    let text = "Could not parse request body into json: ";
    assert_refused(
        &refused(name, "{", None),
        400,
        "InvalidRequestContentException",
        text,
    );
    let large = refused(name, vec![b' '; 6 * 1024 * 1024 + 1], None);
    let text = "for the InvokeWithResponseStream operation";
    assert_refused(&large, 413, "RequestEntityTooLargeException", text);
    let event = ("X-Amz-Invocation-Type", "Event");
    let text = "Member must satisfy enum value set: [RequestResponse, DryRun]";
    assert_refused(
        &refused(name, "[]", Some(event)),
        400,
        "ValidationException",
        text,
    );
    let get = sparkler_tests::Request::new(
        "GET",
        format!("/2021-11-15/functions/{name}/response-streaming-invocations"),
    );
    let get = get.send(TestHost::shared().address());
    assert_eq!(get.refusal(), (404, "UnknownOperationException"));
}

#[test]
fn a_dry_run_checks_everything_and_runs_nothing() {
    let dry = ("X-Amz-Invocation-Type", "DryRun");
    let reply = refused(streaming().name(), "[{\"do\":\"spin\"}]", Some(dry));
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(refused(streaming().name(), "{", Some(dry)).status, 400);
}

#[test]
fn a_connection_serves_one_stream_after_the_other() {
    let mut connection = Connection::open(TestHost::shared().address());
    let event = json!([{ "do": "write", "text": "again" }]).to_string();
    let request = streaming_invocation(streaming().name(), event);
    for _ in 0..3 {
        let mut stream = EventStream::over(connection, &request);
        assert_eq!(stream.finish(), (b"again".to_vec(), json!({})));
        connection = stream.into_connection();
    }
}

#[test]
fn a_server_that_is_asked_to_leave_lets_a_stream_come_to_its_end() {
    let mut server = Server::ephemeral();
    server.deploy("leaving", guests::streaming(), &[]);
    let event = json!([
        { "do": "fill", "bytes": 64 * 1024, "pieces": 512 },
        { "do": "write", "text": "last" },
    ]);
    let request = streaming_invocation("leaving", event.to_string());
    let mut stream = EventStream::open(server.address, &request);
    assert!(stream.next_event().is_some());
    server.signal(Signal::TERM);
    while TcpStream::connect(server.address).is_ok() {
        std::thread::yield_now();
    }
    let (rest, complete) = stream.finish();
    assert!(rest.ends_with(b"xlast"));
    assert_eq!(complete, json!({}));
    assert!(server.wait().success());
}

#[test]
fn whoever_invokes_a_streaming_function_without_streaming_gets_the_whole() {
    let event = json!([
        { "do": "write", "text": "\"one" },
        { "do": "write", "text": " and two\"" },
    ]);
    let reply = streaming().invoke(&event);
    assert_eq!((reply.status, reply.text()), (200, "\"one and two\""));
    assert_eq!(reply.function_error(), None);
    let failed = json!([{ "do": "write", "text": "one" }, { "do": "fail", "type": "OutOfTea" }]);
    let reply = streaming().invoke(&failed);
    assert_eq!(reply.function_error().as_deref(), Some("OutOfTea"));
}

#[test]
fn a_response_that_nobody_streams_may_be_as_large_as_any_answer() {
    let most = 6 * 1024 * 1024 + 100;
    let whole = json!([{ "do": "fill", "bytes": most, "pieces": 1 }]);
    let reply = streaming().invoke(&whole);
    assert_eq!((reply.function_error(), reply.body.len()), (None, most));
    let larger = json!([{ "do": "fill", "bytes": most + 1, "pieces": 1 }]);
    let reply = streaming().invoke(&larger);
    let error_type = reply.function_error();
    assert_eq!(error_type.as_deref(), Some("Function.ResponseSizeTooLarge"));
}

#[test]
fn a_response_for_http_begins_with_its_head() {
    let event = json!([{ "do": "head", "status": 201 }, { "do": "write", "text": "made" }]);
    let head = r#"{"statusCode":201,"headers":{"content-type":"text/plain"}}"#;
    let expected = format!("{head}{}made", "\0".repeat(8));
    assert_eq!(streamed(streaming(), &event).0, expected);
}

#[test]
fn the_example_counts_down() {
    let function = TestHost::shared().deploy(guests::countdown());
    let counted = streamed(&function, &json!({ "from": 2, "pause_ms": 1 }));
    assert_eq!(counted, ("2\n1\n0\n".into(), json!({})));
}
