//! Aliases on the wire.

use serde_json::{Value, json};

use super::{ARN, Answer, FUNCTIONS, Host};

/// A host with a function called `fn` that has two versions.
async fn host() -> Host {
    let host = Host::with_function("fn").await;
    assert_eq!(host.publish("fn", &json!({})).await.status, 201);
    host.change("fn", "changed").await;
    assert_eq!(host.publish("fn", &json!({})).await.json()["Version"], "2");
    host
}

async fn weighted(host: &Host, weight: f64) -> Answer {
    let routing = json!({"AdditionalVersionWeights": {"2": weight}});
    let wanted = json!({"Name": "live", "FunctionVersion": "1", "RoutingConfig": routing});
    host.alias("fn", &wanted).await
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_created_shown_changed_listed_and_deleted() {
    let host = host().await;
    let created = weighted(&host, 0.25).await;
    assert_eq!(created.status, 201, "{created:?}");
    let created = created.json();
    assert_eq!(
        created,
        json!({
            "AliasArn": format!("{ARN}:fn:live"),
            "Name": "live",
            "FunctionVersion": "1",
            "Description": "",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}},
            "RevisionId": created["RevisionId"],
        })
    );
    let path = format!("{FUNCTIONS}/fn/aliases/live");
    assert_eq!(host.get(&path).await.json(), created);
    let shown = host
        .get(&format!("{FUNCTIONS}/fn?Qualifier=live"))
        .await
        .json();
    assert_eq!(
        shown["Configuration"]["FunctionArn"],
        format!("{ARN}:fn:live")
    );
    assert_eq!(shown["Configuration"]["Version"], "1");

    let cleared = json!({"RoutingConfig": {"AdditionalVersionWeights": {}}, "Description": "d"});
    let changed = host.update("fn/aliases/live", &cleared).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json();
    assert!(changed.get("RoutingConfig").is_none());
    assert_eq!(
        (&changed["Description"], &changed["FunctionVersion"]),
        (&json!("d"), &json!("1"))
    );
    assert_ne!(changed["RevisionId"], created["RevisionId"]);
    let stale = json!({"RevisionId": created["RevisionId"]});
    let stale = host.update("fn/aliases/live", &stale).await;
    assert_eq!(
        (stale.status.as_u16(), stale.header("x-amzn-errortype")),
        (412, "PreconditionFailedException")
    );

    for (name, version) in [("a", "2"), ("b", "1"), ("c", "$LATEST")] {
        let wanted = json!({"Name": name, "FunctionVersion": version});
        assert_eq!(host.alias("fn", &wanted).await.status, 201);
    }
    let listed = async |query: &str| {
        let page = host
            .get(&format!("{FUNCTIONS}/fn/aliases{query}"))
            .await
            .json();
        let aliases = page["Aliases"].as_array().expect("a page").clone();
        let names: Vec<Value> = aliases.iter().map(|alias| alias["Name"].clone()).collect();
        (names, page["NextMarker"].as_str().map(str::to_owned))
    };
    assert_eq!(listed("").await.0, ["a", "b", "c", "live"]);
    assert_eq!(listed("?FunctionVersion=1").await.0, ["b", "live"]);
    let (first, marker) = listed("?MaxItems=3").await;
    assert_eq!(first, ["a", "b", "c"]);
    let second = format!("?MaxItems=3&Marker={}", marker.expect("there is more"));
    assert_eq!(listed(&second).await, (vec![json!("live")], None));

    for _ in 0..2 {
        assert_eq!(host.call("DELETE", &path, "").await.status, 204);
    }
    assert_eq!(listed("").await.0, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_an_alias_runs_the_version_that_it_draws() {
    let host = host().await;
    assert_eq!(weighted(&host, 0.25).await.status, 201);
    let calls = 2_000;
    let mut second = 0;
    for _ in 0..calls {
        let ran = host.invoke("fn:live", "").await;
        let version = ran.header("x-amz-executed-version").to_owned();
        assert_eq!(ran.json()["version"], version);
        assert_eq!(ran.json()["arn"], format!("{ARN}:fn:live"));
        second += u32::from(version == "2");
    }
    // Six standard deviations: one run in some hundred million is outside.
    let share = f64::from(second) / f64::from(calls);
    assert!((share - 0.25).abs() < 0.06, "{share}");
    let all = json!({"FunctionVersion": "2", "RoutingConfig": {}});
    assert_eq!(host.update("fn/aliases/live", &all).await.status, 200);
    for _ in 0..20 {
        assert_eq!(
            host.invoke("fn:live", "")
                .await
                .header("x-amz-executed-version"),
            "2"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_as_each_operation_names_it() {
    let host = host().await;
    let missing = async |method: &str, path: &str, body: Value, text: &str| {
        let path = format!("{FUNCTIONS}/{path}");
        let answer = host.call(method, &path, body.to_string()).await;
        let body = json!({"Message": text, "Type": "User"});
        answer.assert_error(404, "ResourceNotFoundException", &body);
    };
    let alias = |version: &str| json!({"Name": "live", "FunctionVersion": version});
    let gone = format!("Function not found: {ARN}");
    missing(
        "GET",
        "fn/aliases/none",
        json!({}),
        &format!("Cannot find alias arn: {ARN}:fn:none"),
    )
    .await;
    missing(
        "PUT",
        "fn/aliases/none",
        json!({}),
        &format!("Alias not found: {ARN}:fn:none"),
    )
    .await;
    missing(
        "POST",
        "fn/invocations?Qualifier=none",
        json!({}),
        &format!("{gone}:fn:none"),
    )
    .await;
    missing(
        "GET",
        "fn?Qualifier=none",
        json!({}),
        &format!("{gone}:fn:none"),
    )
    .await;
    missing(
        "GET",
        "fn:9/configuration",
        json!({}),
        &format!("{gone}:fn:9"),
    )
    .await;
    missing("POST", "fn/aliases", alias("9"), &format!("{gone}:fn:9")).await;
    missing(
        "POST",
        "nope/aliases",
        alias("1"),
        &format!("{gone}:nope:1"),
    )
    .await;
    for (method, path) in [
        ("GET", "nope/aliases"),
        ("GET", "nope/aliases/live"),
        ("PUT", "nope/aliases/live"),
        ("DELETE", "nope/aliases/live"),
    ] {
        missing(method, path, json!({}), &format!("{gone}:nope")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_that_breaks_a_rule_is_refused_with_it() {
    let host = host().await;
    assert_eq!(weighted(&host, 0.5).await.status, 201);
    let refused = async |wanted: Value| {
        let answer = host.alias("fn", &wanted).await;
        let body = answer.json();
        let text = body["message"].as_str().unwrap_or_default().to_owned();
        let typed = body.get("Type").is_some();
        (
            answer.status.as_u16(),
            answer.header("x-amzn-errortype").to_owned(),
            text,
            typed,
        )
    };
    let conflict = refused(json!({"Name": "live", "FunctionVersion": "1"})).await;
    let text = format!("Alias already exists: {ARN}:fn:live");
    assert_eq!(
        conflict,
        (409, "ResourceConflictException".into(), text, true)
    );
    let routed = |version: &str, weights: Value| {
        let routing = json!({"AdditionalVersionWeights": weights});
        json!({"Name": "other", "FunctionVersion": version, "RoutingConfig": routing})
    };
    for (wanted, text, typed) in [
        (
            routed("1", json!({"1": 0.5, "2": 0.5})),
            "Number of items in AdditionalVersionWeights",
            true,
        ),
        (
            routed("1", json!({"1": 0.5})),
            "Function version 1 is already included",
            true,
        ),
        (
            routed("$LATEST", json!({"1": 0.5})),
            "$LATEST is not supported for an alias",
            false,
        ),
        (
            routed("1", json!({"2": 1.5})),
            "Value '{2=1.5}' at 'routingConfig.",
            false,
        ),
        (
            json!({"Name": "7", "FunctionVersion": "1"}),
            "Value '7' at 'name' failed",
            false,
        ),
        (
            json!({"Name": "other", "FunctionVersion": "prod"}),
            "Value 'prod' at 'functionVersion'",
            false,
        ),
        (
            json!({}),
            "2 validation errors detected: Value null at 'name'",
            false,
        ),
    ] {
        let (status, _, found, has_type) = refused(wanted).await;
        assert_eq!((status, has_type), (400, typed), "{found}");
        assert!(found.contains(text), "{found}");
    }
    for version in ["1", "2"] {
        let path = format!("{FUNCTIONS}/fn?Qualifier={version}");
        host.call("DELETE", &path, "").await.assert_error(
            409,
            "ResourceConflictException",
            &json!({
                "message": "Unable to delete version because the following aliases reference it: [live]",
                "Type": "User",
            }),
        );
    }
}
