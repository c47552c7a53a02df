//! The life of a function on the wire.

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::{ARN, FUNCTIONS, Host, zip_file};
use crate::limits::DEPLOY_REQUEST_BYTES_MAX;

#[tokio::test]
async fn a_function_is_created_shown_changed_and_deleted() {
    let host = Host::start().await;
    let created = host
        .create("fn", json!({"Timeout": 7, "Tags": {"a": "b"}}))
        .await;
    assert_eq!(created.status, 201);
    let shown = created.json();
    assert_eq!(
        (&shown["FunctionArn"], &shown["Timeout"]),
        (&json!(format!("{ARN}:fn")), &json!(7))
    );
    assert_eq!(
        (&shown["State"], &shown["StateReasonCode"]),
        (&json!("Pending"), &json!("Creating"))
    );
    host.settled("fn").await;

    let shown = host.get(&format!("{FUNCTIONS}/fn")).await.json();
    assert_eq!(shown["Configuration"]["State"], "Active");
    assert_eq!(shown["Configuration"]["LastUpdateStatus"], "Successful");
    assert_eq!(shown["Tags"], json!({"a": "b"}));
    assert_eq!(shown["Code"]["RepositoryType"], "S3");

    let path = format!("{FUNCTIONS}/fn/configuration");
    let change = json!({"MemorySize": 256, "LoggingConfig": {"LogFormat": "JSON"}});
    let changed = host.call("PUT", &path, change.to_string()).await.json();
    assert_eq!(
        (&changed["MemorySize"], &changed["Timeout"]),
        (&json!(256), &json!(7))
    );
    assert_eq!(changed["LastUpdateStatus"], "InProgress");
    assert_eq!(changed["LoggingConfig"]["SystemLogLevel"], "INFO");
    host.settled("fn").await;
    let shown = host.get(&format!("{path}?Qualifier=$LATEST")).await.json();
    assert_eq!(shown["FunctionArn"], format!("{ARN}:fn:$LATEST"));
    assert_eq!(shown["LastUpdateStatus"], "Successful");

    let code = json!({"ZipFile": zip_file("second"), "RevisionId": shown["RevisionId"]});
    let path = format!("{FUNCTIONS}/fn/code");
    let updated = host.call("PUT", &path, code.to_string()).await.json();
    assert_ne!(updated["CodeSha256"], shown["CodeSha256"]);
    host.settled("fn").await;
    let stale = host.call("PUT", &path, code.to_string()).await;
    assert_eq!(
        (stale.status.as_u16(), stale.header("x-amzn-errortype")),
        (412, "PreconditionFailedException")
    );

    let path = format!("{FUNCTIONS}/fn");
    let deleted = host.call("DELETE", &path, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    host.get(&path).await.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({"Message": format!("Function not found: {ARN}:fn"), "Type": "User"}),
    );
}

#[tokio::test]
async fn a_package_can_be_downloaded_from_where_get_function_says() {
    let host = Host::with_function("fn").await;
    let shown = host.get(&format!("{FUNCTIONS}/fn")).await.json();
    let location = shown["Code"]["Location"].as_str().expect("an address");
    let path = location
        .strip_prefix("http://localhost:9001")
        .expect("where the client asked");
    let answer = host.get(path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        BASE64_STANDARD.decode(zip_file("first")).expect("base64")
    );
    assert_eq!(answer.header("content-type"), "application/wasm");

    let answer = host.get(&format!("{path}0")).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer
            .body
            .starts_with(b"The signature of this address is not valid.")
    );
    host.call("DELETE", &format!("{FUNCTIONS}/fn"), "").await;
    assert_eq!(host.get(path).await.status, 404);
}

#[tokio::test]
async fn a_function_exists_once() {
    let host = Host::with_function("fn").await;
    host.create("fn", json!({})).await.assert_error(
        409,
        "ResourceConflictException",
        &json!({"Type": "User", "message": "Function already exist: fn"}),
    );
}

#[tokio::test]
async fn bad_requests_to_create_are_told_apart() {
    let host = Host::start().await;
    for (more, name, text) in [
        (
            json!({"Timeout": "3"}),
            "SerializationException",
            "STRING_VALUE can not be converted",
        ),
        (
            json!({"Timeout": 0}),
            "ValidationException",
            "1 validation error detected: Value '0'",
        ),
        (
            json!({"Runtime": "cobol"}),
            "InvalidParameterValueException",
            "Value cobol at 'runtime'",
        ),
        (
            json!({"Code": {"ZipFile": "%"}}),
            "InvalidParameterValueException",
            "is not base64",
        ),
        (
            json!({"Code": {"ZipFile": zip_file("refuse me")}}),
            "InvalidParameterValueException",
            "It imports what nobody has.",
        ),
    ] {
        let answer = host.create("fn", more).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.header("x-amzn-errortype"), name, "{answer:?}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains(text),
            "{answer:?}"
        );
    }
    assert_eq!(host.get(FUNCTIONS).await.json(), json!({"Functions": []}));
}

#[tokio::test]
async fn an_upload_above_the_limit_is_refused_by_its_length() {
    let host = Host::start().await;
    let body = Body::from(vec![b' '; DEPLOY_REQUEST_BYTES_MAX + 1]);
    host.call("POST", FUNCTIONS, body).await.assert_error(
        413,
        "RequestEntityTooLargeException",
        &json!({
            "Message": "Request must be smaller than 70167211 bytes for the CreateFunction operation",
        }),
    );
}

#[tokio::test]
async fn functions_are_listed_page_by_page() {
    let host = Host::start().await;
    for name in ["a", "b", "c"] {
        host.create(name, json!({})).await;
        host.settled(name).await;
    }
    let (mut marker, mut listed) = (String::new(), Vec::new());
    loop {
        let page = host
            .get(&format!(
                "{FUNCTIONS}/?MaxItems=2&FunctionVersion=ALL{marker}"
            ))
            .await
            .json();
        let functions = page["Functions"].as_array().expect("a list").clone();
        assert!(
            functions
                .iter()
                .all(|function| function.get("State").is_none())
        );
        listed.extend(
            functions
                .iter()
                .map(|function| function["FunctionArn"].clone()),
        );
        match page["NextMarker"].as_str() {
            Some(next) => marker = format!("&Marker={next}"),
            None => break,
        }
    }
    assert_eq!(
        listed,
        ["a", "b", "c"].map(|name| json!(format!("{ARN}:{name}:$LATEST")))
    );
}

#[tokio::test]
async fn only_whole_functions_and_their_versions_are_deleted() {
    let host = Host::with_function("fn").await;
    let delete = |path: &'static str| host.call("DELETE", path, Body::empty());
    let refused = delete("/2015-03-31/functions/fn?Qualifier=%24LATEST").await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["message"],
        "$LATEST version cannot be deleted without deleting the function."
    );
    assert_eq!(delete("/2015-03-31/functions/nope:prod").await.status, 400);
    assert_eq!(delete("/2015-03-31/functions/fn:1233").await.status, 204);
    delete("/2015-03-31/functions/nope:1").await.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({"Message": format!("Function not found: {ARN}:nope"), "Type": "User"}),
    );
    assert_eq!(host.get(&format!("{FUNCTIONS}/fn")).await.status, 200);
}

#[tokio::test]
async fn a_published_version_or_an_alias_cannot_be_changed() {
    let host = Host::with_function("fn").await;
    for name in ["fn:1", "fn:prod"] {
        let answer = host
            .call("PUT", &format!("{FUNCTIONS}/{name}/configuration"), "{}")
            .await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains("Aliases and versions do not support")
        );
    }
    let answer = host
        .call("PUT", &format!("{FUNCTIONS}/nope/configuration"), "{}")
        .await;
    answer.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({"Message": format!("Function not found: {ARN}:nope"), "Type": "User"}),
    );
}
