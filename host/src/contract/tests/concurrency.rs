//! How much may run at once, on the wire.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ARN, Answer, FUNCTIONS, Host};
use crate::domain::{FunctionName, FunctionRecord, samples};

const ACCOUNT: &str = "/2016-08-19/account-settings";

fn reserved_path(name: &str) -> String {
    format!("/2017-10-31/functions/{name}/concurrency")
}

fn provisioned_path(name: &str, query: &str) -> String {
    format!("/2019-09-30/functions/{name}/provisioned-concurrency{query}")
}

fn invalid(text: &str) -> Value {
    json!({"message": text, "Type": "User"})
}

fn throttled() -> Value {
    json!({
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    })
}

impl Host {
    async fn reserve(&self, name: &str, reserved: i64) -> Answer {
        let body = json!({"ReservedConcurrentExecutions": reserved});
        self.call("PUT", &reserved_path(name), body.to_string())
            .await
    }

    async fn provision(&self, qualifier: &str, provisioned: i64) -> Answer {
        let body = json!({"ProvisionedConcurrentExecutions": provisioned});
        let path = provisioned_path("fn", &format!("?Qualifier={qualifier}"));
        self.call("PUT", &path, body.to_string()).await
    }

    /// Gives the function `fn` the versions 1 and 2 and the aliases `live` and `next`.
    async fn published(&self, edit: impl FnOnce(FunctionRecord) -> FunctionRecord) {
        let name = FunctionName::parse("fn").expect("a name");
        let catalog = self.deployer.catalog();
        let current = catalog.get(&name).expect("it exists");
        let samples = samples::published("fn");
        let record = FunctionRecord {
            versions: samples.versions,
            aliases: samples.aliases,
            ..FunctionRecord::clone(&current)
        };
        let record = edit(record);
        let changed = catalog.change(&crate::catalog::in_tests::CAUSE, &name, |_| {
            Ok(Some(record.clone()))
        });
        changed.await.expect("changed");
    }

    /// The config of a version or alias when it is in progress no longer.
    pub(super) async fn provisioned(&self, name: &str, qualifier: &str) -> Value {
        let path = provisioned_path(name, &format!("?Qualifier={qualifier}"));
        loop {
            let config = self.get(&path).await.json();
            if config["Status"] != "IN_PROGRESS" {
                return config;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_reservation_is_made_shown_and_taken_back() {
    let host = Host::with_function("fn").await;
    let shown = "/2019-09-30/functions/fn/concurrency";
    assert_eq!(host.get(shown).await.json(), json!({}));
    for reserved in [0, 1] {
        let answer = host.reserve("fn", reserved).await;
        let expected = json!({"ReservedConcurrentExecutions": reserved});
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, expected.clone())
        );
        assert_eq!(host.get(shown).await.json(), expected);
        let function = host.get(&format!("{FUNCTIONS}/fn")).await.json();
        assert_eq!(function["Concurrency"], expected);
    }
    for _ in 0..2 {
        let answer = host.call("DELETE", &reserved_path("fn"), "").await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    }
    assert_eq!(host.get(shown).await.json(), json!({}));
    let function = host.get(&format!("{FUNCTIONS}/fn")).await.json();
    assert_eq!(function.get("Concurrency"), None);
}

#[tokio::test]
async fn a_reservation_that_cannot_be_is_refused() {
    let host = Host::with_function("fn").await;
    let missing = |suffix| json!({"Message": format!("Function not found: {ARN}:gone{suffix}"), "Type": "User"});
    let not_found = "ResourceNotFoundException";
    for reserved in [0, 1] {
        let answer = host.reserve("gone", reserved).await;
        answer.assert_error(404, not_found, &missing(":$LATEST"));
    }
    let answer = host.get("/2019-09-30/functions/gone/concurrency").await;
    answer.assert_error(404, not_found, &missing(""));
    let answer = host.call("DELETE", &reserved_path("gone"), "").await;
    answer.assert_error(404, not_found, &missing(""));

    let only_functions = invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support \
         this operation. Please specify either a function name or an unqualified function ARN.",
    );
    for name in ["fn:$LATEST", "fn:1", "gone:live"] {
        let answer = host.reserve(name, 0).await;
        answer.assert_error(400, "InvalidParameterValueException", &only_functions);
    }
    let below = json!({"message": "Specified ReservedConcurrentExecutions for function decreases \
        account's UnreservedConcurrentExecution below its minimum value of [5]."});
    for reserved in [6, 10, 11] {
        let answer = host.reserve("fn", reserved).await;
        answer.assert_error(400, "InvalidParameterValueException", &below);
    }
}

#[tokio::test]
async fn a_function_with_nothing_reserved_for_it_is_throttled_and_another_is_not() {
    let host = Host::with_function("fn").await;
    host.create("other", json!({})).await;
    host.settled("other").await;
    assert_eq!(host.reserve("fn", 0).await.status, 200);
    for name in ["fn", "fn:$LATEST"] {
        let answer = host.invoke(name, "").await;
        answer.assert_error(429, "TooManyRequestsException", &throttled());
        // AWS says no time where only the owner can free the function.
        assert_eq!(answer.header("retry-after"), "");
    }
    assert_eq!(host.invoke("other", "").await.status, 200);
    host.call("DELETE", &reserved_path("fn"), "").await;
    assert_eq!(host.invoke("fn", "").await.status, 200);
    host.reserve("fn", 0).await;
    host.call("DELETE", &format!("{FUNCTIONS}/fn"), "").await;
    host.create("fn", json!({})).await;
    host.settled("fn").await;
    assert_eq!(host.invoke("fn", "").await.status, 200);
}

#[tokio::test]
async fn the_account_shows_its_limits_and_its_use() {
    let host = Host::start().await;
    let mut expected = json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": 10,
            "UnreservedConcurrentExecutions": 10,
        },
        "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 0},
    });
    assert_eq!(host.get(ACCOUNT).await.json(), expected);
    let created = host.create("fn", json!({})).await.json();
    host.reserve("fn", 3).await;
    expected["AccountLimit"]["UnreservedConcurrentExecutions"] = 7.into();
    expected["AccountUsage"] = json!({"TotalCodeSize": created["CodeSize"], "FunctionCount": 1});
    assert_eq!(host.get(ACCOUNT).await.json(), expected);
}

#[tokio::test]
async fn provisioned_concurrency_is_in_progress_then_ready_then_gone() {
    let host = Host::with_function("fn").await;
    host.published(|record| record).await;
    for qualifier in ["1", "next"] {
        let answer = host.provision(qualifier, 2).await;
        let mut expected = json!({
            "RequestedProvisionedConcurrentExecutions": 2,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": answer.json()["LastModified"],
        });
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (202, expected.clone())
        );
        let path = provisioned_path("fn", &format!("?Qualifier={qualifier}"));
        assert_eq!(host.get(&path).await.json(), expected);
        expected["AvailableProvisionedConcurrentExecutions"] = 2.into();
        expected["AllocatedProvisionedConcurrentExecutions"] = 2.into();
        expected["Status"] = "READY".into();
        assert_eq!(host.provisioned("fn", qualifier).await, expected);
        for _ in 0..2 {
            let answer = host.call("DELETE", &path, "").await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
        }
        let gone = invalid("No Provisioned Concurrency Config found for this function");
        let answer = host.get(&path).await;
        answer.assert_error(404, "ProvisionedConcurrencyConfigNotFoundException", &gone);
    }
}

#[tokio::test]
async fn an_alias_that_moves_is_in_progress_with_what_it_had() {
    let host = Host::with_function("fn").await;
    host.published(|record| record).await;
    host.provision("live", 1).await;
    host.provisioned("fn", "live").await;
    host.published(|record| samples::pointed(&record, "live", 2))
        .await;
    let path = provisioned_path("fn", "?Qualifier=live");
    let moving = host.get(&path).await.json();
    assert_eq!(moving["Status"], "IN_PROGRESS");
    assert_eq!(moving["AllocatedProvisionedConcurrentExecutions"], 1);
    assert_eq!(host.provisioned("fn", "live").await["Status"], "READY");
}

#[tokio::test]
async fn a_function_that_fails_while_it_is_set_up_says_so() {
    let host = Host::with_function("fn").await;
    let set_up = |mut record: FunctionRecord| {
        let version = record.versions.get_mut(&1).expect("it is published");
        Arc::make_mut(version).settings.description = "fails while it is set up".into();
        record
    };
    host.published(set_up).await;
    host.provision("1", 1).await;
    let failed = host.provisioned("fn", "1").await;
    assert_eq!(failed["Status"], "FAILED");
    assert_eq!(failed["StatusReason"], "FUNCTION_ERROR_INIT_FAILURE");
}

#[tokio::test]
async fn provisioned_concurrency_that_cannot_be_is_refused() {
    let host = Host::with_function("fn").await;
    host.published(|record| record).await;
    let refused = async |qualifier: &str, wanted, status, name, text: &str| {
        let answer = host.provision(qualifier, wanted).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("x-amzn-errortype"), name);
        let body = answer.json();
        let message = body["message"].as_str().or(body["Message"].as_str());
        assert_eq!(message, Some(text));
        body.get("Type").is_some()
    };
    let invalid = "InvalidParameterValueException";
    let latest =
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
    assert!(refused("$LATEST", 1, 400, invalid, latest).await);
    let most = "Specified ConcurrentExecutions for function is greater than account's unreserved \
                concurrency [10].";
    assert!(!refused("1", 11, 400, invalid, most).await);
    let least = "Specified ConcurrentExecutions for function decreases account's \
                 UnreservedConcurrentExecution below its minimum value of [5].";
    assert!(!refused("1", 10, 400, invalid, least).await);
    let missing = "ResourceNotFoundException";
    let text = format!("Function not found: {ARN}:fn:9");
    assert!(refused("9", 1, 404, missing, &text).await);
    let text = format!("Cannot find alias arn: {ARN}:fn:gone");
    assert!(refused("gone", 1, 404, missing, &text).await);
    let text = "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed \
                to satisfy constraint: Member must have value greater than or equal to 1";
    assert!(!refused("1", 0, 400, "ValidationException", text).await);
    host.provision("1", 1).await;
    let both = "Alias can't be used for Provisioned Concurrency configuration on an already \
                Provisioned version";
    assert!(refused("live", 1, 409, "ResourceConflictException", both).await);

    for method in ["GET", "DELETE"] {
        let path = provisioned_path("fn", "?Qualifier=%24LATEST");
        let answer = host.call(method, &path, "").await;
        let text = "The function resource provided must be an alias or a published version.";
        answer.assert_error(400, invalid, &json!({"message": text, "Type": "User"}));
        let answer = host.call(method, &provisioned_path("fn", ""), "").await;
        assert_eq!(answer.header("x-amzn-errortype"), "ValidationException");
    }
}

#[tokio::test]
async fn with_all_of_a_reservation_provisioned_only_those_calls_run() {
    let host = Host::with_function("fn").await;
    host.published(|record| record).await;
    host.reserve("fn", 1).await;
    assert_eq!(host.invoke("fn:$LATEST", "").await.status, 200);
    assert_eq!(host.provision("1", 1).await.status, 202);
    let answer = host.invoke("fn:$LATEST", "").await;
    answer.assert_error(429, "TooManyRequestsException", &throttled());
    let text = " ReservedConcurrentExecutions  0 should not be lower than function's total \
                provisioned concurrency [1].";
    let answer = host.reserve("fn", 0).await;
    answer.assert_error(
        400,
        "InvalidParameterValueException",
        &json!({"message": text}),
    );
}

#[tokio::test]
async fn configs_are_listed_in_pages() {
    let host = Host::with_function("fn").await;
    host.published(|record| record).await;
    let list = async |query: &str| {
        let answer = host
            .get(&provisioned_path("fn", &format!("?List=ALL{query}")))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    assert_eq!(list("").await, json!({"ProvisionedConcurrencyConfigs": []}));
    for qualifier in ["1", "next"] {
        assert_eq!(host.provision(qualifier, 1).await.status, 202);
    }
    let first = list("&MaxItems=1").await;
    let marker = first["NextMarker"].as_str().expect("there is more");
    let second = list(&format!("&MaxItems=1&Marker={marker}")).await;
    assert_eq!(second.get("NextMarker"), None);
    let arns = [first, second].map(|page| {
        let configs = page["ProvisionedConcurrencyConfigs"].clone();
        assert_eq!(configs[0]["RequestedProvisionedConcurrentExecutions"], 1);
        configs[0]["FunctionArn"].clone()
    });
    assert_eq!(
        arns,
        [
            json!(format!("{ARN}:fn:1")),
            json!(format!("{ARN}:fn:next"))
        ]
    );
    let answer = host.get(&provisioned_path("gone", "?List=ALL")).await;
    let text = format!("Function not found: {ARN}:gone");
    answer.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({"Message": text, "Type": "User"}),
    );
    let answer = host
        .get(&provisioned_path("fn", "?List=ALL&MaxItems=51"))
        .await;
    assert_eq!(answer.header("x-amzn-errortype"), "ValidationException");
}

#[tokio::test]
async fn the_metrics_show_what_is_set_aside_and_what_was_refused() {
    let host = Host::alone().await.having("fn").await;
    host.published(|record| record).await;
    host.reserve("fn", 2).await;
    host.provision("1", 2).await;
    host.provisioned("fn", "1").await;
    host.invoke("fn", "").await;
    let answer = host.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = String::from_utf8_lossy(&answer.body);
    for line in [
        "sparkler_invocations_running{account=\"123456789012\"} 0\n",
        "sparkler_concurrency_limit{account=\"123456789012\"} 10\n",
        "sparkler_guest_memory_bytes 1\n",
        "sparkler_guest_memory_limit_bytes 2\n",
        "sparkler_concurrency_unreserved{account=\"123456789012\"} 8\n",
        "sparkler_invocations_throttled_total{account=\"123456789012\",reason=\"ReservedFunctionConcurrentInvocationLimitExceeded\"} 1\n",
        "sparkler_function_concurrency_reserved{account=\"123456789012\",function=\"fn\"} 2\n",
        "sparkler_provisioned_concurrency_available{account=\"123456789012\",function=\"fn\",qualifier=\"1\"} 2\n",
        "sparkler_prepared_sandboxes_waiting{account=\"123456789012\",function=\"fn\",version=\"1\"} 1\n",
        "sparkler_deploy_steps_waiting{step=\"unpack\"} 0\n",
        "sparkler_deploy_steps_waiting{step=\"compile\"} 3\n",
        "sparkler_deploy_steps_running{step=\"compile\"} 2\n",
        "sparkler_deploy_steps_begun_again_total{step=\"compile\"} 1\n",
        "sparkler_deploy_steps_killed_total 4\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}
