//! Published versions on the wire.

use serde_json::{Value, json};

use super::{ARN, FUNCTIONS, Host, zip_file};

fn versions(page: &Value) -> Vec<&str> {
    let versions = page["Versions"].as_array().expect("a page of versions");
    let id = |version: &'_ Value| version["Version"].as_str().map(str::to_owned);
    assert!(versions.iter().all(|version| id(version).is_some()));
    versions
        .iter()
        .filter_map(|version| version["Version"].as_str())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_version_is_published_shown_listed_invoked_and_deleted() {
    let host = Host::with_function("fn").await;
    let answer = host.publish("fn", &json!({"Description": "first"})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let first = answer.json();
    assert_eq!(first["FunctionArn"], format!("{ARN}:fn:1"));
    assert_eq!(
        (
            &first["Version"],
            &first["State"],
            &first["LastUpdateStatus"]
        ),
        (&json!("1"), &json!("Active"), &json!("Successful"))
    );
    let again = host.publish("fn", &json!({"Description": "again"})).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, first.clone()));
    host.change("fn", "changed").await;
    let second = host.publish("fn", &json!({})).await.json();
    assert_eq!(
        (&second["Version"], &second["Description"]),
        (&json!("2"), &json!("changed"))
    );

    let shown = host
        .get(&format!("{FUNCTIONS}/fn?Qualifier=1"))
        .await
        .json();
    assert_eq!(shown["Configuration"], first);
    let shown = host
        .get(&format!("{FUNCTIONS}/fn:2/configuration"))
        .await
        .json();
    assert_eq!(shown, second);
    let listed = host.get(&format!("{FUNCTIONS}/fn/versions")).await.json();
    assert_eq!(versions(&listed), ["$LATEST", "1", "2"]);
    assert_eq!(
        listed["Versions"][0]["FunctionArn"],
        format!("{ARN}:fn:$LATEST")
    );
    assert!(listed["Versions"][1].get("State").is_none());

    let ran = host.invoke("fn:1", "").await;
    assert_eq!(ran.header("x-amz-executed-version"), "1");
    assert_eq!(
        (&ran.json()["arn"], &ran.json()["version"]),
        (&json!(format!("{ARN}:fn:1")), &json!("1"))
    );
    let path = format!("{FUNCTIONS}/fn?Qualifier=1");
    assert_eq!(host.call("DELETE", &path, "").await.status, 204);
    assert_eq!(
        host.call("DELETE", &path, "").await.status,
        204,
        "deleted already"
    );
    host.invoke("fn:1", "").await.assert_error(
        404,
        "ResourceNotFoundException",
        &json!({"Message": format!("Function not found: {ARN}:fn:1"), "Type": "User"}),
    );
    assert_eq!(host.get(&path).await.status, 404);
    host.change("fn", "changed once more").await;
    assert_eq!(host.publish("fn", &json!({})).await.json()["Version"], "3");
}

#[tokio::test(start_paused = true)]
async fn code_may_be_published_in_the_moment_in_which_it_is_deployed() {
    let host = Host::start().await;
    let created = host.create("fn", json!({"Publish": true})).await.json();
    assert_eq!(created["FunctionArn"], format!("{ARN}:fn"));
    assert_eq!(
        (&created["Version"], &created["State"]),
        (&json!("1"), &json!("Pending"))
    );
    host.settled("fn").await;
    let first = host
        .get(&format!("{FUNCTIONS}/fn:1/configuration"))
        .await
        .json();
    assert_eq!(
        (&first["State"], &first["LastUpdateStatus"]),
        (&json!("Active"), &json!("Successful"))
    );

    let change = json!({"ZipFile": zip_file("second"), "Publish": true});
    let updated = host.update("fn/code", &change).await;
    assert_eq!(updated.status, 200, "{updated:?}");
    let updated = updated.json();
    assert_eq!(updated["FunctionArn"], format!("{ARN}:fn:2"));
    assert_eq!(
        (&updated["State"], &updated["StateReasonCode"]),
        (&json!("Pending"), &json!("Creating"))
    );
    assert!(updated.get("LastUpdateStatus").is_none());
    let shown = host
        .get(&format!("{FUNCTIONS}/fn:2/configuration"))
        .await
        .json();
    assert_eq!(shown, updated);
    let waiting = host.invoke("fn:2", "").await;
    waiting.assert_error(
        409,
        "ResourceConflictException",
        &json!({
            "message": "The operation cannot be performed at this time. The function is currently \
                        in the following state: Pending",
            "Type": "User",
        }),
    );
    assert_eq!(
        host.invoke("fn", "").await.status,
        200,
        "what ran before still runs"
    );
    host.settled("fn").await;
    assert_eq!(
        host.invoke("fn:2", "")
            .await
            .header("x-amz-executed-version"),
        "2"
    );
    let of = async |name: &str| {
        let shown = host.get(&format!("{FUNCTIONS}/{name}")).await.json();
        let location = shown["Code"]["Location"].as_str().expect("a location");
        let path = location.replacen("http://localhost:9001", "", 1);
        host.get(&path).await.body
    };
    assert_eq!(of("fn:1").await, "\0asmfirst");
    assert_eq!(of("fn:2").await, "\0asmsecond");
}

#[tokio::test(start_paused = true)]
async fn a_publication_is_refused_with_its_reason() {
    let host = Host::with_function("fn").await;
    let publish = async |wanted: Value| {
        let answer = host.publish("fn", &wanted).await;
        let text = answer.json()["message"].to_string();
        (
            answer.status.as_u16(),
            answer.header("x-amzn-errortype").to_owned(),
            text,
        )
    };
    let (status, name, _) = publish(json!({"RevisionId": "other"})).await;
    assert_eq!(
        (status, name.as_str()),
        (412, "PreconditionFailedException")
    );
    let (status, _, text) = publish(json!({"CodeSha256": "other"})).await;
    assert!(
        status == 400 && text.contains("CodeSHA256 (other) is different"),
        "{text}"
    );
    let (_, name, _) = publish(json!({"Description": "a".repeat(257)})).await;
    assert_eq!(name, "ValidationException");
    let (_, _, text) = publish(json!({"PublishTo": "LATEST_PUBLISHED"})).await;
    assert!(text.contains("PublishTo is not supported"), "{text}");

    host.update("fn/configuration", &json!({"Timeout": 9}))
        .await;
    let (status, _, text) = publish(json!({})).await;
    assert!(
        status == 409 && text.contains("An update is in progress"),
        "{text}"
    );
    for path in ["nope/versions", "nope/versions?MaxItems=1"] {
        let method = if path.ends_with('1') { "GET" } else { "POST" };
        let answer = host
            .call(method, &format!("{FUNCTIONS}/{path}"), "{}")
            .await;
        answer.assert_error(
            404,
            "ResourceNotFoundException",
            &json!({"Message": format!("Function not found: {ARN}:nope"), "Type": "User"}),
        );
    }
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed_page_by_page_also_across_functions() {
    let host = Host::start().await;
    for name in ["a", "b", "c"] {
        host.create(name, json!({"Publish": true})).await;
        host.settled(name).await;
        host.change(name, "changed").await;
        assert_eq!(host.publish(name, &json!({})).await.status, 201);
    }
    let read = async |path: &str, member: &str| {
        let mut entries = Vec::new();
        let mut marker = String::new();
        loop {
            let page = host
                .get(&format!("{FUNCTIONS}{path}MaxItems=2{marker}"))
                .await;
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            let listed = page[member].as_array().expect("a page").clone();
            assert!((1..=2).contains(&listed.len()));
            let short = |entry: &Value| {
                let arn = entry["FunctionArn"].as_str().expect("an ARN");
                arn.replacen(&format!("{ARN}:"), "", 1)
            };
            entries.extend(listed.iter().map(short));
            match page["NextMarker"].as_str() {
                Some(next) => marker = format!("&Marker={next}"),
                None => return entries,
            }
        }
    };
    assert_eq!(
        read("/b/versions?", "Versions").await,
        ["b:$LATEST", "b:1", "b:2"]
    );
    assert_eq!(
        read("?FunctionVersion=ALL&", "Functions").await,
        [
            "a:$LATEST",
            "a:1",
            "a:2",
            "b:$LATEST",
            "b:1",
            "b:2",
            "c:$LATEST",
            "c:1",
            "c:2"
        ]
    );
    assert_eq!(read("?", "Functions").await, ["a", "b", "c"]);
    let foreign = host.get(&format!("{FUNCTIONS}/b/versions?Marker=x")).await;
    assert_eq!(foreign.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_second_update_is_refused_while_the_first_is_in_progress() {
    let host = Host::with_function("fn").await;
    let change = json!({"Environment": {"Variables": {"COLOUR": "blue"}}});
    let begun = host.update("fn/configuration", &change).await.json();
    assert_eq!(begun["LastUpdateStatus"], "InProgress");
    let refused = host.update("fn/configuration", &change).await;
    refused.assert_error(
        409,
        "ResourceConflictException",
        &json!({
            "message": format!(
                "The operation cannot be performed at this time. An update is in progress for \
                 resource: {ARN}:fn"
            ),
            "Type": "User",
        }),
    );
    host.settled("fn").await;
    let code = json!({"ZipFile": zip_file("first")});
    let begun = host.update("fn/code", &code).await.json();
    assert_eq!(begun["LastUpdateStatus"], "InProgress");
    assert_eq!(
        host.update("fn/code", &code).await.status,
        409,
        "the same code again"
    );
    host.settled("fn").await;
    assert_eq!(host.update("fn/configuration", &change).await.status, 200);
}
