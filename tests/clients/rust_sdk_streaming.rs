//! `aws-sdk-lambda`, reading responses while their functions run.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    InvokeWithResponseStreamCompleteEvent as Complete,
    InvokeWithResponseStreamResponseEvent as Event, LogType,
};
use serde_json::{Value, json};
use sparkler_tests::log::Log;
use sparkler_tests::{Server, guests};

use crate::rust_sdk::{client, create};

/// The bytes of a response, and the last event.
async fn streamed(client: &Client, name: &str, event: &Value) -> (Vec<u8>, Complete) {
    let output = client
        .invoke_with_response_stream()
        .function_name(name)
        .payload(Blob::new(event.to_string()))
        .log_type(LogType::Tail)
        .send()
        .await
        .expect("invoke a function");
    assert_eq!(output.status_code(), 200);
    assert_eq!(output.executed_version(), Some("$LATEST"));
    let (mut payload, mut complete, mut events) = (Vec::new(), None, output.event_stream);
    while let Some(event) = events.recv().await.expect("an event") {
        match event {
            Event::PayloadChunk(chunk) => {
                payload.extend(chunk.payload().expect("a payload").as_ref());
            }
            Event::InvokeComplete(event) => complete = Some(event),
            other => panic!("{other:?}"),
        }
    }
    (payload, complete.expect("an event that says how it ended"))
}

#[tokio::test]
async fn responses_are_read_to_their_end() {
    let server = Server::shared();
    let (client, name) = (client(&server), "rust-streaming");
    create(&client, name, guests::streaming()).await;

    let event = json!([{ "do": "write", "text": "one" }, { "do": "fill", "bytes": 1_000_000, "pieces": 3 }]);
    let (payload, complete) = streamed(&client, name, &event).await;
    assert_eq!(payload.len(), 3 + 3_000_000);
    assert!(payload.starts_with(b"onex"));
    assert_eq!(
        (complete.error_code(), complete.error_details()),
        (None, None)
    );
    let log = Log::decode(complete.log_result().expect("a log tail"));
    assert!(log.figure("Duration") > 0.0);

    for (last, code, error_type) in [
        (
            json!({ "do": "fail", "type": "OutOfTea" }),
            "Unhandled",
            "OutOfTea",
        ),
        (
            json!({ "do": "spin" }),
            "Sandbox.Timedout",
            "Sandbox.Timedout",
        ),
    ] {
        let event = json!([{ "do": "write", "text": "begun" }, last]);
        let (payload, complete) = streamed(&client, name, &event).await;
        assert_eq!(payload, b"begun");
        assert_eq!(complete.error_code(), Some(code));
        let details: Value = serde_json::from_str(complete.error_details().expect("details"))
            .expect("the error object");
        assert_eq!(details["errorType"], error_type);
    }
}

#[tokio::test]
async fn a_missing_function_is_the_error_that_the_model_names() {
    let server = Server::shared();
    let invoked = client(&server)
        .invoke_with_response_stream()
        .function_name("nope");
    let error = invoked
        .send()
        .await
        .expect_err("a missing function")
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}
