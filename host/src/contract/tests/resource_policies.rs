//! Policies that are put as a whole.

use serde_json::{Value, json};

use super::configuration::{POLICY, invalid, not_found, revision};
use super::{ARN, Host};

#[tokio::test]
async fn a_policy_is_put_as_a_whole_and_is_the_same_whichever_way_it_is_read() {
    let host = Host::with_function("fn").await;
    let path = format!(
        "/2026-07-09/resource-policy/{}",
        format!("{ARN}:fn").replace(':', "%3A")
    );
    let policy = json!({
        "Version": "2012-10-17", "Id": "mine",
        "Statement": [
            {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "lambda:Delete*", "Resource": format!("{ARN}:fn")},
            {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:user/u"]},
             "Action": ["lambda:InvokeFunction", "lambda:GetFunction"], "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        ],
    });
    let body = not_found("The resource you requested does not exist.");
    host.get(&path)
        .await
        .assert_error(404, "ResourceNotFoundException", &body);
    let put = json!({"Policy": policy.to_string()}).to_string();
    let answer = host.call("PUT", &path, put.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let shown = answer.json();
    let text: Value =
        serde_json::from_str(shown["Policy"].as_str().expect("a text")).expect("JSON");
    assert_eq!(text, policy);
    assert_eq!(host.get(&path).await.json(), shown);
    assert_eq!(host.get(POLICY).await.json(), shown);
    assert_eq!(revision(&host).await, shown["RevisionId"]);

    let grant = json!({"StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"});
    assert_eq!(
        host.call("POST", POLICY, grant.to_string()).await.status,
        201
    );
    let after = host.get(&path).await.json();
    let text: Value =
        serde_json::from_str(after["Policy"].as_str().expect("a text")).expect("JSON");
    assert_eq!(text["Statement"].as_array().map(Vec::len), Some(3));
    let removed = host.call("DELETE", &format!("{POLICY}/no"), "").await;
    assert_eq!(removed.status, 204);

    let stale =
        json!({"Policy": policy.to_string(), "RevisionId": shown["RevisionId"]}).to_string();
    let text = "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API \
                to retrieve the latest Revision Id";
    let answer = host.call("PUT", &path, stale).await;
    answer.assert_error(412, "PreconditionFailedException", &invalid(text));
    let stale = format!(
        "{path}?RevisionId={}",
        shown["RevisionId"].as_str().expect("a text")
    );
    let answer = host.call("DELETE", &stale, "").await;
    answer.assert_error(412, "PreconditionFailedException", &invalid(text));
    let deleted = host.call("DELETE", &path, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    host.get(POLICY)
        .await
        .assert_error(404, "ResourceNotFoundException", &body);
    let answer = host.call("DELETE", &path, "").await;
    let body = not_found("No policy is associated with the given resource.");
    answer.assert_error(404, "ResourceNotFoundException", &body);
}

#[tokio::test]
async fn a_policy_that_is_none_or_for_nothing_is_not_put() {
    let host = Host::with_function("fn").await;
    let put = |resource: String, policy: Value| {
        let path = format!(
            "/2026-07-09/resource-policy/{}",
            resource.replace(':', "%3A").replace('/', "%2F")
        );
        let body = json!({"Policy": policy.to_string()}).to_string();
        let host = &host;
        async move { host.call("PUT", &path, body).await }
    };
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let fine = json!({"Version": "2012-10-17", "Statement": statement});
    let wrong = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let answer = put(format!("{ARN}:fn"), wrong).await;
    let text = "This is no policy. Statement[0]: the policy of a resource says to whom: write one of \
                Principal and NotPrincipal";
    answer.assert_error(400, "InvalidParameterValueException", &invalid(text));
    let answer = put(format!("{ARN}:fn:$LATEST"), fine.clone()).await;
    let text = "We currently do not support adding policies for $LATEST.";
    answer.assert_error(400, "InvalidParameterValueException", &invalid(text));
    for (resource, text) in [
        (
            format!("{ARN}:nope"),
            format!("Function not found: {ARN}:nope"),
        ),
        (
            format!("{ARN}:fn:7"),
            format!("Function not found: {ARN}:fn:7"),
        ),
        (
            format!("{ARN}:fn:blue"),
            format!("Cannot find alias arn: {ARN}:fn:blue"),
        ),
        (
            "arn:aws:lambda:us-east-1::runtime/x".replace("::", ":123456789012:"),
            "The resource you requested does not exist.".into(),
        ),
    ] {
        let answer = put(resource, fine.clone()).await;
        answer.assert_error(404, "ResourceNotFoundException", &not_found(&text));
    }
    let answer = put("fn".into(), fine.clone()).await;
    assert_eq!(answer.header("x-amzn-errortype"), "ValidationException");
    let mut large = fine;
    large["Id"] = "x".repeat(20_480).into();
    let answer = put(format!("{ARN}:fn"), large).await;
    assert_eq!(
        answer.header("x-amzn-errortype"),
        "PolicyLengthExceededException"
    );
    assert_eq!(host.get(POLICY).await.status, 404);
}
