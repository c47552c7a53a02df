//! The packages for conformance checks are functions, each with its own behaviour.

use serde_json::json;
use sparkler_tests::conformance::{self, BEHAVIOURS};
use sparkler_tests::{Function, TestHost, guests};

fn package(name: &str) -> Vec<u8> {
    let behaviour = BEHAVIOURS.iter().find(|behaviour| behaviour.name == name);
    let behaviour = behaviour.unwrap_or_else(|| panic!("no behaviour is called {name}"));
    conformance::package(guests::conformance(), behaviour).expect("a package")
}

#[track_caller]
fn deployed(name: &str) -> Function<'static> {
    TestHost::shared().deploy(package(name))
}

#[track_caller]
fn assert_fails(name: &str, error_type: &str, message: &str) {
    let reply = deployed(name).invoke("{}");
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(reply.member("errorType"), error_type, "{}", reply.text());
    assert!(reply.text().contains(message), "{}", reply.text());
}

#[test]
fn every_behaviour_has_a_package_of_its_own() {
    let guest = guests::conformance();
    for behaviour in BEHAVIOURS {
        let package = package(behaviour.name);
        assert_eq!(package.len() > guest.len(), behaviour.warm);
        let again = conformance::package(&package, behaviour);
        assert!(again.is_err(), "{} was given twice", behaviour.name);
    }
}

#[test]
fn answers_are_those_of_the_behaviour() {
    let echo = deployed("echo").invoke("{ \"a\":1.0 }");
    assert_eq!(echo.text(), "{ \"a\":1.0 }");
    assert!(echo.log().text().contains("\n{ \"a\":1.0 }\n"));
    let version = deployed("version2").invoke("{}");
    assert_eq!(version.member("version_id"), "version2");
    assert_eq!(version.member("version_from_ctx"), "$LATEST");
}

#[test]
fn a_behaviour_that_wants_a_warm_environment_is_a_function_too() {
    let reply = deployed("timeout-env").invoke(json!({ "read-number": true }));
    assert_eq!(reply.text(), "{\"number\":0}");
}

#[test]
fn a_failure_says_what_it_was_told_to_at_the_start_and_in_a_call() {
    assert_fails("fail", "Exception", "Handler fails");
    assert_fails("init-fail", "Exception", "Runtime startup fails");
}

#[test]
fn a_crash_at_the_start_comes_before_any_call() {
    let reply = deployed("init-crash").invoke("{}");
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    let log = reply.log().text();
    assert!(log.contains("at _initialize"), "{log}");
    assert!(!log.contains("#handle"), "{log}");
}

#[test]
fn an_exit_needs_no_reason_at_the_start_and_in_a_call() {
    let message = "Runtime exited without providing a reason";
    assert_fails("exit", "Runtime.ExitError", message);
    assert_fails("init-exit", "Runtime.ExitError", message);
}
