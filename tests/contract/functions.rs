//! The life of a function: created, read, changed, listed, deleted.

use serde_json::{Value, json};
use sparkler_tests::lambda::ARN_PREFIX;
use sparkler_tests::{NewFunction, Request, TestHost, guests, wat};

use super::assert_refused;

#[test]
fn creating_answers_with_the_whole_configuration() {
    let host = TestHost::shared();
    let reply = host
        .lambda()
        .create(&NewFunction::new("created", guests::echo()));
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.json();
    let expected = json!({
        "FunctionName": "created",
        "FunctionArn": format!("{ARN_PREFIX}created"),
        "Runtime": "provided.al2023",
        "Role": "arn:aws:iam::123456789012:role/tests",
        "Handler": "handler",
        "CodeSize": guests::echo().len(),
        "Description": "",
        "Timeout": 30,
        "MemorySize": 128,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": 512 },
        "TracingConfig": { "Mode": "PassThrough" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": "/aws/lambda/created" },
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(made.get("Environment"), None);
    host.settled("created");
    let found = host.lambda().get("created").json();
    assert_eq!(found["Configuration"]["State"], "Active");
    assert_eq!(found["Configuration"]["LastUpdateStatus"], "Successful");
    assert_eq!(found["Configuration"]["CodeSha256"], made["CodeSha256"]);
}

#[test]
fn the_package_can_be_downloaded_as_it_was_uploaded() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    let found = host.lambda().get(function.name()).json();
    let location = found["Code"]["Location"]
        .as_str()
        .expect("a location")
        .to_owned();
    let origin = format!("http://{}", host.address());
    let target = location
        .strip_prefix(&origin)
        .unwrap_or_else(|| panic!("{location}"));
    let reply = Request::new("GET", target).send(host.address());
    assert_eq!(reply.status, 200);
    assert!(reply.body == guests::echo(), "another package");
    let forged = target.replace('=', "=0");
    assert!(Request::new("GET", forged).send(host.address()).status >= 400);
}

#[test]
fn a_name_is_taken_once() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    assert_refused(
        &host
            .lambda()
            .create(&NewFunction::new(function.name(), guests::hello())),
        409,
        "ResourceConflictException",
        &format!("Function already exist: {}", function.name()),
    );
}

#[test]
fn new_code_replaces_the_old() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("answer_of_size.wat"));
    assert_eq!(function.invoke(2).text(), "11");
    let reply = host.lambda().update_code(function.name(), guests::echo());
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["LastUpdateStatus"], "InProgress");
    host.settled(function.name());
    assert_eq!(function.invoke(2).text(), "2");
}

#[test]
fn new_code_that_cannot_run_leaves_the_old_running() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    let reply = host
        .lambda()
        .update_code(function.name(), &wat::guest("no_handler.wat"));
    if reply.status == 200 {
        host.settled(function.name());
        let found = host.lambda().get(function.name()).json();
        assert_eq!(found["Configuration"]["LastUpdateStatus"], "Failed");
    } else {
        assert_eq!(reply.refusal(), (400, "InvalidParameterValueException"));
    }
    assert_eq!(function.invoke("[1]").text(), "[1]");
}

#[test]
fn new_settings_reach_the_next_invocation() {
    let host = TestHost::shared();
    let function = host.deploy(guests::behaviours());
    let change = json!({
        "MemorySize": 256,
        "Environment": { "Variables": { "COLOUR": "ultramarine" } },
    });
    let reply = host.lambda().update_settings(function.name(), &change);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["Timeout"], 30, "what is not named stays");
    host.settled(function.name());
    let reply = function.invoke(json!({ "do": "environment" }));
    let seen = reply.json();
    assert_eq!(seen["COLOUR"], "ultramarine");
    assert_eq!(seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(reply.log().figure("Memory Size"), 256.0);
}

#[test]
fn a_stale_revision_changes_nothing() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    let change = json!({
        "Description": "changed",
        "RevisionId": "00000000-0000-4000-8000-000000000000",
    });
    assert_refused(
        &host.lambda().update_settings(function.name(), &change),
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id.",
    );
    let found = host.lambda().get(function.name()).json();
    assert_eq!(found["Configuration"]["Description"], "");
}

#[test]
fn settings_out_of_range_are_refused() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    let out_of_range = [json!({ "MemorySize": 127 }), json!({ "Timeout": 0 })];
    for change in out_of_range
        .iter()
        .chain([&json!({ "MemorySize": 10_241 }), &json!({ "Timeout": 901 })])
    {
        let reply = host.lambda().update_settings(function.name(), change);
        assert_eq!(reply.status, 400, "{change}: {}", reply.text());
    }
}

#[test]
fn a_deleted_function_is_gone() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    let deleted = host.lambda().delete(function.name());
    assert_eq!(deleted.status, 204);
    assert_eq!(host.lambda().get(function.name()).status, 404);
    assert_eq!(function.invoke("{}").status, 404);
    assert_eq!(host.lambda().delete(function.name()).status, 404);
}

#[test]
fn a_list_is_read_page_by_page() {
    let host = TestHost::start();
    let guest = wat::guest("answer_of_size.wat");
    for number in 0..7 {
        let new = NewFunction::new(format!("listed-{number}"), guest.clone());
        assert_eq!(host.lambda().create(&new).status, 201);
    }
    let mut names = Vec::new();
    let mut query = "?MaxItems=3".to_owned();
    for _ in 0..3 {
        let page = host.lambda().list(&query).json();
        let functions = page["Functions"].as_array().expect("functions").clone();
        assert!(functions.len() <= 3);
        names.extend(
            functions
                .iter()
                .map(|function| function["FunctionName"].clone()),
        );
        match page["NextMarker"].as_str() {
            Some(marker) => query = format!("?MaxItems=3&Marker={marker}"),
            None => break,
        }
    }
    let expected: Vec<Value> = (0..7)
        .map(|number| json!(format!("listed-{number}")))
        .collect();
    assert_eq!(names, expected);
}
