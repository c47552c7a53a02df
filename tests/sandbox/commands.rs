//! Programs that know nothing of functions: their event comes on stdin, their answer goes to stdout, and
//! how they end is their exit status.

use std::sync::OnceLock;

use serde_json::{Value, json};
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::programs::{c_preview1, go_preview1, rust_preview1};
use sparkler_tests::{EventStream, Function, Reply, TestHost, guests};

/// The program that does what its stdin says, shared by these tests.
fn command() -> &'static Function<'static> {
    static COMMAND: OnceLock<Function<'static>> = OnceLock::new();
    COMMAND.get_or_init(|| TestHost::shared().deploy(guests::command()))
}

#[track_caller]
fn run(event: &Value) -> Reply {
    command().invoke(event)
}

#[track_caller]
fn assert_exited(reply: &Reply, status: u8) {
    let error = reply.function_error();
    assert_eq!(
        error.as_deref(),
        Some("Runtime.ExitError"),
        "{}",
        reply.text()
    );
    let told = reply.member("errorMessage");
    let expected = format!("Runtime exited with error: exit status {status}");
    assert!(told.ends_with(&expected), "{told}");
}

#[test]
fn the_event_is_its_stdin_and_stdout_its_answer_byte_by_byte() {
    for event in [r#"{"a": [1, 2.50]}"#, "{}", "\"grüße\"", " 7 "] {
        let reply = command().invoke(event);
        assert_eq!((reply.status, reply.text()), (200, event));
        assert_eq!(reply.function_error(), None);
    }
    let large = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2));
    assert_eq!(command().invoke(&large).text(), large);
    // What is no JSON is passed on too, as what a runtime of one's own posts is.
    assert_eq!(
        run(&json!({"do": "text", "text": "no JSON\n"})).body,
        b"no JSON\n"
    );
    assert_eq!(run(&json!({"do": "bytes"})).body, [0xff, 0xfe, 0]);
}

#[test]
fn a_command_that_writes_nothing_answers_null() {
    let reply = run(&json!({"do": "nothing"}));
    assert_eq!((reply.text(), reply.function_error()), ("null", None));
}

#[test]
fn its_stderr_is_its_log_and_its_stdout_is_not() {
    let reply = run(&json!({"do": "log"}));
    assert_eq!(reply.text(), "\"to the caller\"");
    assert_eq!(reply.log().lines(), ["to the log"]);
}

#[test]
fn it_is_called_as_its_function_is_and_has_its_variables() {
    let function = TestHost::shared()
        .function(guests::command())
        .variable("TEA", "green")
        .deploy();
    let arguments = function.invoke(json!({"do": "arguments"})).json();
    assert_eq!(arguments, json!([function.name()]));
    let variable = |name: &str| {
        function
            .invoke(json!({"do": "variable", "name": name}))
            .json()
    };
    assert_eq!(variable("TEA"), "green");
    assert_eq!(variable("AWS_LAMBDA_FUNCTION_NAME"), function.name());
}

#[test]
fn a_command_that_exits_with_zero_has_answered() {
    let reply = run(&json!({"do": "exit", "number": 0}));
    assert_eq!(reply.function_error(), None);
    assert_eq!(reply.text(), "\"before the exit\"");
}

#[test]
fn a_command_that_exits_with_another_status_has_failed() {
    assert_exited(&run(&json!({"do": "exit", "number": 1})), 1);
    let reply = run(&json!({"do": "fail"}));
    assert_exited(&reply, 1);
    assert_eq!(reply.log().lines()[0], "it went wrong");
    let reply = run(&json!({"do": "panic"}));
    assert_eq!(reply.function_error().as_deref(), Some("Runtime.ExitError"));
    assert!(reply.log().text().contains("as it was told"));
}

#[test]
fn it_is_held_to_its_time_its_memory_and_the_size_of_its_answer() {
    let function = TestHost::shared()
        .function(guests::command())
        .timeout_seconds(1)
        .deploy();
    let reply = function.invoke(json!({"do": "spin"}));
    assert_eq!(reply.function_error().as_deref(), Some("Sandbox.Timedout"));
    let reply = function.invoke(json!({"do": "allocate", "number": 1_u64 << 29}));
    assert_eq!(
        reply.function_error().as_deref(),
        Some("Runtime.OutOfMemory")
    );
    let reply = run(&json!({"do": "endless"}));
    let error = reply.function_error();
    assert_eq!(error.as_deref(), Some("Function.ResponseSizeTooLarge"));
}

#[test]
fn what_it_writes_is_streamed_as_it_is_written() {
    let host = TestHost::shared();
    let stream = |event: Value| {
        let request = streaming_invocation(command().name(), event.to_string());
        EventStream::open(host.address(), &request)
    };
    // It never ends, so what is read was sent while it ran.
    let mut endless = stream(json!({"do": "endless"}));
    let first = endless.next_event().expect("the first bytes");
    assert_eq!(first.kind, "PayloadChunk");
    assert!(first.payload.len() <= 64 * 1024, "{}", first.payload.len());
    drop(endless);
    let (bytes, complete) = stream(json!({"do": "fill", "number": 500})).finish();
    assert_eq!((bytes.len(), complete), (500 * 1024, json!({})));
    assert_eq!(
        stream(json!({"do": "nothing"})).finish(),
        (Vec::new(), json!({}))
    );
    let (bytes, complete) = stream(json!({"do": "exit", "number": 1})).finish();
    assert_eq!(bytes, b"\"before the exit\"");
    assert_eq!(complete["ErrorCode"], "Runtime.ExitError");
}

/// There is no running it twice.
#[test]
fn a_command_is_never_reused() {
    let function = TestHost::shared()
        .function(guests::command())
        .variable("SPARKLER_REUSE", "10")
        .deploy();
    for event in ["1", "2", "3"] {
        assert_eq!(function.invoke(event).text(), event);
    }
}

#[test]
fn a_rust_program_for_preview_1_runs_as_the_same_program_for_preview_2_does() {
    let function = TestHost::shared().deploy(rust_preview1());
    assert_eq!(function.invoke(r#"{"a":1}"#).text(), r#"{"a":1}"#);
    let arguments = function.invoke(json!({"do": "arguments"})).json();
    assert_eq!(arguments, json!([function.name()]));
    let reply = function.invoke(json!({"do": "log"}));
    assert_eq!(reply.text(), "\"to the caller\"");
    assert_eq!(reply.log().lines(), ["to the log"]);
    assert_exited(&function.invoke(json!({"do": "fail"})), 1);
    let reply = function.invoke(json!({"do": "exit", "number": 0}));
    assert_eq!(reply.text(), "\"before the exit\"");
}

#[test]
fn a_c_program_for_preview_1_runs_and_may_poll_its_stdin() {
    let function = TestHost::shared().deploy(c_preview1());
    let reply = function.invoke("\"hello\"");
    assert_eq!((reply.text(), reply.function_error()), ("\"HELLO\"", None));
    let expected = format!("{} read 7 bytes", function.name());
    assert_eq!(reply.log().lines(), [expected]);
    assert_exited(&function.invoke("\"fail\""), 1);
    let large = format!("\"{}\"", "X".repeat(5 * 1024 * 1024));
    assert_eq!(function.invoke(&large).text(), large);
}

#[test]
fn a_go_program_for_preview_1_runs() {
    let function = TestHost::shared()
        .function(go_preview1())
        .memory_mb(512)
        .deploy();
    let reply = function.invoke("\"hello\"");
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    assert_eq!(reply.text(), "\"HELLO\"");
    let expected = format!("{} read 7 bytes", function.name());
    assert_eq!(reply.log().lines(), [expected]);
    assert_exited(&function.invoke("\"fail\""), 1);
    let reply = function.invoke("\"panic\"");
    assert_eq!(reply.function_error().as_deref(), Some("Runtime.ExitError"));
    let log = reply.log().text();
    assert!(log.contains("panic: as it was told"), "{log}");
    assert!(log.contains("main.main()"), "{log}");
    // Its heap grows over where the adapter of preview 1 would keep its state.
    let large = format!("\"{}\"", "X".repeat(5 * 1024 * 1024));
    assert!(function.invoke(&large).text() == large);
}
