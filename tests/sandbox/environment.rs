//! What a guest sees of where it runs.

use serde_json::json;
use sparkler_tests::{TestHost, guests};

use super::{behave, behaviours};

#[test]
fn the_variables_of_lambda_are_set() {
    let seen = behave(&json!({ "do": "environment" })).json();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", behaviours().name()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_REGION", "us-east-1"),
        ("_HANDLER", "handler"),
    ] {
        assert_eq!(seen[name], value, "{name} in {seen}");
    }
}

#[test]
fn the_variables_of_the_owner_are_set() {
    let host = TestHost::shared();
    let function = host
        .function(guests::behaviours())
        .variable("COLOUR", "ultramarine")
        .deploy();
    assert_eq!(
        function.invoke(json!({ "do": "environment" })).json()["COLOUR"],
        "ultramarine"
    );
}

#[test]
fn every_invocation_is_a_fresh_sandbox() {
    let first = behave(&json!({ "do": "remember" }));
    let second = behave(&json!({ "do": "remember" }));
    assert_eq!(first.text(), second.text());
}

#[test]
fn random_numbers_differ_between_invocations() {
    let first = behave(&json!({ "do": "random", "bytes": 16 }));
    let second = behave(&json!({ "do": "random", "bytes": 16 }));
    assert_eq!(first.function_error(), None, "{}", first.text());
    assert_ne!(first.text(), second.text());
}
