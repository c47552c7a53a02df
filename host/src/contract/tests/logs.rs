//! The calls of CloudWatch Logs, from the request to the answer.

use http::Request;
use serde_json::{Value, json};

use super::{Answer, Host};

const GROUP: &str = "/aws/lambda/fn";

async fn called(host: &Host, operation: &str, input: &Value) -> Answer {
    let request = Request::builder()
        .method("POST")
        .uri("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("Logs_20140328.{operation}"))
        .body(input.to_string().into());
    host.send(request.expect("a request")).await
}

async fn ok(host: &Host, operation: &str, input: &Value) -> Value {
    let answer = called(host, operation, input).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.1");
    answer.json()
}

async fn assert_refused(host: &Host, operation: &str, input: &Value, error: (&str, &str)) {
    let answer = called(host, operation, input).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(!answer.header("x-amzn-requestid").is_empty());
    let said = answer.json();
    assert_eq!(said["__type"], error.0, "{said}");
    let message = said["message"].as_str().unwrap_or_default();
    assert!(message.contains(error.1), "{message}");
}

/// A host whose function was invoked so many times.
async fn host_with_invocations(count: usize) -> Host {
    let host = Host::with_function("fn").await;
    for _ in 0..count {
        assert_eq!(host.invoke("fn", "{}").await.status, 200);
    }
    host
}

fn messages(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().expect("events");
    let messages = events.iter().map(|event| event["message"].as_str());
    messages.collect::<Option<_>>().expect("a message each")
}

#[tokio::test]
async fn an_invocation_is_a_row_of_events_in_the_stream_of_its_version() {
    let host = host_with_invocations(1).await;
    let page = ok(&host, "FilterLogEvents", &json!({"logGroupName": GROUP})).await;
    let messages = messages(&page);
    assert_eq!(messages.len(), 4, "{page}");
    assert!(messages[0].starts_with("START RequestId: "));
    assert_eq!(messages[1], "from the guest\n");
    assert!(messages[3].starts_with("REPORT RequestId: "));
    assert!(page.get("nextToken").is_none());
    assert_eq!(page["searchedLogStreams"], json!([]));
    let events = page["events"].as_array().expect("events");
    let ids: std::collections::BTreeSet<_> = events
        .iter()
        .map(|event| event["eventId"].to_string())
        .collect();
    assert_eq!(ids.len(), 4);

    let groups = ok(&host, "DescribeLogGroups", &json!({})).await;
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/fn";
    assert_eq!(groups["logGroups"][0]["logGroupName"], GROUP);
    assert_eq!(groups["logGroups"][0]["arn"], format!("{arn}:*"));
    let streams = ok(
        &host,
        "DescribeLogStreams",
        &json!({"logGroupIdentifier": arn}),
    )
    .await;
    let stream = &streams["logStreams"][0];
    assert_eq!(stream["logStreamName"], events[0]["logStreamName"]);
    assert_eq!(stream["lastEventTimestamp"], events[3]["timestamp"]);
}

#[tokio::test]
async fn a_stream_is_read_to_both_of_its_ends_and_there_the_token_stays() {
    let host = host_with_invocations(3).await;
    let groups = json!({"logGroupName": GROUP});
    let streams = ok(&host, "DescribeLogStreams", &groups).await;
    let stream = &streams["logStreams"][0]["logStreamName"];
    for (from_head, token) in [(true, "nextForwardToken"), (false, "nextBackwardToken")] {
        let mut input = json!({
            "logGroupName": GROUP,
            "logStreamName": stream,
            "limit": 5,
            "startFromHead": from_head,
        });
        let mut sizes = Vec::new();
        loop {
            let page = ok(&host, "GetLogEvents", &input).await;
            sizes.push(messages(&page).len());
            if page[token] == input["nextToken"] {
                break;
            }
            input["nextToken"] = page[token].clone();
        }
        assert_eq!(sizes, [5, 5, 2, 0], "from the head: {from_head}");
        host.invoke("fn", "{}").await;
        let page = ok(&host, "GetLogEvents", &input).await;
        // The first loop left at the end, where there is something new; the second at the start.
        assert_eq!(messages(&page).len(), if from_head { 4 } else { 0 });
        host_forgets_last(&host).await;
    }
}

/// Removes the group and writes three invocations into a new one.
async fn host_forgets_last(host: &Host) {
    let group = json!({"logGroupName": GROUP});
    assert_eq!(called(host, "DeleteLogGroup", &group).await.status, 200);
    for _ in 0..3 {
        host.invoke("fn", "{}").await;
    }
}

#[tokio::test]
async fn filtered_events_come_in_pages_until_there_is_no_token() {
    let host = host_with_invocations(5).await;
    for from_head in [true, false] {
        let mut input = json!({
            "logGroupName": GROUP,
            "filterPattern": "RequestId",
            "limit": 4,
            "startFromHead": from_head,
        });
        let mut found = Vec::new();
        loop {
            let page = ok(&host, "FilterLogEvents", &input).await;
            found.extend(messages(&page).into_iter().map(str::to_owned));
            match page.get("nextToken") {
                Some(token) => input["nextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(found.len(), 15, "from the head: {from_head}");
        let first = if from_head { "START" } else { "REPORT" };
        assert!(found[0].starts_with(first), "{found:?}");
    }
    let later = json!({"logGroupName": GROUP, "startTime": i64::MAX});
    assert!(messages(&ok(&host, "FilterLogEvents", &later).await).is_empty());
    let other = json!({"logGroupName": GROUP, "logStreamNamePrefix": "1999/"});
    assert!(messages(&ok(&host, "FilterLogEvents", &other).await).is_empty());
}

#[tokio::test]
async fn groups_are_listed_in_pages_by_prefix_and_by_part() {
    let host = Host::start().await;
    for name in ["alpha", "beta", "gamma"] {
        host.create(name, json!({})).await;
        host.settled(name).await;
        host.invoke(name, "{}").await;
    }
    let listed = async |input: Value| -> (Vec<String>, Value) {
        let page = ok(&host, "DescribeLogGroups", &input).await;
        let groups = page["logGroups"].as_array().expect("groups").clone();
        let name = |group: &Value| group["logGroupName"].as_str().expect("a name").to_owned();
        (groups.iter().map(name).collect(), page["nextToken"].clone())
    };
    let (names, token) = listed(json!({"limit": 2})).await;
    assert_eq!(names, ["/aws/lambda/alpha", "/aws/lambda/beta"]);
    let (names, token) = listed(json!({"limit": 2, "nextToken": token})).await;
    assert_eq!((names.len(), token), (1, Value::Null));
    let (names, _) = listed(json!({"logGroupNamePrefix": "/aws/lambda/b"})).await;
    assert_eq!(names, ["/aws/lambda/beta"]);
    let (names, _) = listed(json!({"logGroupNamePattern": "amm"})).await;
    assert_eq!(names, ["/aws/lambda/gamma"]);
}

#[tokio::test]
async fn a_log_outlives_its_function() {
    let host = host_with_invocations(1).await;
    let deleted = host.call("DELETE", "/2015-03-31/functions/fn", "").await;
    assert_eq!(deleted.status, 204);
    let page = ok(&host, "FilterLogEvents", &json!({"logGroupName": GROUP})).await;
    assert_eq!(messages(&page).len(), 4);
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_is_refused_by_name() {
    let host = host_with_invocations(1).await;
    let group = "The specified log group does not exist.";
    for operation in ["DescribeLogStreams", "FilterLogEvents", "DeleteLogGroup"] {
        let input = json!({"logGroupName": "/aws/lambda/none"});
        assert_refused(
            &host,
            operation,
            &input,
            ("ResourceNotFoundException", group),
        )
        .await;
    }
    let stream = "The specified log stream does not exist.";
    let input = json!({"logGroupName": GROUP, "logStreamName": "none"});
    assert_refused(
        &host,
        "GetLogEvents",
        &input,
        ("ResourceNotFoundException", stream),
    )
    .await;
    for (operation, input, text) in [
        (
            "GetLogEvents",
            json!({"logGroupName": GROUP}),
            "Value null at 'logStreamName'",
        ),
        (
            "DescribeLogGroups",
            json!({"limit": 51}),
            "Value '51' at 'limit'",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "limit": 0}),
            "Value '0' at 'limit'",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "nextToken": "x"}),
            "nextToken is invalid",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "startTime": -1}),
            "at 'startTime'",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": GROUP, "filterPattern": "\"x"}),
            "not closed",
        ),
        ("FilterLogEvents", json!({}), "names no log group"),
        (
            "DescribeLogStreams",
            json!({"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "2"}),
            "Cannot order by LastEventTime",
        ),
    ] {
        assert_refused(
            &host,
            operation,
            &input,
            ("InvalidParameterException", text),
        )
        .await;
    }
    let input = json!({"logGroupName": 7});
    let error = ("SerializationException", "expected a string");
    assert_refused(&host, "FilterLogEvents", &input, error).await;
    let error = ("UnknownOperationException", "aws logs tail --follow");
    assert_refused(&host, "StartLiveTail", &json!({}), error).await;
}

#[tokio::test]
async fn other_services_are_unknown_at_the_root() {
    let host = Host::start().await;
    for target in ["DynamoDB_20120810.ListTables", "ListTables", ""] {
        let request = Request::builder()
            .method("POST")
            .uri("/")
            .header("x-amz-target", target)
            .body("{}".into());
        let answer = host.send(request.expect("a request")).await;
        answer.assert_error(404, "UnknownOperationException", &json!({}));
    }
}
