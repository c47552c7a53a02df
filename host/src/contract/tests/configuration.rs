//! What is attached to functions, on the wire.

use serde_json::{Value, json};

use super::{ARN, FUNCTIONS, Host};
use crate::domain::{FunctionName, VersionId};

const EVENT_INVOKE: &str = "/2019-09-25/functions/fn/event-invoke-config";
pub(super) const POLICY: &str = "/2015-03-31/functions/fn/policy";

fn tags_path(arn: &str) -> String {
    format!(
        "/2017-03-31/tags/{}",
        arn.replace(':', "%3A").replace('$', "%24")
    )
}

pub(super) fn not_found(text: &str) -> Value {
    json!({"Message": text, "Type": "User"})
}

pub(super) fn invalid(text: &str) -> Value {
    json!({"Type": "User", "message": text})
}

pub(super) async fn revision(host: &Host) -> Value {
    let shown = host.get(&format!("{FUNCTIONS}/fn/configuration")).await;
    shown.json()["RevisionId"].clone()
}

#[tokio::test]
async fn an_event_invoke_config_is_put_merged_shown_listed_and_deleted() {
    let host = Host::with_function("fn").await;
    let answer = host
        .call("PUT", EVENT_INVOKE, r#"{"MaximumRetryAttempts":0}"#)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut shown = answer.json();
    assert!(
        shown["LastModified"].is_f64() || shown["LastModified"].is_u64(),
        "{shown}"
    );
    shown["LastModified"] = Value::Null;
    assert_eq!(
        shown,
        json!({
            "LastModified": null,
            "FunctionArn": format!("{ARN}:fn:$LATEST"),
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        })
    );
    let answer = host
        .call("POST", EVENT_INVOKE, r#"{"MaximumEventAgeInSeconds":60}"#)
        .await
        .json();
    let shown = host.get(&format!("{EVENT_INVOKE}?Qualifier=$LATEST")).await;
    assert_eq!(shown.json(), answer);
    assert_eq!(
        (
            &answer["MaximumRetryAttempts"],
            &answer["MaximumEventAgeInSeconds"]
        ),
        (&json!(0), &json!(60))
    );
    let list = host.get(&format!("{EVENT_INVOKE}/list")).await;
    assert_eq!(list.json(), json!({"FunctionEventInvokeConfigs": [answer]}));
    let deleted = host.call("DELETE", EVENT_INVOKE, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    let none = not_found(&format!(
        "The function {ARN}:fn:$LATEST doesn't have an EventInvokeConfig"
    ));
    for (method, body) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", r#"{"MaximumRetryAttempts":1}"#),
    ] {
        let answer = host.call(method, EVENT_INVOKE, body).await;
        answer.assert_error(404, "ResourceNotFoundException", &none);
    }
}

#[tokio::test]
async fn an_event_invoke_config_needs_a_function_and_something_to_say() {
    let host = Host::with_function("fn").await;
    for missing in ["other", "fn:live", "fn:1"] {
        let path = format!("/2019-09-25/functions/{missing}/event-invoke-config/list");
        let answer = host.get(&path).await;
        assert_eq!(answer.status, 404, "{missing}: {answer:?}");
        assert_eq!(answer.json(), not_found("The function doesn't exist."));
    }
    let nothing = "You must specify at least one of error handling or destination setting.";
    let answer = host.call("PUT", EVENT_INVOKE, "{}").await;
    answer.assert_error(400, "InvalidParameterValueException", &invalid(nothing));
    let retries = r#"{"MaximumRetryAttempts":1}"#;
    for path in [
        EVENT_INVOKE.replace("/fn/", "/nope/"),
        EVENT_INVOKE.replace("/fn/", "/no.pe/"),
        format!("{EVENT_INVOKE}?Qualifier=7"),
        format!("{EVENT_INVOKE}?Qualifier=prod"),
    ] {
        let answer = host.call("PUT", &path, retries).await;
        let body = not_found("The function doesn't exist.");
        answer.assert_error(404, "ResourceNotFoundException", &body);
    }
    let path = EVENT_INVOKE.replace("/fn/", "/nope/");
    let list = host.get(&format!("{path}/list")).await;
    let body = not_found("The function doesn't exist.");
    list.assert_error(404, "ResourceNotFoundException", &body);
    let body = not_found(&format!(
        "The function {ARN}:nope:$LATEST doesn't have an EventInvokeConfig"
    ));
    host.get(&path)
        .await
        .assert_error(404, "ResourceNotFoundException", &body);
    let to_itself =
        json!({"DestinationConfig": {"OnSuccess": {"Destination": format!("{ARN}:fn")}}});
    let answer = host.call("PUT", EVENT_INVOKE, to_itself.to_string()).await;
    let text = "You can't specify the function as a destination for itself.";
    answer.assert_error(400, "InvalidParameterValueException", &invalid(text));
}

#[tokio::test]
async fn tags_come_and_go_and_change_the_revision() {
    let host = Host::with_function("fn").await;
    let path = tags_path(&format!("{ARN}:fn"));
    let first = revision(&host).await;
    let tagged = host
        .call("POST", &path, r#"{"Tags":{"a":"1","b":"2"}}"#)
        .await;
    assert_eq!((tagged.status.as_u16(), tagged.body.len()), (204, 0));
    let second = revision(&host).await;
    assert_ne!(first, second);
    // Some clients send the ARN as it is.
    let raw = format!("/2017-03-31/tags/{ARN}:fn");
    assert_eq!(
        host.get(&raw).await.json(),
        json!({"Tags": {"a": "1", "b": "2"}})
    );
    let untag = format!("{path}?tagKeys=a&tagKeys=unknown");
    assert_eq!(host.call("DELETE", &untag, "").await.status, 204);
    assert_ne!(revision(&host).await, second);
    assert_eq!(host.get(&path).await.json(), json!({"Tags": {"b": "2"}}));
    assert_eq!(host.invoke("fn", "{}").await.status, 200);
}

#[tokio::test]
async fn tags_belong_to_functions_only() {
    let host = Host::with_function("fn").await;
    let path = tags_path(&format!("{ARN}:fn"));
    let tags = r#"{"Tags":{"a":"1"}}"#;
    for (resource, name, text) in [
        (
            "arn:aws:something".to_owned(),
            "ValidationException",
            "1 validation error detected: Value 'arn:aws:something' at 'resource' failed",
        ),
        (
            format!("{ARN}:nope"),
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope",
        ),
        (
            format!("{ARN}:fn:$LATEST"),
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported.",
        ),
        (
            ARN.replace("function", "capacity-provider:p"),
            "ResourceNotFoundException",
            "The resource you requested does not exist.",
        ),
    ] {
        for (method, suffix) in [("POST", ""), ("GET", ""), ("DELETE", "?tagKeys=a")] {
            let path = format!("{}{suffix}", tags_path(&resource));
            let answer = host.call(method, &path, tags).await;
            assert_eq!(answer.header("x-amzn-errortype"), name, "{answer:?}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(body.contains(text), "{body}");
        }
    }
    let none = invalid("An error occurred and the request cannot be processed.");
    let answer = host.call("POST", &path, r#"{"Tags":{}}"#).await;
    answer.assert_error(400, "InvalidParameterValueException", &none);
    let answer = host.call("DELETE", &path, "").await;
    let text = "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: \
                Member must not be null";
    answer.assert_error(400, "ValidationException", &json!({ "message": text }));
}

#[tokio::test]
async fn a_policy_is_built_read_and_taken_down() {
    let host = Host::with_function("fn").await;
    let grant = |sid: &str| {
        json!({"StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"})
            .to_string()
    };
    let added = host.call("POST", POLICY, grant("one")).await;
    assert_eq!(added.status, 201, "{added:?}");
    let added = added.json();
    let statement: Value =
        serde_json::from_str(added["Statement"].as_str().expect("a text")).expect("JSON");
    assert_eq!(statement["Resource"], format!("{ARN}:fn"));
    let shown = host.get(POLICY).await.json();
    let policy: Value =
        serde_json::from_str(shown["Policy"].as_str().expect("a text")).expect("JSON");
    assert_eq!(
        policy,
        json!({"Version": "2012-10-17", "Id": "default", "Statement": [statement]})
    );
    assert_eq!(revision(&host).await, shown["RevisionId"]);

    let again = host.call("POST", POLICY, grant("one")).await;
    assert_eq!(
        again.header("x-amzn-errortype"),
        "ResourceConflictException"
    );
    let mut stale: Value = serde_json::from_str(&grant("two")).expect("JSON");
    stale["RevisionId"] = "wrong".into();
    let answer = host.call("POST", POLICY, stale.to_string()).await;
    let text = "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API \
                to retrieve the latest Revision Id";
    answer.assert_error(412, "PreconditionFailedException", &invalid(text));

    let statement = format!("{POLICY}/one");
    let answer = host.call("DELETE", &format!("{POLICY}/two"), "").await;
    let body = not_found("Statement two is not found in resource policy.");
    answer.assert_error(404, "ResourceNotFoundException", &body);
    let current = shown["RevisionId"].as_str().expect("a text");
    let removed = host
        .call("DELETE", &format!("{statement}?RevisionId={current}"), "")
        .await;
    assert_eq!((removed.status.as_u16(), removed.body.len()), (204, 0));
    let body = not_found("The resource you requested does not exist.");
    host.get(POLICY)
        .await
        .assert_error(404, "ResourceNotFoundException", &body);
    let answer = host.call("DELETE", &statement, "").await;
    let body = not_found("No policy is associated with the given resource.");
    answer.assert_error(404, "ResourceNotFoundException", &body);
}

#[tokio::test]
async fn a_policy_is_for_what_exists_and_for_principals_that_are_some() {
    let host = Host::with_function("fn").await;
    let grant = |principal: &str| {
        json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal})
            .to_string()
    };
    let s3 = grant("s3.amazonaws.com");
    let nope = POLICY.replace("/fn/", "/nope/");
    for (method, path, text) in [
        (
            "POST",
            nope.clone(),
            format!("Function not found: {ARN}:nope"),
        ),
        (
            "GET",
            nope.clone(),
            "The resource you requested does not exist.".into(),
        ),
        (
            "DELETE",
            format!("{nope}/s"),
            format!("No policy found for: {ARN}:nope"),
        ),
        (
            "POST",
            format!("{POLICY}?Qualifier=7"),
            format!("Function not found: {ARN}:fn:7"),
        ),
        (
            "GET",
            format!("{POLICY}?Qualifier=prod"),
            format!("Cannot find alias arn: {ARN}:fn:prod"),
        ),
    ] {
        let answer = host.call(method, &path, s3.clone()).await;
        answer.assert_error(404, "ResourceNotFoundException", &not_found(&text));
    }
    let latest = format!("{POLICY}?Qualifier=$LATEST");
    for (path, body, text) in [
        (
            latest.as_str(),
            s3,
            "We currently do not support adding policies for $LATEST.",
        ),
        (
            POLICY,
            grant("nobody"),
            "The provided principal was invalid. Please check the principal and try again.",
        ),
    ] {
        let answer = host.call("POST", path, body).await;
        answer.assert_error(400, "InvalidParameterValueException", &invalid(text));
    }
}

#[tokio::test]
async fn recursion_and_runtime_updates_are_kept() {
    let host = Host::with_function("fn").await;
    let recursion = "/2024-08-31/functions/fn/recursion-config";
    assert_eq!(
        host.get(recursion).await.json(),
        json!({"RecursiveLoop": "Terminate"})
    );
    let allow = json!({"RecursiveLoop": "Allow"});
    let answer = host.call("PUT", recursion, allow.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (200, allow.clone())
    );
    assert_eq!(host.get(recursion).await.json(), allow);
    let qualified = host.get(&recursion.replace("/fn/", "/fn:1/")).await;
    assert_eq!(qualified.header("x-amzn-errortype"), "ValidationException");

    let updates = "/2021-07-20/functions/fn/runtime-management-config";
    let default = json!({"UpdateRuntimeOn": "Auto", "FunctionArn": format!("{ARN}:fn")});
    assert_eq!(host.get(updates).await.json(), default);
    let wanted = json!({"UpdateRuntimeOn": "FunctionUpdate"});
    let answer = host.call("PUT", updates, wanted.to_string()).await.json();
    assert_eq!(answer["UpdateRuntimeOn"], "FunctionUpdate");
    assert_eq!(host.get(updates).await.json(), answer);
    let missing = host.get(&format!("{updates}?Qualifier=3")).await;
    let body = not_found(&format!("Function not found: {ARN}:fn:3"));
    missing.assert_error(404, "ResourceNotFoundException", &body);
}

#[tokio::test]
async fn what_the_host_lacks_is_listed_as_nothing_and_never_made() {
    let host = Host::with_function("fn").await;
    for (path, list) in [
        (
            "/2015-03-31/event-source-mappings/?FunctionName=fn",
            "EventSourceMappings",
        ),
        ("/2018-10-31/layers?MaxItems=5", "Layers"),
        ("/2018-10-31/layers/l/versions", "LayerVersions"),
        ("/2020-04-22/code-signing-configs", "CodeSigningConfigs"),
        ("/2025-11-30/capacity-providers", "CapacityProviders"),
        (
            "/2025-12-01/functions/fn/durable-executions",
            "DurableExecutions",
        ),
    ] {
        let answer = host.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({ list: [] }))
        );
    }
    for path in [
        "/2015-03-31/event-source-mappings/6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1",
        "/2018-10-31/layers?find=LayerVersion&Arn=arn",
        "/2018-10-31/layers/l/versions/1",
        "/2025-11-30/capacity-providers/p",
    ] {
        let body = not_found("The resource you requested does not exist.");
        host.get(path)
            .await
            .assert_error(404, "ResourceNotFoundException", &body);
    }
    let config = "/2020-04-22/code-signing-configs/arn%3Aaws";
    let body = not_found("The Lambda code signing configuration arn:aws can not be found.");
    host.get(config)
        .await
        .assert_error(404, "ResourceNotFoundException", &body);
    for path in [
        "/2015-03-31/event-source-mappings",
        "/2018-10-31/layers/l/versions",
        "/2020-04-22/code-signing-configs",
        "/2025-11-30/capacity-providers",
    ] {
        let answer = host.call("POST", path, "{}").await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.header("x-amzn-errortype"),
            "InvalidParameterValueException"
        );
        let text = answer.json()["message"].to_string();
        assert!(text.contains("not supported by this host: "), "{text}");
    }
    let durable = host
        .get("/2025-12-01/functions/nope/durable-executions")
        .await;
    assert_eq!(durable.status, 404);
}

#[tokio::test]
async fn a_function_has_no_code_signing() {
    let host = Host::with_function("fn").await;
    let path = "/2020-06-30/functions/fn/code-signing-config";
    assert_eq!(
        host.get(path).await.json(),
        json!({"CodeSigningConfigArn": "", "FunctionName": "fn"})
    );
    assert_eq!(host.call("DELETE", path, "").await.status, 204);
    let wanted = r#"{"CodeSigningConfigArn":"arn"}"#;
    let answer = host.call("PUT", path, wanted).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "CodeSigningConfigNotFoundException"
    );
    let body = not_found(&format!("Function not found: {ARN}:nope"));
    let missing = host.get(&path.replace("/fn/", "/nope/")).await;
    missing.assert_error(404, "ResourceNotFoundException", &body);
}

#[tokio::test]
async fn calls_of_an_isolated_function_name_their_tenant() {
    let host = Host::start().await;
    let tenancy = json!({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}});
    let created = host.create("fn", tenancy.clone()).await.json();
    assert_eq!(created["TenancyConfig"], tenancy["TenancyConfig"]);
    host.create("other", json!({})).await;
    host.settled("fn").await;
    host.settled("other").await;
    let blue = [("x-amz-tenant-id", "blue")];
    let answer = host.invoke_with("fn", &blue, "{}").await;
    assert_eq!(answer.json()["tenant"], "blue");
    let refused = |text: &str| invalid(text);
    host.invoke("fn", "{}").await.assert_error(
        400,
        "InvalidParameterValueException",
        &refused(
            "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your \
             request and try again.",
        ),
    );
    host.invoke_with("other", &blue, "{}").await.assert_error(
        400,
        "InvalidParameterValueException",
        &refused(
            "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from \
             your request and try again.",
        ),
    );
    let path = format!("{FUNCTIONS}/fn/configuration");
    let answer = host.call("PUT", &path, tenancy.to_string()).await;
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "InvalidParameterValueException"
    );
}

/// `fn`, its versions published with SnapStart and described like this, and the answer to its publication.
async fn published_with_snap_start(host: &Host, description: &str) -> Value {
    let path = format!("{FUNCTIONS}/fn/configuration");
    let change = json!({"SnapStart": {"ApplyOn": "PublishedVersions"}, "Description": description});
    let answer = host.call("PUT", &path, change.to_string()).await.json();
    assert_eq!(
        answer["SnapStart"],
        json!({"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"})
    );
    let name = FunctionName::parse("fn").expect("a name");
    host.deployer.settled(&name).await.expect("updated");
    let path = format!("{FUNCTIONS}/fn/versions");
    let pending = host.call("POST", &path, "{}".to_owned()).await.json();
    let ready = host.deployer.ready(&name, VersionId::Number(1)).await;
    ready.expect("it is there");
    pending
}

/// The configuration of version 1 of `fn`.
async fn version_1(host: &Host) -> Value {
    let path = format!("{FUNCTIONS}/fn/configuration?Qualifier=1");
    host.call("GET", &path, "").await.json()
}

#[tokio::test]
async fn a_version_with_its_snapshot_says_so_and_latest_never_has_one() {
    let host = Host::with_function("fn").await;
    let pending = published_with_snap_start(&host, "").await;
    assert_eq!(
        (&pending["State"], &pending["Version"]),
        (&json!("Pending"), &json!("1"))
    );
    assert_eq!(pending["StateReasonCode"], "Creating");
    let active = version_1(&host).await;
    assert_eq!(
        (&active["State"], &active["LastUpdateStatus"]),
        (&json!("Active"), &json!("Successful"))
    );
    assert_eq!(active["SnapStart"]["OptimizationStatus"], "On");
    assert_eq!(
        active["CodeSize"], pending["CodeSize"],
        "it is the package that is shown"
    );
    let latest = host
        .call("GET", &format!("{FUNCTIONS}/fn/configuration"), "")
        .await
        .json();
    assert_eq!(latest["SnapStart"]["OptimizationStatus"], "Off");
}

#[tokio::test]
async fn a_version_that_cannot_have_a_snapshot_is_active_and_says_why_it_has_none() {
    let host = Host::with_function("fn").await;
    published_with_snap_start(&host, "has no snapshot").await;
    let active = version_1(&host).await;
    assert_eq!(
        (&active["State"], &active["StateReason"]),
        (&json!("Active"), &json!("It changes tables."))
    );
    assert_eq!(active["SnapStart"]["OptimizationStatus"], "Off");
}

#[tokio::test]
async fn a_version_whose_initialization_fails_has_failed_and_says_how() {
    let host = Host::with_function("fn").await;
    published_with_snap_start(&host, "fails while it is initialized").await;
    let failed = version_1(&host).await;
    assert_eq!(
        (&failed["State"], &failed["StateReasonCode"]),
        (&json!("Failed"), &json!("FunctionError.InitTimeout"))
    );
    assert!(
        failed["StateReason"]
            .as_str()
            .is_some_and(|text| text.contains("130 seconds"))
    );
}

#[tokio::test]
async fn a_version_with_a_snapshot_has_no_provisioned_concurrency() {
    let host = Host::with_function("fn").await;
    published_with_snap_start(&host, "").await;
    let path = "/2019-09-30/functions/fn/provisioned-concurrency?Qualifier=1";
    let wanted = json!({"ProvisionedConcurrentExecutions": 1});
    let answer = host.call("PUT", path, wanted.to_string()).await;
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "InvalidParameterValueException"
    );
    assert!(
        answer.json()["message"]
            .as_str()
            .is_some_and(|text| text.contains("SnapStart"))
    );
}
