//! Calls that are refused, and how: status, name and text are what clients match on.

use sparkler_tests::lambda::ARN_PREFIX;
use sparkler_tests::{Request, TestHost};

use super::{assert_refused, echo};

#[test]
fn a_function_that_is_missing_is_named_with_what_was_asked_for() {
    let lambda = TestHost::shared().lambda();
    let not_found = "ResourceNotFoundException";
    let latest = format!("Function not found: {ARN_PREFIX}nope:$LATEST");
    assert_refused(&lambda.invoke("nope", "{}"), 404, not_found, &latest);
    let alias = format!("Function not found: {ARN_PREFIX}nope:blue");
    assert_refused(&lambda.invoke("nope:blue", "{}"), 404, not_found, &alias);
    let plain = format!("Function not found: {ARN_PREFIX}nope");
    for reply in [lambda.get("nope"), lambda.delete("nope")] {
        assert_refused(&reply, 404, not_found, &plain);
        assert!(!reply.text().contains("LATEST"), "{}", reply.text());
        assert_eq!(reply.member("Type"), "User");
    }
}

#[test]
fn a_version_that_is_missing_is_not_found() {
    let reply = TestHost::shared()
        .lambda()
        .invoke(&format!("{}:7", echo().name()), "{}");
    let arn = format!("Function not found: {ARN_PREFIX}{}:7", echo().name());
    assert_refused(&reply, 404, "ResourceNotFoundException", &arn);
}

#[test]
fn a_name_that_breaks_the_pattern_is_refused_with_the_pattern() {
    let reply = TestHost::shared().lambda().invoke("no%20blanks", "{}");
    assert_refused(
        &reply,
        400,
        "ValidationException",
        "1 validation error detected: Value 'no blanks' at 'functionName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: ",
    );
}

#[test]
fn two_qualifiers_that_differ_are_refused() {
    let target = format!(
        "/2015-03-31/functions/{}:1/invocations?Qualifier=2",
        echo().name()
    );
    assert_refused(
        &Request::new("POST", target).send(TestHost::shared().address()),
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    );
}

#[test]
fn an_arn_of_another_region_is_not_reachable() {
    let arn = format!(
        "arn:aws:lambda:eu-west-1:123456789012:function:{}",
        echo().name()
    );
    assert_refused(
        &TestHost::shared().lambda().invoke(&arn, "{}"),
        404,
        "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    );
}

#[test]
fn an_arn_of_another_account_is_denied() {
    let arn = format!(
        "arn:aws:lambda:us-east-1:999999999999:function:{}",
        echo().name()
    );
    let reply = TestHost::shared().lambda().invoke(&arn, "{}");
    assert_eq!(reply.refusal(), (403, "AccessDeniedException"));
}

#[test]
fn a_body_that_is_not_json_creates_nothing() {
    let host = TestHost::shared();
    for body in [
        "",
        "{",
        "[]",
        "{\"FunctionName\":1}",
        "{\"FunctionName\":\"half-made\"}",
    ] {
        let reply = Request::new("POST", "/2015-03-31/functions")
            .body(body)
            .send(host.address());
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        assert!(reply.header("x-amzn-errortype").is_some(), "{body}");
    }
    assert_eq!(host.lambda().get("half-made").status, 404);
}
