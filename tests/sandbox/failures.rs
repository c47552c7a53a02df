//! How a function can fail, and what its caller is told.

use serde_json::json;
use sparkler_tests::Reply;

use super::behave;

#[track_caller]
fn assert_error(reply: &Reply, error_type: &str, message: &str) {
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(reply.member("errorType"), error_type, "{}", reply.text());
    let told = reply.member("errorMessage");
    assert!(told.contains(message), "{message:?} is not in {told:?}");
}

#[test]
fn an_error_that_the_handler_returns_is_passed_on() {
    let event = json!({ "do": "fail", "type": "OutOfTea", "message": "There is no tea." });
    assert_error(&behave(&event), "OutOfTea", "There is no tea.");
}

#[test]
fn a_panic_is_an_error_with_its_message_and_its_place() {
    let reply = behave(&json!({ "do": "panic", "message": "the kettle is dry" }));
    assert!(reply.function_error().is_some());
    assert!(
        reply.member("errorMessage").contains("the kettle is dry"),
        "{}",
        reply.text()
    );
    assert!(
        reply.text().contains(".rs:"),
        "the place is in {}",
        reply.text()
    );
}

#[test]
fn an_exit_is_told_with_its_status() {
    let reply = behave(&json!({ "do": "exit", "code": 3 }));
    assert_error(&reply, "Runtime.ExitError", "");
    let id = reply.header("x-amzn-requestid").expect("a request id");
    let expected = format!("RequestId: {id} Error: Runtime exited");
    assert!(
        reply.member("errorMessage").starts_with(&expected),
        "{}",
        reply.text()
    );
}

#[test]
fn a_trap_is_told_with_its_cause() {
    assert_error(
        &behave(&json!({ "do": "trap" })),
        "Runtime.ExitError",
        "unreachable",
    );
}

#[test]
fn the_next_invocation_knows_nothing_of_a_failure() {
    for event in [json!({ "do": "trap" }), json!({ "do": "exit", "code": 1 })] {
        assert!(behave(&event).function_error().is_some());
        assert_eq!(
            behave(&json!({ "do": "echo", "event": 1 })).function_error(),
            None
        );
    }
}
