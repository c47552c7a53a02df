//! Streamed responses: whatever a function writes and however its caller reads, neither holds the host up.

use serde_json::{Value, json};
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::{Connection, EventStream, Request, Server, TestHost, guests, wat};

use super::assert_serving;

/// Two hundred megabytes.
const STREAM_BYTES_MAX: u64 = 200 * 1024 * 1024;

fn endless(piece_bytes: usize) -> Request {
    let event = json!([{ "do": "fill", "bytes": piece_bytes }]);
    streaming_invocation("endless", event.to_string())
}

/// A server that runs one invocation at a time, with a function that never ends by itself.
#[track_caller]
fn server(timeout_seconds: &str) -> Server {
    let server = Server::start(["--ephemeral", "--concurrency", "1"]);
    server.deploy(
        "endless",
        guests::streaming(),
        &["--timeout", timeout_seconds],
    );
    server.deploy("other", &wat::guest("answer_of_size.wat"), &[]);
    server
}

/// Waits until the one place of the server is free; gives how often it was not.
#[track_caller]
fn wait_for_room(server: &Server) -> u32 {
    let mut refusals = 0;
    loop {
        let reply = server.lambda().invoke("other", "3");
        match reply.status {
            429 => refusals += 1,
            status => {
                assert_eq!((status, reply.text()), (200, "111"));
                return refusals;
            }
        }
    }
}

/// Reads a stream to its end, keeping nothing: how many bytes it had, and its last event.
#[track_caller]
fn drained(stream: &mut EventStream) -> (u64, Value) {
    let mut bytes = 0;
    loop {
        let event = stream
            .next_event()
            .expect("an event that says how it ended");
        match event.kind.as_str() {
            "PayloadChunk" => bytes += event.payload.len() as u64,
            _ => return (bytes, event.json()),
        }
    }
}

#[test]
fn a_response_may_have_two_hundred_megabytes_and_not_a_byte_more() {
    let host = TestHost::shared();
    let function = host
        .function(guests::streaming())
        .timeout_seconds(120)
        .deploy();
    let megabytes = json!({ "do": "fill", "bytes": 1024 * 1024, "pieces": 200 });
    let stream = |steps: Value| {
        let request = streaming_invocation(function.name(), steps.to_string());
        drained(&mut EventStream::open(host.address(), &request))
    };
    assert_eq!(stream(json!([megabytes])), (STREAM_BYTES_MAX, json!({})));
    let byte = json!({ "do": "write", "text": "x" });
    let (bytes, complete) = stream(json!([megabytes, byte]));
    assert_eq!(bytes, STREAM_BYTES_MAX);
    assert_eq!(complete["ErrorCode"], "Function.ResponseSizeTooLarge");
    let details = complete["ErrorDetails"].to_string();
    assert!(details.contains("(209715200 bytes)"), "{details}");
}

#[test]
fn a_flood_of_single_bytes_costs_no_memory_and_ends_at_the_deadline() {
    let server = server("2");
    let mut quiet = EventStream::open(server.address, &streaming_invocation("endless", "[]"));
    assert_eq!(drained(&mut quiet), (0, json!({})));
    let before = server.memory_bytes();
    let mut stream = EventStream::open(server.address, &endless(1));
    let (bytes, complete) = drained(&mut stream);
    assert!(bytes > 1000, "only {bytes} bytes");
    assert_eq!(complete["ErrorCode"], "Sandbox.Timedout");
    let grown = server.memory_bytes().saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "the server grew by {grown} bytes");
}

/// The function has ten minutes, and its caller leaves at once.
#[test]
fn a_caller_that_leaves_ends_the_function() {
    let server = server("600");
    let mut stream = EventStream::open(server.address, &endless(1000));
    assert!(stream.next_event().is_some());
    assert_eq!(server.lambda().invoke("other", "3").status, 429);
    drop(stream);
    wait_for_room(&server);
    let log = server.run(["logs", "endless"]).stdout;
    assert!(
        log.contains("the caller left before the response had ended"),
        "{log}"
    );
    assert!(log.contains("REPORT RequestId: "), "{log}");
}

/// The function waits for its caller, which reads nothing at all: its place is free after its deadline, and
/// what it wrote until then is little.
#[test]
fn a_caller_that_never_reads_keeps_nobody_beyond_the_deadline() {
    let server = server("2");
    let mut connection = Connection::open(server.address);
    connection.begin(&endless(64 * 1024));
    while server.lambda().invoke("other", "3").status != 429 {
        // It has not begun yet.
    }
    assert!(wait_for_room(&server) > 0);
    let head = connection.read_head();
    assert_eq!(head.status, 200);
    let mut body = Vec::new();
    loop {
        let chunk = connection.read_chunk().expect("the answer goes on");
        if chunk.is_empty() {
            break;
        }
        body.extend(chunk);
    }
    assert!(body.len() < 64 * 1024 * 1024, "{} bytes", body.len());
    let end = String::from_utf8_lossy(&body[body.len() - 400..]);
    assert!(end.contains(r#"{"ErrorCode":"Sandbox.Timedout""#), "{end}");
}

#[test]
fn a_function_that_does_not_stream_has_no_response_to_write_to() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("write_unasked.wat"));
    assert_eq!(function.invoke("{}").text(), "1");
    let request = streaming_invocation(function.name(), "{}");
    let mut stream = EventStream::open(host.address(), &request);
    assert_eq!(stream.finish(), (b"1".to_vec(), json!({})));
}

#[test]
fn a_write_is_no_larger_than_a_host_call_may_be_and_within_the_guests_memory() {
    let host = TestHost::shared();
    let function = host
        .function(wat::guest("stream_of_size.wat"))
        .memory_mb(256)
        .deploy();
    for (bytes, written) in [("100000", 100_000), ("9000000", 0), ("4000000000", 0)] {
        let request = streaming_invocation(function.name(), bytes);
        let mut stream = EventStream::open(host.address(), &request);
        let (streamed, complete) = drained(&mut stream);
        assert_eq!(streamed, written, "{complete}");
        let code = complete["ErrorCode"].as_str();
        assert_eq!(
            code,
            (written == 0).then_some("Runtime.ExitError"),
            "{complete}"
        );
    }
    assert_serving(host);
}
