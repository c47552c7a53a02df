//! What is asked for, and what is known of it, when it is decided whether somebody may: no other name or way leads past
//! a policy.

use http::{HeaderMap, Uri};

use super::*;
use crate::contract::operations::Resource;
use crate::contract::resource::{self, Acted};
use crate::contract::routes::Routes;
use crate::contract::said::Said;
use crate::domain::Account;

const TAGS: &str = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn";

fn statement(effect: &str, action: &str, condition: &Value) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": "*", "Condition": condition})
}

/// Everything is allowed, but for an action under a condition.
fn all_but(action: &str, condition: &Value) -> Value {
    json!([
        {"Effect": "Allow", "Action": ["lambda:*", "logs:*"], "Resource": "*"},
        statement("Deny", action, condition),
    ])
}

async fn status(asking: &Asking, method: &str, target: &str, body: &Value) -> u16 {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let wanted = Wanted::new(method, target, body);
    asking.send(&wanted.by("looker")).await.status.as_u16()
}

#[tokio::test]
async fn what_has_two_names_is_forbidden_by_either_and_allowed_by_either() {
    let (old, new) = ("lambda:InvokeAsync", "lambda:InvokeFunction");
    let nothing = json!({});
    for (statements, expected) in [
        (all_but(old, &nothing), 403),
        (all_but(new, &nothing), 403),
        (json!([statement("Allow", old, &nothing)]), 202),
        (json!([statement("Allow", new, &nothing)]), 202),
        (
            json!([statement("Allow", "lambda:GetFunction", &nothing)]),
            403,
        ),
    ] {
        let asking = Asking::of(&statements).await;
        let path = "/2014-11-13/functions/fn/invoke-async";
        let found = status(&asking, "POST", path, &json!({})).await;
        assert_eq!(found, expected, "{statements}");
    }
}

#[tokio::test]
async fn addresses_are_decided_with_what_is_known_of_request_and_function() {
    let asking = Asking::start().await;
    let url = asking.url_of("NONE").await;
    let tags = json!({"Tags": {"team": "core"}});
    assert_eq!(asking.admin("POST", TAGS, &tags).await.status, 204);
    let policy_path = TAGS.replace("2017-03-31/tags", "2026-07-09/resource-policy");
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:ResourceTag/team": "other"}}),
            200,
        ),
        (
            json!({"StringEquals": {"aws:ResourceTag/team": "core"}}),
            403,
        ),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), 403),
        (
            json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
            403,
        ),
        (
            json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            403,
        ),
        (json!({"StringLike": {"aws:UserAgent": "curl*"}}), 403),
    ] {
        let of = |effect: &str, condition: &Value| {
            json!({
                "Effect": effect,
                "Principal": "*",
                "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
                "Resource": format!("{ARN}:fn"),
                "Condition": condition,
            })
        };
        let statements = [of("Allow", &json!({})), of("Deny", &condition)];
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let put = json!({"Policy": policy.to_string()});
        let put = asking.admin("PUT", &policy_path, &put).await;
        assert_eq!(put.status, 200, "{put:?}");
        let mut call = Wanted::new("POST", &url, "{}");
        call.headers.push(("user-agent", "curl/8".into()));
        let answer = asking.send(&call.unsigned()).await;
        assert_eq!(answer.status, expected, "{condition}: {answer:?}");
    }
}

#[tokio::test]
async fn an_address_of_those_who_sign_knows_the_tags_of_its_function() {
    let tagged = json!({"StringEquals": {"aws:ResourceTag/team": "core"}});
    let asking = Asking::of(&all_but("lambda:InvokeFunctionUrl", &tagged)).await;
    let url = asking.url().await;
    assert_eq!(status(&asking, "POST", &url, &json!({})).await, 200);
    let tags = json!({"Tags": {"team": "core"}});
    assert_eq!(asking.admin("POST", TAGS, &tags).await.status, 204);
    assert_eq!(status(&asking, "POST", &url, &json!({})).await, 403);
}

/// What is asked for as everything because it cannot be read would pass a policy that denies it by its name.
#[tokio::test]
async fn what_has_a_name_and_is_asked_for_as_everything_is_refused() {
    let asking = Asking::start().await;
    let (routes, account) = (Routes::new(), Account::default());
    let mut tried = 0;
    for operation in Operation::ALL.iter().copied() {
        let has_name = matches!(
            operation.resource(),
            Resource::Function
                | Resource::QualifiedFunction
                | Resource::Attachment
                | Resource::VersionOrAlias
                | Resource::NewFunction
                | Resource::Tagged
                | Resource::Policy
                | Resource::LogGroup
                | Resource::LogStream
        );
        if !has_name || operation.invokes() || operation == Operation::DescribeLogGroups {
            continue;
        }
        let plain = wanted(operation, "");
        let mut variants = vec![];
        for name in ["a%2Fb", "fn%3A%20", "999999999999%3Afunction%3Afn", "fn%2A"] {
            variants.push((plain.target.replace("/fn", &format!("/{name}")), None));
            variants.push((plain.target.replace("%3Afn", &format!("%3A{name}")), None));
        }
        variants.push((format!("{}?Qualifier=%20", plain.target), None));
        for body in [
            json!({"logGroupName": "/aws/lambda/fn:*", "logStreamName": "s"}),
            json!({"logGroupName": "a*", "logGroupIdentifier": "/aws/lambda/fn"}),
            json!({"logGroupName": "/aws/lambda/fn", "logStreamName": "s:*"}),
            json!({"logGroupIdentifier": "/aws/lambda/f?", "logStreamName": "s"}),
            json!({"FunctionName": "a/b"}),
            json!({"FunctionName": ["fn"]}),
        ] {
            variants.push((plain.target.clone(), Some(body.to_string())));
        }
        for (target, body) in variants {
            let mut sent = Wanted {
                target,
                ..plain.clone()
            };
            sent.body = body.map_or(sent.body, String::into_bytes);
            let Ok(said) = serde_json::from_slice::<Said>(&sent.body) else {
                continue;
            };
            let uri: Uri = sent.target.parse().expect("a target");
            let mut headers = HeaderMap::new();
            for (name, value) in &sent.headers {
                headers.insert(*name, value.parse().expect("a header"));
            }
            let method = sent.method.parse().expect("a method");
            let Some((found, names)) = routes.find(&method, &uri, &headers) else {
                continue;
            };
            if found != operation
                || resource::of(&account, operation, &names, &uri, &said) != Acted::Account
            {
                continue;
            }
            let answer = asking.send(&sent.by("admin")).await;
            let what = String::from_utf8_lossy(&sent.body);
            assert!(
                answer.status.is_client_error(),
                "{operation} {} {what}: {answer:?}",
                sent.target
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[tokio::test]
async fn conditions_know_what_an_operation_changes_or_removes() {
    let url = "/2021-10-31/functions/fn/url";
    let policy = &format!("{FUNCTIONS}/fn/policy");
    let removed = &format!("{policy}/s");
    let untagged = &format!("{TAGS}?tagKeys=team");
    let equals = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    for (action, condition, method, target) in [
        (
            "lambda:UntagResource",
            json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}),
            "DELETE",
            untagged.as_str(),
        ),
        (
            "lambda:RemovePermission",
            equals("lambda:Principal", "999999999999"),
            "DELETE",
            removed,
        ),
        (
            "lambda:DeleteFunctionUrlConfig",
            equals("lambda:FunctionUrlAuthType", "AWS_IAM"),
            "DELETE",
            url,
        ),
        (
            "lambda:GetFunctionUrlConfig",
            equals("lambda:FunctionArn", &format!("{ARN}:fn")),
            "GET",
            url,
        ),
        (
            "lambda:GetPolicy",
            equals("aws:RequestedRegion", "us-east-1"),
            "GET",
            policy,
        ),
    ] {
        for (does_apply, expected) in [(true, 403), (false, 200)] {
            let condition = match does_apply {
                true => condition.clone(),
                false => serde_json::from_str(
                    &condition
                        .to_string()
                        .replace("team", "x")
                        .replace("999999999999", "x")
                        .replace("AWS_IAM", "x")
                        .replace(&format!("{ARN}:fn"), "x")
                        .replace("us-east-1", "x"),
                )
                .expect("JSON"),
            };
            let asking = Asking::of(&all_but(action, &condition)).await;
            asking.url().await;
            let grant = json!({
                "StatementId": "s",
                "Action": "lambda:InvokeFunction",
                "Principal": "999999999999",
            });
            assert_eq!(asking.admin("POST", policy, &grant).await.status, 201);
            let found = status(&asking, method, target, &Value::Null).await;
            let is_as_expected = match expected {
                200 => found / 100 == 2,
                refused => found == refused,
            };
            assert!(is_as_expected, "{action} {condition}: {found}");
        }
    }
}

#[tokio::test]
async fn an_invocation_through_the_api_is_none_through_an_address() {
    let by_api = json!({"Bool": {"lambda:InvokedViaFunctionUrl": "false"}});
    let asking = Asking::of(&all_but("lambda:InvokeFunction", &by_api)).await;
    let url = asking.url().await;
    let invoke = format!("{FUNCTIONS}/fn/invocations");
    assert_eq!(status(&asking, "POST", &invoke, &json!({})).await, 403);
    assert_eq!(status(&asking, "POST", &url, &json!({})).await, 200);
}

#[tokio::test]
async fn events_go_on_only_to_functions_that_their_owner_may_invoke() {
    let target = "/2019-09-25/functions/fn/event-invoke-config";
    let config = |to: &str| json!({"DestinationConfig": {"OnSuccess": {"Destination": to}}});
    let other = &format!("{ARN}:other");
    let forbidden = json!([
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": other},
    ]);
    let allowed = json!([{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]);
    for (statements, expected) in [(forbidden, 403), (allowed, 200)] {
        let asking = Asking::of(&statements).await;
        let function = json!({
            "FunctionName": "other",
            "Role": "arn:aws:iam::123456789012:role/r",
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": {"ZipFile": zip_file("other")},
        });
        let created = asking.admin("POST", FUNCTIONS, &function).await;
        assert_eq!(created.status, 201, "{created:?}");
        for method in ["PUT", "POST"] {
            let found = status(&asking, method, target, &config(other)).await;
            assert_eq!(found, expected, "{method} {statements}");
        }
        let queue = config("arn:aws:sqs:us-east-1:123456789012:q");
        assert_eq!(status(&asking, "PUT", target, &queue).await, 200);
    }
}
