//! The AWS CLI, as it is typed.

mod attached;

use std::path::Path;

use serde_json::Value;
use sparkler_tests::Server;
use sparkler_tests::python::{Python, succeed};

use crate::{behaviours_zip, echo_zip};

/// Runs `aws lambda …`.
#[track_caller]
fn lambda(server: &Server, arguments: &[&str]) -> Value {
    let mut command = Python::environment().aws(server.address);
    let said = succeed(command.arg("lambda").args(arguments));
    match said.trim() {
        "" => Value::Null,
        said => serde_json::from_str(said).unwrap_or_else(|error| panic!("{error} in {said}")),
    }
}

#[track_caller]
fn create(server: &Server, name: &str, zip: &Path) -> Value {
    let code = format!("fileb://{}", zip.display());
    lambda(
        server,
        &[
            "create-function",
            "--function-name",
            name,
            "--runtime",
            "provided.al2023",
            "--handler",
            "handler",
            "--role",
            "arn:aws:iam::123456789012:role/tests",
            "--timeout",
            "1",
            "--zip-file",
            &code,
        ],
    )
}

/// What `aws lambda invoke` says, and what it wrote to its file.
#[track_caller]
fn invoke(server: &Server, name: &str, payload: &str) -> (Value, Value) {
    let answer = tempfile::NamedTempFile::new().expect("make a temporary file");
    let path = answer.path().to_str().expect("a path of UTF-8");
    let said = lambda(
        server,
        &[
            "invoke",
            "--function-name",
            name,
            "--payload",
            payload,
            "--log-type",
            "Tail",
            path,
        ],
    );
    let answer = std::fs::read(path).expect("the answer");
    (said, serde_json::from_slice(&answer).expect("JSON"))
}

#[test]
fn the_life_of_a_function() {
    let server = Server::shared();
    let name = "cli-life";
    let named = ["--function-name", name];
    let made = create(&server, name, &behaviours_zip());
    assert_eq!(made["FunctionName"], name);
    lambda(
        &server,
        &[&["wait", "function-active-v2"], &named[..]].concat(),
    );

    let (said, answer) = invoke(&server, name, r#"{"do":"echo","event":{"n":1}}"#);
    assert_eq!(
        (&said["StatusCode"], &said["ExecutedVersion"]),
        (&200.into(), &"$LATEST".into())
    );
    assert!(said["LogResult"].is_string(), "{said}");
    assert_eq!(answer["n"], 1, "{answer}");

    let (said, answer) = invoke(
        &server,
        name,
        r#"{"do":"fail","type":"OutOfTea","message":"No tea."}"#,
    );
    assert_eq!(
        (&said["FunctionError"], &answer["errorType"]),
        (&"Unhandled".into(), &"OutOfTea".into())
    );

    let (said, answer) = invoke(&server, name, r#"{"do":"spin"}"#);
    assert_eq!(said["FunctionError"], "Unhandled");
    assert_eq!(answer["errorType"], "Sandbox.Timedout");

    let code = format!("fileb://{}", echo_zip().display());
    lambda(
        &server,
        &[&["update-function-code", "--zip-file", &code], &named[..]].concat(),
    );
    lambda(
        &server,
        &[&["wait", "function-updated-v2"], &named[..]].concat(),
    );
    assert_eq!(invoke(&server, name, "[1,2]").1, serde_json::json!([1, 2]));

    let change = ["update-function-configuration", "--memory-size", "512"];
    lambda(&server, &[&change[..], &named].concat());
    lambda(
        &server,
        &[&["wait", "function-updated"], &named[..]].concat(),
    );
    let settings = lambda(
        &server,
        &[&["get-function-configuration"], &named[..]].concat(),
    );
    assert_eq!(settings["MemorySize"], 512);

    let listed = lambda(&server, &["list-functions"]).to_string();
    assert!(listed.contains(name), "{listed}");
    lambda(&server, &[&["delete-function"], &named[..]].concat());
    let listed = lambda(&server, &["list-functions"]).to_string();
    assert!(!listed.contains(&format!("\"{name}\"")), "{listed}");
}

#[test]
fn a_function_that_is_missing_is_an_error_that_names_it() {
    let server = Server::shared();
    let mut command = Python::environment().aws(server.address);
    let output = command
        .args(["lambda", "get-function", "--function-name", "nope"])
        .output();
    let output = output.expect("run the AWS CLI");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("(ResourceNotFoundException)"), "{said}");
    assert!(
        said.contains("Function not found: arn:aws:lambda:"),
        "{said}"
    );
}

/// Runs `aws logs …` on the group of a function.
#[track_caller]
fn logs(server: &Server, name: &str, arguments: &[&str]) -> Value {
    let group = format!("/aws/lambda/{name}");
    let mut command = Python::environment().aws(server.address);
    command.arg("logs").args(arguments);
    let said = succeed(command.args(["--log-group-name", &group]));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in {said}"))
}

#[test]
fn the_log_of_a_function_is_read() {
    let server = Server::shared();
    let name = "cli-logs";
    create(&server, name, &behaviours_zip());
    let wait = ["wait", "function-active-v2", "--function-name", name];
    lambda(&server, &wait);
    for _ in 0..2 {
        invoke(&server, name, r#"{"do":"print","lines":2}"#);
    }
    let found = logs(
        &server,
        name,
        &["filter-log-events", "--filter-pattern", "line"],
    );
    let found = found["events"].as_array().expect("events");
    let messages: Vec<_> = found.iter().map(|event| &event["message"]).collect();
    assert_eq!(
        messages,
        ["line 1 \n", "line 2 \n", "line 1 \n", "line 2 \n"]
    );
    let streams = logs(&server, name, &["describe-log-streams"]);
    let stream = &streams["logStreams"][0]["logStreamName"];
    let stream = stream.as_str().expect("a stream");
    let named = [
        "get-log-events",
        "--log-stream-name",
        stream,
        "--limit",
        "1",
    ];
    let last = logs(&server, name, &named);
    let last = last["events"][0]["message"].as_str().unwrap_or_default();
    assert!(last.starts_with("REPORT RequestId: "), "{last}");
    lambda(&server, &["delete-function", "--function-name", name]);
}
