//! `aws-sdk-lambda`.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::client::Waiters;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, InvocationType, LogType, Runtime};
use serde_json::{Value, json};
use sparkler_tests::log::Log;
use sparkler_tests::{Server, guests};

/// Long enough for a function to be compiled on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(120);

pub(super) fn client(server: &Server) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(format!("http://{}", server.address))
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

pub(super) async fn create(client: &Client, name: &str, wasm: &'static [u8]) {
    let code = FunctionCode::builder().zip_file(Blob::new(wasm)).build();
    client
        .create_function()
        .function_name(name)
        .role("arn:aws:iam::123456789012:role/tests")
        .runtime(Runtime::Providedal2023)
        .handler("handler")
        .timeout(1)
        .code(code)
        .send()
        .await
        .expect("create a function");
    let active = client.wait_until_function_active_v2().function_name(name);
    active.wait(WAIT_MAX).await.expect("an active function");
}

async fn invoke(client: &Client, name: &str, event: &Value) -> (InvokeOutput, Value) {
    let output = client
        .invoke()
        .function_name(name)
        .payload(Blob::new(event.to_string()))
        .log_type(LogType::Tail)
        .send()
        .await
        .expect("invoke a function");
    let payload = output.payload().expect("a payload").as_ref();
    let answer = serde_json::from_slice(payload).expect("an answer in JSON");
    (output, answer)
}

#[tokio::test]
async fn the_life_of_a_function() {
    let server = Server::shared();
    let (client, name) = (client(&server), "rust-life");
    create(&client, name, guests::behaviours()).await;

    let (output, answer) =
        invoke(&client, name, &json!({ "do": "echo", "event": { "n": 1 } })).await;
    assert_eq!((output.status_code(), output.function_error()), (200, None));
    assert_eq!(output.executed_version(), Some("$LATEST"));
    assert_eq!(answer["n"], 1, "{answer}");
    let log = Log::decode(output.log_result().expect("a log tail"));
    assert!(log.figure("Duration") > 0.0);

    for (event, error_type) in [
        (
            json!({ "do": "fail", "type": "OutOfTea", "message": "No tea." }),
            "OutOfTea",
        ),
        (json!({ "do": "spin" }), "Sandbox.Timedout"),
        (
            json!({ "do": "allocate", "mb": 600 }),
            "Runtime.OutOfMemory",
        ),
    ] {
        let (output, answer) = invoke(&client, name, &event).await;
        assert_eq!(
            (output.status_code(), output.function_error()),
            (200, Some("Unhandled"))
        );
        assert_eq!(answer["errorType"], error_type, "{event}");
    }

    change(&client, name).await;
    client
        .delete_function()
        .function_name(name)
        .send()
        .await
        .expect("delete a function");
    let error = client.get_function().function_name(name).send().await;
    let error = error.expect_err("a deleted function").into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

async fn change(client: &Client, name: &str) {
    let updated = client.wait_until_function_updated_v2().function_name(name);
    let code = client.update_function_code().function_name(name);
    code.zip_file(Blob::new(guests::echo()))
        .send()
        .await
        .expect("update the code");
    updated
        .clone()
        .wait(WAIT_MAX)
        .await
        .expect("an updated function");
    assert_eq!(invoke(client, name, &json!([1])).await.1, json!([1]));

    let variables = Environment::builder()
        .variables("COLOUR", "ultramarine")
        .build();
    let settings = client.update_function_configuration().function_name(name);
    settings
        .environment(variables)
        .send()
        .await
        .expect("update the settings");
    updated.wait(WAIT_MAX).await.expect("an updated function");
    let found = client
        .get_function_configuration()
        .function_name(name)
        .send()
        .await;
    let found = found.expect("a function");
    let variables = found
        .environment()
        .and_then(|environment| environment.variables());
    assert_eq!(variables.expect("variables")["COLOUR"], "ultramarine");
}

#[tokio::test]
async fn a_dry_run_is_answered_without_a_run() {
    let server = Server::shared();
    let (client, name) = (client(&server), "rust-dry");
    create(&client, name, guests::echo()).await;
    let dry = client
        .invoke()
        .function_name(name)
        .invocation_type(InvocationType::DryRun);
    assert_eq!(dry.send().await.expect("a dry run").status_code(), 204);
}

#[tokio::test]
async fn refusals_are_the_errors_that_the_model_names() {
    let server = Server::shared();
    let client = client(&server);
    let error = client.invoke().function_name("nope").send().await;
    let error = error.expect_err("a missing function").into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let message = error.message().unwrap_or_default();
    assert!(message.ends_with("function:nope:$LATEST"), "{message}");
}
