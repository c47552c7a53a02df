//! The audit log over HTTP: every operation that changes something is in it, and no value of a variable.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{ARN, FUNCTIONS, Host, zip_file};
use crate::app::Stores;
use crate::contract::operations::{Address, Operation, Resource};

const AUDIT: &str = "/sparkler/audit";

impl Host {
    /// The entries that the query asks for.
    pub(super) async fn audited(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("{AUDIT}{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        assert_eq!(page["hasMore"], false, "{page}");
        page["entries"].as_array().expect("a list").clone()
    }

    async fn does(&self, method: &str, path: &str, body: &Value) {
        let body = match body.is_null() {
            true => Body::empty(),
            false => body.to_string().into(),
        };
        let answer = self.call(method, path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        self.deployer.catalog().catch_up().await.expect("shown");
    }

    /// Has a log group, and two dead events of the function `fn`.
    async fn leave_things(&self) {
        let path = "/2019-09-25/functions/fn/event-invoke-config";
        self.does("PUT", path, &json!({"MaximumRetryAttempts": 0}))
            .await;
        self.does("POST", path, &json!({"MaximumEventAgeInSeconds": 60}))
            .await;
        assert_eq!(self.invoke("fn", "{}").await.status, 200);
        for _ in 0..2 {
            let headers = [("x-amz-invocation-type", "Event")];
            let accepted = self.invoke_with("fn", &headers, "\"time out\"").await;
            assert_eq!(accepted.status, 202, "{accepted:?}");
        }
        self.dead(2).await;
        self.does("DELETE", path, &Value::Null).await;
    }

    async fn dead(&self, events: u64) {
        while self.get("/sparkler/events").await.json()["counts"]["dead"] != events {
            tokio::task::yield_now().await;
        }
    }
}

/// What is done to the function `fn`, and its settled state waited for where that matters.
fn changes() -> Vec<(&'static str, String, Value)> {
    let of_fn = |path: &str| format!("{FUNCTIONS}/fn{path}");
    let arn = format!("{ARN}:fn").replace(':', "%3A");
    let (tags, policy) = (
        format!("/2017-03-31/tags/{arn}"),
        format!("/2026-07-09/resource-policy/{arn}"),
    );
    let url = "/2021-10-31/functions/fn/url".to_owned();
    let provisioned = "/2019-09-30/functions/fn/provisioned-concurrency?Qualifier=1".to_owned();
    let reserved = "/2017-10-31/functions/fn/concurrency".to_owned();
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "whole", "Effect": "Allow", "Principal": {"AWS": "999999999999"},
        "Action": "lambda:InvokeFunction", "Resource": format!("{ARN}:fn"),
    }]});
    let none = Value::Null;
    vec![
        ("POST", of_fn("/versions"), json!({})),
        (
            "POST",
            of_fn("/aliases"),
            json!({"Name": "prod", "FunctionVersion": "1"}),
        ),
        ("PUT", of_fn("/aliases/prod"), json!({"Description": "d"})),
        ("DELETE", of_fn("/aliases/prod"), none.clone()),
        ("POST", url.clone(), json!({"AuthType": "NONE"})),
        ("PUT", url.clone(), json!({"AuthType": "AWS_IAM"})),
        ("DELETE", url, none.clone()),
        (
            "POST",
            of_fn("/policy"),
            json!({
                "StatementId": "mine", "Action": "lambda:InvokeFunction", "Principal": "999999999999",
            }),
        ),
        ("DELETE", of_fn("/policy/mine"), none.clone()),
        (
            "PUT",
            policy.clone(),
            json!({"Policy": document.to_string()}),
        ),
        ("DELETE", policy, none.clone()),
        ("POST", tags.clone(), json!({"Tags": {"team": "core"}})),
        ("DELETE", format!("{tags}?tagKeys=team"), none.clone()),
        (
            "PUT",
            "/2024-08-31/functions/fn/recursion-config".into(),
            json!({"RecursiveLoop": "Allow"}),
        ),
        (
            "PUT",
            "/2021-07-20/functions/fn/runtime-management-config".into(),
            json!({"UpdateRuntimeOn": "FunctionUpdate"}),
        ),
        (
            "PUT",
            reserved.clone(),
            json!({"ReservedConcurrentExecutions": 2}),
        ),
        (
            "PUT",
            provisioned.clone(),
            json!({"ProvisionedConcurrentExecutions": 1}),
        ),
        ("DELETE", provisioned, none.clone()),
        ("DELETE", reserved, none.clone()),
        ("POST", "/sparkler/events/redrive?function=fn".into(), none),
    ]
}

/// All that change something here: neither what only reads, nor what invokes, nor what this host lacks.
fn changing() -> BTreeSet<&'static str> {
    let lacks = |operation: &Operation| {
        let by_resource = matches!(
            operation.resource(),
            Resource::EventSourceMapping
                | Resource::Layer
                | Resource::LayerVersion
                | Resource::CodeSigningConfig
                | Resource::CapacityProvider
                | Resource::DurableExecution
        );
        let rest = [
            "PutFunctionCodeSigningConfig",
            "DeleteFunctionCodeSigningConfig",
            "PutFunctionScalingConfig",
            "CreateEventSourceMapping",
            "CreateCodeSigningConfig",
            "CreateCapacityProvider",
        ];
        by_resource || rest.contains(&operation.name())
    };
    let all = Operation::ALL.iter().filter(|operation| {
        let is_change = match operation.address() {
            Address::Path(method, _) => *method != Method::GET && !operation.invokes(),
            Address::Target => operation.name().starts_with("Delete"),
            Address::FunctionUrl | Address::Action => false,
        };
        is_change && !lacks(operation)
    });
    all.map(|operation| operation.name()).collect()
}

#[tokio::test]
async fn every_operation_that_changes_something_is_told_of_and_no_value_of_a_variable() {
    // Nothing is sent twice here: each is told of once.
    let host = Host::of(vec![Stores::in_memory()]).await;
    let host = host.having("fn").await;
    host.leave_things().await;
    let code = json!({"ZipFile": zip_file("second")});
    assert_eq!(host.update("fn/code", &code).await.status, 200);
    host.settled("fn").await;
    let settings = json!({
        "MemorySize": 256,
        "Environment": {"Variables": {"TOKEN": "hidden-value", "REF": "{{secret:hidden-name}}"}},
    });
    let updated = host.update("fn/configuration", &settings).await;
    assert_eq!(updated.status, 200, "{updated:?}");
    host.settled("fn").await;
    for (method, path, body) in changes() {
        host.does(method, &path, &body).await;
    }
    host.dead(2).await;
    host.does("DELETE", "/sparkler/events?all=true", &Value::Null)
        .await;
    let request = Request::builder()
        .method("POST")
        .uri("/")
        .header("x-amz-target", "Logs_20140328.DeleteLogGroup")
        .body(json!({"logGroupName": "/aws/lambda/fn"}).to_string().into());
    let deleted = host.send(request.expect("a request")).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    host.does("DELETE", &format!("{FUNCTIONS}/fn"), &Value::Null)
        .await;

    let entries = host.audited("?principal=anonymous").await;
    let told: BTreeSet<_> = entries
        .iter()
        .map(|entry| entry["operation"].as_str().expect("a name"))
        .collect();
    assert_eq!(told, changing(), "each, and nothing else");
    for entry in &entries {
        assert!(
            entry["requestId"].is_string() && entry["time"].is_string(),
            "{entry}"
        );
        assert!(entry["changes"].is_array(), "{entry}");
    }
    let of = |operation: &str| {
        let mut entries = entries.iter();
        let found = entries.find(|entry| entry["operation"] == operation);
        found.expect("an entry")["changes"].clone()
    };
    let memory =
        json!({"member": "MemorySize", "change": "changed", "before": "128", "after": "256"});
    let settings = of("UpdateFunctionConfiguration");
    let settings = settings.as_array().expect("a list");
    assert!(settings.contains(&memory), "{settings:?}");
    let variable = json!({"member": "Environment.Variables.TOKEN", "change": "added"});
    assert!(settings.contains(&variable), "{settings:?}");
    let permission = json!([{"member": "Policy.Statement.mine", "change": "added"}]);
    assert_eq!(of("AddPermission"), permission);
    let code = of("UpdateFunctionCode");
    assert_eq!(code[0]["member"], "CodeSha256");
    assert!(
        code[0]["before"].is_string() && code[0]["after"].is_string(),
        "{code}"
    );
    assert_eq!(of("PurgeEvents")[0]["before"], "2 dead");
    let own = host.audited("?principal=host").await;
    assert!(
        own.iter()
            .all(|entry| entry["operation"] == "EndDeployment"),
        "{own:?}"
    );
    let all = format!("{entries:?}{own:?}");
    assert!(!all.contains("hidden-"), "{all}");
}

#[tokio::test]
async fn what_was_not_done_has_no_entry() {
    let host = Host::alone().await.having("fn").await;
    let before = host.audited("").await.len();
    let twice = host.create("fn", json!({})).await;
    assert_eq!(twice.status, 409);
    let gone = host.call("DELETE", &format!("{FUNCTIONS}/gone"), "").await;
    assert_eq!(gone.status, 404);
    let dry = json!({"ZipFile": zip_file("second"), "DryRun": true});
    assert_eq!(host.update("fn/code", &dry).await.status, 200);
    let purged = host.call("DELETE", "/sparkler/events?all=true", "").await;
    assert_eq!(purged.json()["events"], 0);
    assert_eq!(host.audited("").await.len(), before);
}

#[tokio::test]
async fn a_page_is_selected_and_leads_on() {
    let host = Host::alone().await.having("fn").await.having("other").await;
    let of_other = host.audited("?function=other").await;
    assert!(!of_other.is_empty());
    assert!(
        of_other.iter().all(|entry| entry["function"] == "other"),
        "{of_other:?}"
    );
    assert_eq!(of_other[0]["resource"], format!("{ARN}:other"));
    assert!(host.audited("?since=9000000000000").await.is_empty());
    assert!(host.audited("?until=1000").await.is_empty());
    assert!(host.audited("?refused=true").await.is_empty());
    assert_eq!(host.audited("?operation=CreateFunction").await.len(), 2);
    let next = host.get(AUDIT).await.json()["next"].clone();
    let next = next.as_str().expect("a number");
    assert!(host.audited(&format!("?after={next}")).await.is_empty());
    let wrong = host.get(&format!("{AUDIT}?function=a%20b")).await;
    assert_eq!(wrong.status, 400);
    let wrong = host.get(&format!("{AUDIT}?since=yesterday")).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_web_page_that_is_refused_is_noted_once_with_its_number() {
    let host = Host::alone().await.having("fn").await;
    for _ in 0..300 {
        let request = Request::builder()
            .method("DELETE")
            .uri(format!("{FUNCTIONS}/fn"))
            .header("origin", "https://evil.example");
        let refused = host
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(refused.status, 403);
    }
    let entries = host.audited("?refused=true").await;
    let told: u64 = entries
        .iter()
        .map(|entry| 1 + entry["refused"]["more"].as_u64().expect("a number"))
        .sum();
    assert_eq!(told, 300);
    assert!(entries.len() < 10, "{}", entries.len());
    assert_eq!(entries[0]["operation"], "DeleteFunction");
    assert_eq!(entries[0]["refused"]["reason"], "AccessDeniedException");
    let metrics = host.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(
        metrics.contains("\nsparkler_audit_refusals_noted_total 300\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("\nsparkler_audit_refusals_dropped_total 0\n"),
        "{metrics}"
    );
}
