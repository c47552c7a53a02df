//! What grows around a function, as it is typed: versions, aliases, events, limits, permissions, a URL.

use serde_json::{Value, json};
use sparkler_tests::Server;
use sparkler_tests::python::Python;

use super::{create, invoke, lambda, logs};
use crate::behaviours_zip;

const NAME: &str = "cli-attached";

/// Times that the log is looked into for what an event wrote; each takes as long as the AWS CLI takes.
const LOOKS_MAX: usize = 100;

/// Runs `aws lambda OPERATION --function-name NAME …`.
#[track_caller]
fn call(server: &Server, operation: &str, arguments: &[&str]) -> Value {
    let named = [operation, "--function-name", NAME];
    lambda(server, &[&named[..], arguments].concat())
}

/// What the AWS CLI says of a call that is refused.
#[track_caller]
fn refused(server: &Server, operation: &str, arguments: &[&str]) -> String {
    let mut command = Python::environment().aws(server.address);
    // Refusals that are worth another try get none.
    command.env("AWS_MAX_ATTEMPTS", "1");
    let named = ["lambda", operation, "--function-name", NAME];
    let output = command.args(named).args(arguments).output();
    let output = output.expect("run the AWS CLI");
    assert!(!output.status.success(), "{operation} was not refused");
    String::from_utf8(output.stderr).expect("a message in UTF-8")
}

/// The version that answers a call to `name`.
#[track_caller]
fn executed(server: &Server, name: &str) -> Value {
    let (said, answer) = invoke(server, name, r#"{"do":"echo","event":{"n":1}}"#);
    assert_eq!(answer["n"], 1, "{said} {answer}");
    said["ExecutedVersion"].clone()
}

#[test]
fn the_life_of_versions_and_of_what_is_attached() {
    let server = Server::shared();
    create(&server, NAME, &behaviours_zip());
    lambda(
        &server,
        &["wait", "function-active-v2", "--function-name", NAME],
    );
    versions_and_aliases(&server);
    events(&server);
    limits(&server);
    tags_and_permissions(&server);
    the_url(&server);
    call(&server, "delete-function", &[]);
    let gone = refused(&server, "get-alias", &["--name", "live"]);
    assert!(gone.contains("(ResourceNotFoundException)"), "{gone}");
}

#[track_caller]
fn versions_and_aliases(server: &Server) {
    assert_eq!(call(server, "publish-version", &[])["Version"], "1");
    let change = ["--description", "the second", "--timeout", "2"];
    call(server, "update-function-configuration", &change);
    lambda(
        server,
        &["wait", "function-updated-v2", "--function-name", NAME],
    );
    assert_eq!(call(server, "publish-version", &[])["Version"], "2");

    let live = ["--name", "live", "--function-version", "1"];
    let made = call(server, "create-alias", &live);
    let arn = made["AliasArn"].as_str().unwrap_or_default();
    assert!(arn.ends_with(":cli-attached:live"), "{made}");
    for (name, version) in [("", "$LATEST"), (":1", "1"), (":2", "2"), (":live", "1")] {
        assert_eq!(executed(server, &format!("{NAME}{name}")), version);
    }
    let weights = "AdditionalVersionWeights={2=1.0}";
    let moved = ["--name", "live", "--routing-config", weights];
    call(server, "update-alias", &moved);
    assert_eq!(executed(server, &format!("{NAME}:live")), "2");
    let kept = refused(server, "delete-function", &["--qualifier", "1"]);
    assert!(kept.contains("(ResourceConflictException)"), "{kept}");
}

#[track_caller]
fn events(server: &Server) {
    let bounds = [
        "--maximum-retry-attempts",
        "0",
        "--maximum-event-age-in-seconds",
        "60",
    ];
    let config = call(server, "put-function-event-invoke-config", &bounds);
    assert_eq!(config["MaximumRetryAttempts"], 0, "{config}");
    let event = [
        "--invocation-type",
        "Event",
        "--payload",
        r#"{"do":"print","lines":7}"#,
        "/dev/null",
    ];
    assert_eq!(
        call(server, "invoke", &event),
        json!({ "StatusCode": 202 }),
        "an event is accepted without an answer"
    );
    let look = ["filter-log-events", "--filter-pattern", "\"line 7\""];
    let ran = (0..LOOKS_MAX).any(|_| {
        let found = logs(server, NAME, &look);
        found["events"].as_array().is_some_and(|e| e.len() == 1)
    });
    assert!(ran, "the event did not run");
}

#[track_caller]
fn limits(server: &Server) {
    let none = ["--reserved-concurrent-executions", "0"];
    let put = call(server, "put-function-concurrency", &none);
    assert_eq!(put["ReservedConcurrentExecutions"], 0, "{put}");
    let throttled = refused(server, "invoke", &["/dev/null"]);
    for word in ["(TooManyRequestsException)", "Rate Exceeded"] {
        assert!(throttled.contains(word), "{throttled}");
    }
    call(server, "delete-function-concurrency", &[]);
    assert_eq!(executed(server, NAME), "$LATEST");
}

#[track_caller]
fn tags_and_permissions(server: &Server) {
    let function = call(server, "get-function-configuration", &[]);
    let arn = function["FunctionArn"].as_str().expect("an ARN");
    lambda(
        server,
        &["tag-resource", "--resource", arn, "--tags", "team=blue"],
    );
    let tags = lambda(server, &["list-tags", "--resource", arn]);
    assert_eq!(tags["Tags"], json!({ "team": "blue" }));

    let permission = [
        "--statement-id",
        "bucket",
        "--action",
        "lambda:InvokeFunction",
        "--principal",
        "s3.amazonaws.com",
    ];
    call(server, "add-permission", &permission);
    let policy = call(server, "get-policy", &[]);
    let policy = policy["Policy"].as_str().expect("a policy");
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    assert_eq!(policy["Statement"][0]["Sid"], "bucket", "{policy}");
    call(server, "remove-permission", &["--statement-id", "bucket"]);
}

#[track_caller]
fn the_url(server: &Server) {
    let everybody = ["--qualifier", "live", "--auth-type", "NONE"];
    let made = call(server, "create-function-url-config", &everybody);
    let url = made["FunctionUrl"].as_str().unwrap_or_default();
    assert!(url.starts_with("http://"), "{made}");
    let listed = call(server, "list-function-url-configs", &[]);
    let urls = listed["FunctionUrlConfigs"].as_array().expect("a list");
    let urls: Vec<_> = urls.iter().map(|config| &config["FunctionUrl"]).collect();
    assert_eq!(urls, [url]);
    call(
        server,
        "delete-function-url-config",
        &["--qualifier", "live"],
    );
}
