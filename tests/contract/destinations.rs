//! Where events go when they have ended: functions, queues, topics and folders.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use sparkler::internals::{Cause, EventInvoke, Parts as _};
use sparkler::{Destinations, EventsConfig, FunctionName, RetryDelays};
use sparkler_tests::lambda::{ARN_PREFIX, event};
use sparkler_tests::{Function, Receiver, TestHost, guests};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failed-events";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:letters";

/// What these tests change functions for.
static CAUSE: Cause = Cause::host("Test");

fn host(destinations: Destinations) -> TestHost {
    TestHost::with_events(EventsConfig {
        destinations,
        retry_delays: RetryDelays([Duration::from_millis(1); 2]),
    })
}

fn configure(host: &TestHost, function: &Function<'_>, edit: impl FnOnce(&mut EventInvoke)) {
    let mut config = EventInvoke {
        last_modified: UNIX_EPOCH,
        retries_max: None,
        age_seconds_max: None,
        on_success: None,
        on_failure: None,
    };
    edit(&mut config);
    let name = FunctionName::parse(function.name()).expect("a name");
    let changed = host
        .host()
        .deployer()
        .catalog()
        .change(&CAUSE, &name, |record| {
            let record = record.expect("the function");
            Ok(Some(record.with_attached(None, |attached| {
                attached.event_invoke = Some(config.clone());
            })))
        });
    host.block_on(changed).expect("the configuration is kept");
}

fn failing() -> Value {
    json!({ "do": "fail", "type": "Sad", "message": "no luck" })
}

/// Sends an event and gives the id of its attempts.
#[track_caller]
fn send(host: &TestHost, function: &Function<'_>, payload: &Value) -> String {
    let reply = event(function.name(), payload.to_string()).send(host.address());
    assert_eq!(reply.status, 202, "{}", reply.text());
    reply
        .header("x-amzn-requestid")
        .expect("a request id")
        .to_owned()
}

#[test]
fn a_failure_reaches_its_queue_as_a_record_and_its_dead_letter_topic_as_itself() {
    let (sqs, sns) = (Receiver::start(&[]), Receiver::start(&[]));
    let host = host(Destinations {
        sqs_endpoint: Some(sqs.url()),
        sns_endpoint: Some(sns.url()),
        ..Destinations::default()
    });
    let function = host.deploy(guests::behaviours());
    let letters = json!({ "DeadLetterConfig": { "TargetArn": TOPIC } });
    let reply = host.lambda().update_settings(function.name(), &letters);
    assert_eq!(reply.status, 200, "{}", reply.text());
    host.settled(function.name());
    configure(&host, &function, |config| {
        config.on_failure = Some(QUEUE.into());
    });
    let id = send(&host, &function, &failing());

    let request = sqs.next();
    assert_eq!(request.path, "/123456789012/failed-events");
    assert_eq!(request.header("x-amz-target"), "AmazonSQS.SendMessage");
    assert_eq!(request.header("content-type"), "application/x-amz-json-1.0");
    let authorization = request.header("authorization");
    assert!(
        authorization.contains("/eu-west-1/sqs/aws4_request"),
        "{authorization}"
    );
    let body = request.json();
    assert!(body.get("MessageAttributes").is_none());
    let record = body["MessageBody"].as_str().expect("a text");
    let record: Value = serde_json::from_str(record).expect("a record");
    let arn = format!("{ARN_PREFIX}{}:$LATEST", function.name());
    assert_eq!(
        record["requestContext"],
        json!({ "requestId": id, "functionArn": arn, "condition": "RetriesExhausted",
                "approximateInvokeCount": 3 })
    );
    assert_eq!(record["requestPayload"], failing());
    assert_eq!(
        record["responseContext"],
        json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" })
    );
    assert_eq!(record["responsePayload"]["errorMessage"], "no luck");

    let request = sns.next();
    let form = &request.body;
    assert!(form.starts_with("Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3A"));
    assert!(form.contains(&format!("Value.StringValue={id}")), "{form}");
    for part in [
        "MessageAttributes.entry.1.Name=RequestID",
        "MessageAttributes.entry.2.Name=ErrorCode",
        "MessageAttributes.entry.2.Value.DataType=Number",
        "MessageAttributes.entry.2.Value.StringValue=200",
        "MessageAttributes.entry.3.Value.StringValue=no+luck",
    ] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    assert!(form.contains("&Message=%7B%22do%22%3A%22fail%22"), "{form}");
}

#[test]
fn a_destination_that_is_down_gets_its_message_later() {
    let sqs = Receiver::start(&[503, 503]);
    let host = host(Destinations {
        sqs_endpoint: Some(sqs.url()),
        ..Destinations::default()
    });
    let function = host.deploy(guests::echo());
    configure(&host, &function, |config| {
        config.on_success = Some(QUEUE.into());
    });
    send(&host, &function, &json!([1]));
    let bodies = [sqs.next(), sqs.next(), sqs.next()].map(|request| request.body);
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[1], bodies[2]);
    assert!(
        bodies[0].contains(r#"\"condition\":\"Success\""#),
        "{}",
        bodies[0]
    );
}

#[test]
fn a_success_reaches_another_function_whose_own_success_becomes_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = host(Destinations {
        folder: Some(folder.path().to_owned()),
        ..Destinations::default()
    });
    let (first, second) = (host.deploy(guests::echo()), host.deploy(guests::echo()));
    configure(&host, &first, |config| {
        config.on_success = Some(format!("{ARN_PREFIX}{}", second.name()));
    });
    configure(&host, &second, |config| {
        config.on_success = Some("arn:aws:sqs:us-east-1:123456789012:done".into());
    });
    let id = send(&host, &first, &json!({ "a": 1 }));
    let done = folder.path().join("done");
    let record = loop {
        let mut files = std::fs::read_dir(&done).into_iter().flatten();
        let file = files.find_map(|file| {
            let path = file.expect("an entry").path();
            let is_whole = path
                .extension()
                .is_some_and(|extension| extension == "json");
            is_whole.then_some(path)
        });
        if let Some(file) = file {
            break std::fs::read(file).expect("a file");
        }
        std::thread::yield_now();
    };
    let outer: Value = serde_json::from_slice(&record).expect("a record");
    let arn = format!("{ARN_PREFIX}{}:$LATEST", second.name());
    assert_eq!(outer["requestContext"]["functionArn"], arn);
    let inner = &outer["requestPayload"];
    assert_eq!(inner["requestContext"]["requestId"], id);
    assert_eq!(inner["responsePayload"], json!({ "a": 1 }));
    assert_eq!(outer["responsePayload"], *inner);
}
