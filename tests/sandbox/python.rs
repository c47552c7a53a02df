//! Functions in Python: the handler of AWS Lambda, with its context, its errors, its log and its limits.

use std::sync::OnceLock;

use serde_json::{Value, json};
use sparkler_tests::lambda::invocation;
use sparkler_tests::{Function, Reply, TestHost, kits};

/// One host for all: nothing here depends on what another test leaves.
#[track_caller]
fn deployed(wasm: Vec<u8>) -> Function<'static> {
    TestHost::shared().deploy(wasm)
}

#[track_caller]
fn behave(event: &Value) -> Reply {
    static BEHAVIOURS: OnceLock<Function<'static>> = OnceLock::new();
    BEHAVIOURS
        .get_or_init(|| deployed(kits::python_behaviours()))
        .invoke(event)
}

#[test]
fn the_example_greets_and_refuses_with_an_exception() {
    let hello = deployed(kits::example("python/hello"));
    let reply = hello.invoke(json!({ "name": "Ada" }));
    assert_eq!(reply.text(), r#"{"message": "Hello, Ada!"}"#);
    let text = reply.log().text();
    assert!(text.contains("\ngreeting 'Ada', 2"), "{text}");
    let reply = hello.invoke(json!({ "name": "" }));
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(reply.member("errorType"), "EmptyName");
}

#[test]
fn the_echo_answers_what_it_got_up_to_six_megabytes_in_the_smallest_memory() {
    let echo = deployed(kits::example("python/echo"));
    let nested = format!("{}{}", "[".repeat(900), "]".repeat(900));
    assert_eq!(echo.invoke(&nested).text(), nested);
    for event in [
        r#"{"b": [1.0, 2000.0, null, true], "a": "gr\u00fc\u00dfe, 你好, 😀"}"#,
        "null",
        "\"\"",
    ] {
        let reply = echo.invoke(event);
        let sent: Value = serde_json::from_str(event).expect("JSON");
        assert_eq!((reply.status, reply.json()), (200, sent), "{event}");
    }
    for piece in ["a", "é€😀"] {
        let large = format!("\"{}\"", piece.repeat((6 * 1024 * 1024 - 2) / piece.len()));
        let reply = echo.invoke(&large);
        assert_eq!(reply.function_error(), None, "{}", reply.log().text());
        assert!(reply.text() == large, "it is the same");
        assert!(
            reply.log().figure("Max Memory Used") < 100.0,
            "{}",
            reply.log().report()
        );
    }
}

#[test]
fn an_exception_is_told_with_the_frames_of_the_users_code_innermost_last() {
    let failing = deployed(kits::example("python/failing"));
    let reply = failing.invoke(json!({ "how": "error", "item": "pear" }));
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(
        reply.json(),
        json!({
            "errorType": "SoldOut",
            "errorMessage": "No pear is left.",
            "stackTrace": [
                "  File \"/var/task/handler.py\", line 19, in handler\n    return sell(event.get(\"item\", \"apple\"))\n",
                "  File \"/var/task/handler.py\", line 13, in sell\n    raise SoldOut(f\"No {item} is left.\")\n",
            ],
        })
    );
    let lines = reply.log().lines();
    assert_eq!(lines[0], "[ERROR] SoldOut: No pear is left.", "{lines:?}");
    assert_eq!(lines[1], "Traceback (most recent call last):", "{lines:?}");
    assert!(
        lines[5].ends_with("raise SoldOut(f\"No {item} is left.\")"),
        "{lines:?}"
    );

    let reply = failing.invoke(json!({ "how": "answer" }));
    assert_eq!(reply.member("errorType"), "Runtime.MarshalError");
    let message = reply.member("errorMessage");
    assert_eq!(
        message,
        "Unable to marshal response: Object of type set is not JSON serializable"
    );

    let reply = failing.invoke(json!({ "how": "exit", "code": 0 }));
    assert_eq!(reply.member("errorType"), "Runtime.ExitError");
    assert!(
        reply
            .member("errorMessage")
            .ends_with("exited without providing a reason")
    );

    let reply = failing.invoke(json!({ "how": "recursion" }));
    assert_eq!(reply.member("errorType"), "RecursionError");
}

#[test]
fn what_is_printed_and_logged_stands_in_the_log_as_lambda_writes_it() {
    let logging = deployed(kits::example("python/logging"));
    let reply = logging.invoke(json!({ "a": 1 }));
    assert_eq!(reply.json(), json!({ "written": 5 }));
    let log = reply.log();
    let lines = log.lines();
    assert_eq!(lines[0], "printed, in UTF-8: grüße, 你好", "{}", log.text());
    assert_eq!(lines[1], "an error stream's line");
    let fields: Vec<&str> = lines[2].split('\t').collect();
    assert_eq!(
        (fields[0], fields[3]),
        ("[INFO]", "an event with 1 members")
    );
    assert!(
        fields[1].len() == 24 && fields[1].ends_with('Z'),
        "{fields:?}"
    );
    assert!(
        log.text()
            .contains(&format!("START RequestId: {} ", fields[2])),
        "{fields:?}"
    );
    assert!(lines[3].starts_with("[WARNING]\t") && lines[4].starts_with("[ERROR]\t"));
    assert_eq!(
        lines[6],
        "  File \"/var/task/handler.py\", line 17, in handler"
    );
    assert_eq!(
        lines.last().map(String::as_str),
        Some("KeyError: 'missing'")
    );
}

#[test]
fn the_context_is_that_of_lambda() {
    let context = behave(&json!({ "do": "context" })).json();
    assert_eq!(context["function_version"], "$LATEST");
    assert_eq!(context["memory_limit_in_mb"], "128");
    let name = context["function_name"].as_str().expect("a name");
    assert_eq!(context["log_group_name"], format!("/aws/lambda/{name}"));
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    assert_eq!(context["invoked_function_arn"], arn);
    let left = context["remaining_ms"].as_u64().expect("milliseconds");
    assert!((20_000..=30_000).contains(&left), "{left}");
    for absent in ["tenant_id", "identity", "custom", "app_title"] {
        assert_eq!(context[absent], Value::Null, "{absent}");
    }

    use base64::Engine as _;
    let client = json!({ "custom": { "k": "é" }, "client": { "app_title": "tea" } }).to_string();
    let client = base64::engine::general_purpose::STANDARD.encode(client);
    let request = invocation(name, r#"{"do": "context"}"#).header("X-Amz-Client-Context", client);
    let reply = request.send(TestHost::shared().address());
    let context = reply.json();
    assert_eq!(
        (&context["custom"]["k"], &context["app_title"]),
        (&json!("é"), &json!("tea"))
    );
    assert_eq!(
        Some(context["aws_request_id"].as_str().expect("an id")),
        reply.header("x-amzn-requestid")
    );
}

#[test]
fn a_module_is_imported_at_build_time_and_its_init_runs_once_in_each_sandbox() {
    let reply = behave(&json!({ "do": "build_time" })).json();
    assert_eq!(reply["words"], "read at build time");
    assert_eq!(reply["starts"].as_array().map(Vec::len), Some(1), "{reply}");
    assert_eq!(
        reply["variables"].get("AWS_LAMBDA_FUNCTION_NAME"),
        None,
        "{reply}"
    );
}

#[test]
fn modules_can_be_imported_while_a_handler_runs() {
    let reply = behave(&json!({ "do": "imports" }));
    let expected =
        json!({ "hsv": [0.0, 0.0, 1], "year": 2026, "codec": "e9", "package": "xn--gre-6ka8l" });
    assert_eq!(reply.json(), expected, "{}", reply.text());
    let reply = behave(&json!({ "do": "late_failure" })).json();
    let frame = "  File \"/var/task/behaviours/late.py\", line 5, in fail\n    \
        raise LookupError(\"late, and still with its line\")\n";
    assert_eq!(
        reply["stackTrace"]
            .as_array()
            .and_then(|frames| frames.last()),
        Some(&json!(frame))
    );
    let reply = behave(&json!({ "do": "missing_import" })).json();
    assert_eq!(reply["errorType"], "ModuleNotFoundError");
    assert_eq!(
        reply["errorMessage"],
        "No module named 'nothing_of_this_name'"
    );
}

#[test]
fn timers_of_asyncio_run() {
    let reply = behave(&json!({ "do": "sleeps" }));
    assert_eq!(
        reply.json(),
        json!(["one", "two"]),
        "{}",
        reply.log().text()
    );
}

#[test]
fn sandboxes_of_one_function_draw_different_numbers() {
    let draw = || behave(&json!({ "do": "random" })).json();
    assert_ne!(draw(), draw());
}

#[test]
fn what_was_printed_before_an_exit_or_the_deadline_is_in_the_log() {
    let reply = behave(&json!({ "do": "exit", "code": 3 }));
    assert_eq!(reply.member("errorType"), "Runtime.ExitError");
    assert_eq!(reply.log().lines(), ["leaving"]);
    let behaviours = TestHost::shared()
        .function(kits::python_behaviours())
        .timeout_seconds(1)
        .deploy();
    let reply = behaviours.invoke(json!({ "do": "print_and_sleep" }));
    assert_eq!(reply.member("errorType"), "Sandbox.Timedout");
    assert!(
        reply.log().text().contains("before the deadline"),
        "{}",
        reply.log().text()
    );
}

#[test]
fn an_answer_has_decimal_numbers_named_tuples_and_bytes_as_lambda_writes_them() {
    let reply = behave(&json!({ "do": "values" }));
    assert_eq!(
        reply.text(),
        r#"{"price": 12.50, "places": [{"x": 1, "y": {"x": 2, "y": 3}}], "text": "grüße"}"#
    );
    assert_eq!(
        behave(&json!({ "do": "bytes" })).text(),
        r#"{"as": "it is"}"#
    );
}

#[test]
fn an_exception_of_a_module_of_the_library_that_was_imported_late_is_told() {
    let reply = behave(&json!({ "do": "library_failure" }));
    assert_eq!(reply.member("errorType"), "TypeError");
    assert_eq!(reply.member("errorMessage"), "'int' object is not iterable");
}

#[test]
fn threads_and_pools_run_in_turn_and_what_needs_two_at_once_is_told_so() {
    let reply = behave(&json!({ "do": "threads" }));
    let expected = json!([[0, 1, 2], [0, 1, 4, 9], "ValueError", "MainThread"]);
    assert_eq!(reply.json(), expected, "{}", reply.log().text());
    for (what, kind, sentence) in [
        (
            "deadlock",
            "RuntimeError",
            "deadlock: a sandbox has one thread",
        ),
        ("timer", "RuntimeError", "a timer cannot run beside it"),
        ("processes", "OSError", "a sandbox has one process"),
    ] {
        let reply = behave(&json!({ "do": what }));
        assert_eq!(reply.member("errorType"), kind, "{}", reply.text());
        let message = reply.member("errorMessage");
        assert!(message.contains(sentence), "{what}: {message}");
    }
}

#[test]
fn a_database_of_sqlite_the_worlds_time_zones_and_the_usual_folder_are_there() {
    let reply = behave(&json!({ "do": "sqlite" }));
    assert_eq!(reply.json(), json!([[7]]), "{}", reply.text());
    let reply = behave(&json!({ "do": "places" }));
    let expected = json!(["/var/task", "/var/task", "2026-07-01T12:00:00+02:00"]);
    assert_eq!(reply.json(), expected, "{}", reply.text());
}

#[test]
fn lines_in_json_have_what_was_given_with_them_and_levels_judge_them_by_pythons_names() {
    let host = TestHost::shared();
    let function = host.function(kits::python_behaviours()).deploy();
    let change = json!({ "LoggingConfig": { "LogFormat": "JSON", "ApplicationLogLevel": "WARN" } });
    let changed = host.lambda().update_settings(function.name(), &change);
    assert_eq!(changed.status, 200, "{}", changed.text());
    host.settled(function.name());
    let text = function.invoke(json!({ "do": "log" })).log().text();
    let lines: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["logger"] == "orders")
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["orderId"]),
        (&json!("WARNING"), &json!(7))
    );
    assert_eq!(lines[1]["message"], json!({ "an": "object" }));
    assert_eq!(lines[2]["errorType"], "KeyError");
    let location = lines[2]["location"].as_str().expect("a place");
    assert!(
        location.starts_with("/var/task/behaviours/main.py:do_log:"),
        "{location}"
    );
    let failed = function
        .invoke(json!({ "do": "library_failure" }))
        .log()
        .text();
    assert!(
        failed.contains(r#""level": "ERROR", "errorMessage""#),
        "{failed}"
    );
}
