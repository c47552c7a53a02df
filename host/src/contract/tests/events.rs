//! Asynchronous invocation, from the request to what becomes of the event.
//!
//! An event runs at least once. How often, is only certain with a host that has its stores for itself.

use std::collections::BTreeSet;

use axum::body::Body;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ARN, Host, neighbours};

const EVENTS: &str = "/sparkler/events";

fn ids(events: &Value) -> BTreeSet<String> {
    let events = events.as_array().expect("a list").iter();
    let ids = events.map(|event| event["requestId"].as_str().expect("an id").to_owned());
    ids.collect()
}

impl Host {
    /// Has an event accepted. Whoever is told of a failure sends it again, as clients do.
    async fn accept(&self, name: &str, event: &str) -> String {
        let id = Uuid::new_v4().to_string();
        let headers = [
            ("x-amz-invocation-type", "Event"),
            ("x-amzn-requestid", &id),
        ];
        loop {
            let answer = self.invoke_with(name, &headers, event.to_owned()).await;
            if neighbours::are_wanted() && answer.status == StatusCode::INTERNAL_SERVER_ERROR {
                assert_eq!(answer.header("x-amzn-errortype"), "ServiceException");
                continue;
            }
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
            assert!(answer.body.is_empty());
            return id;
        }
    }

    /// Has failed events tried again so often.
    async fn retry(&self, name: &str, attempts: u32) {
        let path = format!("/2019-09-25/functions/{name}/event-invoke-config");
        let config = json!({ "MaximumRetryAttempts": attempts });
        let set = self.call("PUT", &path, config.to_string()).await;
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
    }

    /// Waits until a guest has run, as `is_wanted` says of what it saw.
    async fn ran(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let mut ran = self.ran.clone();
        let ran = ran.wait_for(|ran| ran.iter().any(&is_wanted)).await;
        let ran = ran.expect("the guests are there");
        ran.iter()
            .find(|run| is_wanted(run))
            .expect("it ran")
            .clone()
    }

    fn runs(&self, id: &str) -> usize {
        let ran = self.ran.borrow();
        ran.iter().filter(|run| run["request_id"] == id).count()
    }

    /// Waits until all events have ended, and gives the dead ones, as every host shows them.
    async fn ended(&self) -> Value {
        let nothing = json!({"running": 0, "waiting": 0, "retrying": 0, "delivering": 0});
        loop {
            let mut page = self.get(EVENTS).await.json();
            let counts = page["counts"].as_object_mut().expect("counts");
            let dead = counts.remove("dead");
            if *counts == *nothing.as_object().expect("counts") {
                let events = &page["events"];
                assert_eq!(dead, events.as_array().map(|events| events.len().into()));
                for _ in &self.doors {
                    assert_eq!(self.get(EVENTS).await.json()["events"], *events);
                }
                return page["events"].take();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Asserts how often something happened: exactly so often, or at least where trouble repeats it.
    #[track_caller]
    fn happened(found: usize, times: usize) {
        match neighbours::are_wanted() {
            true => assert!(found >= times, "{found} times"),
            false => assert_eq!(found, times),
        }
    }
}

#[tokio::test]
async fn an_accepted_event_runs_and_is_gone() {
    let host = Host::with_function("fn").await;
    let id = host.accept("fn", r#"{"a": 1}"#).await;
    let seen = host.ran(|run| run["request_id"] == id).await;
    assert_eq!(seen["event"], r#"{"a": 1}"#);
    assert_eq!(seen["arn"], format!("{ARN}:fn"));
    assert_eq!(host.ended().await, json!([]));
    Host::happened(host.runs(&id), 1);
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_and_then_waits_for_a_person() {
    let host = Host::with_function("fn").await;
    host.retry("fn", 1).await;
    let id = host.accept("fn", r#""time out""#).await;
    let dead = host.ended().await;
    assert_eq!(ids(&dead), [id.clone()].into());
    Host::happened(host.runs(&id), 2);
    for event in dead.as_array().expect("a list") {
        assert_eq!(event["state"], "dead");
        assert_eq!(event["condition"], "RetriesExhausted");
        assert_eq!(event["invokeCount"], 2);
    }

    let redriven = host
        .call("POST", &format!("{EVENTS}/redrive?id={id}"), "")
        .await;
    assert_eq!(redriven.status, StatusCode::OK, "{redriven:?}");
    let again = redriven.json()["events"].as_u64().expect("a number");
    let dead_events = dead.as_array().map_or(0, Vec::len);
    assert_eq!(usize::try_from(again), Ok(dead_events));
    assert_eq!(ids(&host.ended().await), [id.clone()].into());
    Host::happened(host.runs(&id), 4);

    let purged = host
        .call("DELETE", &format!("{EVENTS}?function=fn"), "")
        .await;
    assert_eq!(purged.json(), json!({"events": again, "hasMore": false}));
    assert_eq!(host.ended().await, json!([]));
}

#[tokio::test]
async fn the_end_of_an_event_is_told_to_another_function() {
    let host = Host::with_function("fn").await.having("told").await;
    let path = "/2019-09-25/functions/fn/event-invoke-config";
    let destination = json!({ "OnSuccess": { "Destination": format!("{ARN}:told") } });
    let config = json!({ "DestinationConfig": destination });
    let set = host.call("PUT", path, config.to_string()).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let id = host.accept("fn", "7").await;
    let told = host.ran(|run| run["arn"] == format!("{ARN}:told")).await;
    let record: Value = serde_json::from_str(told["event"].as_str().expect("JSON")).expect("JSON");
    assert_eq!(record["requestContext"]["requestId"], id);
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["requestPayload"], 7);
    assert_eq!(host.ended().await, json!([]));
}

#[tokio::test]
async fn of_many_events_each_runs_and_those_that_fail_are_kept() {
    let host = Host::with_function("fn").await.having("other").await;
    for name in ["fn", "other"] {
        host.retry(name, 0).await;
    }
    let (mut all, mut failing) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..60 {
        let name = ["fn", "other"][usize::from(number % 3 == 0)];
        let fails = number % 5 == 0;
        let event = if fails { r#""time out""# } else { "1" };
        let id = host.accept(name, event).await;
        if fails {
            failing.insert(id.clone());
        }
        all.insert(id);
    }
    assert_eq!(ids(&host.ended().await), failing);
    for id in &all {
        Host::happened(host.runs(id), 1);
    }
}

#[tokio::test]
async fn the_older_form_accepts_events_as_well() {
    let host = Host::with_function("fn").await;
    let path = "/2014-11-13/functions/fn/invoke-async";
    let answer = loop {
        let answer = host.call("POST", path, Body::from("[2]")).await;
        if !neighbours::are_wanted() || answer.status != StatusCode::INTERNAL_SERVER_ERROR {
            break answer;
        }
    };
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    host.ran(|run| run["event"] == "[2]").await;
    assert_eq!(host.ended().await, json!([]));
}
