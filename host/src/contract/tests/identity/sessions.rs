//! Sessions of roles: who may begin one, and what it may do.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::requests::{INVALID, UNKNOWN, Wanted, form};
use super::roles::{
    arn, assert_refused, assume, assume_with, element, given, in_query_protocol, who, xml,
};
use super::{Asking, FUNCTIONS, KEYS};
use crate::identity::NewSession;
use crate::sigv4::Credentials;

#[tokio::test]
async fn a_role_is_assumed_by_whom_it_trusts_and_its_session_may_what_the_role_may() {
    let asking = Asking::with_roles().await;
    let answer = asking.send(&assume("reader").by("admin")).await;
    let key = given(&answer);
    assert_eq!(
        element(&answer, "Arn"),
        "arn:aws:sts::123456789012:assumed-role/reader/build-1"
    );
    let id = element(&answer, "AssumedRoleId");
    assert!(id.starts_with("AROA") && id.ends_with(":build-1"), "{id}");
    assert_eq!(key.access_key_id.len(), 20);
    let expires = element(&answer, "Expiration");
    assert!(expires.len() == 20 && expires.ends_with('Z'), "{expires}");
    assert!(!xml(&answer).contains("PackedPolicySize"));
    let me = asking.send(&who().signed(&key)).await;
    assert_eq!(element(&me, "UserId"), id);
    assert_eq!(
        asking.status(&key, "GET", &format!("{FUNCTIONS}/fn")).await,
        200
    );
    let delete = Wanted::new("DELETE", &format!("{FUNCTIONS}/fn"), "");
    let refused = asking.send(&delete.signed(&key)).await;
    let text = refused.json()["Message"].to_string();
    assert!(
        text.contains(
            "User: arn:aws:sts::123456789012:assumed-role/reader/build-1 is not authorized"
        ),
        "{text}"
    );
    // In the other region of the service as well, where that is not the host's.
    let elsewhere = Wanted {
        region: "eu-west-1",
        ..assume("reader")
    };
    let refused = asking.send(&elsewhere.by("admin")).await;
    assert_refused(&refused, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_role_is_assumed_by_nobody_else_and_its_being_is_no_secret_that_a_refusal_tells() {
    let asking = Asking::with_roles().await;
    let of_other = "arn:aws:iam::999999999999:role/away";
    for (by, role, is_allowed) in [
        ("admin", arn("reader"), true),
        ("admin", arn("bounded"), true),
        ("powerless", arn("reader"), false),
        // The account is trusted, but the user's own policies say nothing.
        ("powerless", arn("bounded"), false),
        ("admin", arn("nothing"), false),
        // Of another account, both have to say so.
        ("admin", of_other.into(), true),
        ("narrow", of_other.into(), false),
        ("stranger", arn("visited"), true),
        ("stranger", arn("reader"), false),
        ("admin", arn("visited"), false),
    ] {
        let answer = asking.send(&assume_with(&role, &[]).by(by)).await;
        if is_allowed {
            assert_eq!(answer.status, 200, "{by} {role} {answer:?}");
            continue;
        }
        assert_refused(&answer, 403, "AccessDenied");
        let account = if by == "stranger" {
            "999999999999"
        } else {
            "123456789012"
        };
        assert_eq!(
            element(&answer, "Message"),
            format!(
                "User: arn:aws:iam::{account}:user/{by} is not authorized to perform: sts:AssumeRole on resource: {role}"
            )
        );
    }
    // A session belongs to its role's account.
    let key = asking.session(&assume_with(of_other, &[])).await;
    let me = asking.send(&who().signed(&key)).await;
    assert_eq!(element(&me, "Account"), "999999999999");
    assert_eq!(
        asking.status(&key, "GET", &format!("{FUNCTIONS}/fn")).await,
        404,
        "of its own account there is none of this name"
    );
}

#[tokio::test]
async fn a_role_may_ask_for_an_id_and_for_the_name_of_the_session() {
    let asking = Asking::with_roles().await;
    let right = ("ExternalId", "the-id");
    for (parameters, is_allowed) in [
        (&[right][..], true),
        (&[], false),
        (&[("ExternalId", "another-id")], false),
        (&[("ExternalId", "THE-ID")], false),
        (&[right, ("RoleSessionName", "test-1")], false),
    ] {
        let answer = asking
            .send(&assume_with(&arn("secret"), parameters).by("admin"))
            .await;
        assert_eq!(answer.status == 200, is_allowed, "{answer:?}");
    }
}

#[tokio::test]
async fn a_policy_of_a_session_narrows_it_and_so_does_a_boundary_of_its_role() {
    let asking = Asking::with_roles().await;
    let get = format!("{FUNCTIONS}/fn");
    let bounded = asking.session(&assume("bounded")).await;
    assert_eq!(asking.status(&bounded, "GET", &get).await, 200);
    let delete = Wanted::new("DELETE", &get, "");
    let refused = asking.send(&delete.signed(&bounded)).await;
    assert!(
        refused.json()["Message"]
            .to_string()
            .contains("no permissions boundary allows")
    );
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["lambda:GetFunction", "lambda:AddPermission"], "Resource": "*"}]}"#;
    let wanted = assume_with(&arn("reader"), &[("Policy", policy)]);
    let answer = asking.send(&wanted.by("admin")).await;
    let narrowed = given(&answer);
    assert_eq!(element(&answer, "PackedPolicySize"), "8");
    assert_eq!(asking.status(&narrowed, "GET", &get).await, 200);
    let versions = Wanted::new("GET", &format!("{get}/versions"), "");
    let refused = asking.send(&versions.signed(&narrowed)).await;
    assert!(
        refused.json()["Message"]
            .to_string()
            .contains("no session policy allows")
    );
    // What the role may not, its session cannot give itself.
    let statement =
        json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"});
    let add = Wanted::new("POST", &format!("{get}/policy"), statement.to_string());
    let refused = asking.send(&add.signed(&narrowed)).await;
    assert!(
        refused.json()["Message"]
            .to_string()
            .contains("no identity-based policy allows")
    );
}

#[tokio::test]
async fn the_policy_of_a_function_knows_a_session_by_its_role_and_by_itself() {
    let asking = Asking::with_roles().await;
    let key = asking.session(&assume("reader")).await;
    let invoke = Wanted::new("POST", &format!("{FUNCTIONS}/fn/invocations"), "1");
    assert_eq!(asking.send(&invoke.signed(&key)).await.status, 403);
    for principal in [
        arn("reader"),
        "arn:aws:sts::123456789012:assumed-role/reader/build-1".into(),
    ] {
        let statement =
            json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal});
        let policy = format!("{FUNCTIONS}/fn/policy");
        assert_eq!(asking.admin("POST", &policy, &statement).await.status, 201);
        assert_eq!(
            asking.send(&invoke.signed(&key)).await.status,
            200,
            "{principal}"
        );
        let removed = asking
            .admin("DELETE", &format!("{policy}/s"), &Value::Null)
            .await;
        assert_eq!(removed.status, 204);
    }
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}},
    }});
    let ended = assume_with(&arn("reader"), &[("Policy", &policy.to_string())]);
    let ended = asking.session(&ended).await;
    let refused = asking.send(&invoke.signed(&ended)).await;
    assert!(
        refused.json()["Message"]
            .to_string()
            .contains("explicit deny in a session policy")
    );
}

#[tokio::test]
async fn one_role_may_lead_to_another_for_an_hour() {
    let asking = Asking::with_roles().await;
    let first = asking.session(&assume("reader")).await;
    let next = |seconds| assume_with(&arn("deployer"), &[("DurationSeconds", seconds)]);
    let answer = asking.send(&next("3600").signed(&first)).await;
    let second = given(&answer);
    assert!(element(&answer, "Arn").contains("assumed-role/deployer/"));
    assert_eq!(
        asking
            .status(&second, "GET", &format!("{FUNCTIONS}/fn"))
            .await,
        200
    );
    let refused = asking.send(&next("3601").signed(&first)).await;
    assert_refused(&refused, 400, "ValidationError");
    assert!(element(&refused, "Message").contains("1 hour session limit"));
    assert_eq!(asking.send(&next("7200").by("admin")).await.status, 200);
    let refused = asking.send(&next("7201").by("admin")).await;
    assert!(element(&refused, "Message").contains("exceeds the MaxSessionDuration"));
    // It is a session of the first role that is trusted, and no other one.
    let other = asking.session(&assume("bounded")).await;
    let refused = asking.send(&next("3600").signed(&other)).await;
    assert_refused(&refused, 403, "AccessDenied");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_told_at_once() {
    let asking = Asking::with_roles().await;
    let refused = async |wanted: Wanted| {
        let answer = asking.send(&wanted.by("admin")).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        (element(&answer, "Code"), element(&answer, "Message"))
    };
    let (code, text) = refused(form("Action=AssumeRole&Version=2011-06-15")).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(
        text,
        "2 validation errors detected: Value null at &apos;roleArn&apos; failed to satisfy constraint: Member must not \
         be null; Value null at &apos;roleSessionName&apos; failed to satisfy constraint: Member must not be null"
    );
    let long = "x".repeat(2_049);
    for (name, value, code, words) in [
        (
            "RoleSessionName",
            "x",
            "ValidationError",
            "greater than or equal to 2",
        ),
        ("RoleSessionName", "a b", "ValidationError", r"[\w+=,.@-]*"),
        ("RoleSessionName", "a/b", "ValidationError", r"[\w+=,.@-]*"),
        (
            "DurationSeconds",
            "899",
            "ValidationError",
            "greater than or equal to 900",
        ),
        (
            "DurationSeconds",
            "43201",
            "ValidationError",
            "less than or equal to 43200",
        ),
        (
            "DurationSeconds",
            "an hour",
            "ValidationError",
            "whole number",
        ),
        (
            "ExternalId",
            "x",
            "ValidationError",
            "greater than or equal to 2",
        ),
        (
            "Policy",
            &long,
            "ValidationError",
            "less than or equal to 2048",
        ),
        ("Policy", "ő", "ValidationError", "regular expression"),
        ("Policy", "{}", "MalformedPolicyDocument", "Statement"),
        ("Policy", "no policy", "MalformedPolicyDocument", "JSON"),
        (
            "PolicyArns.member.1.arn",
            "arn:aws:iam::aws:policy/x",
            "ValidationError",
            "managed policies",
        ),
        (
            "SourceIdentity",
            "me",
            "ValidationError",
            "no parameter SourceIdentity",
        ),
        (
            "Tags.member.1.Key",
            "a",
            "ValidationError",
            "no parameter Tags.member.1.Key",
        ),
        (
            "SerialNumber",
            "a",
            "ValidationError",
            "no parameter SerialNumber",
        ),
    ] {
        let found = refused(assume_with(&arn("reader"), &[(name, value)])).await;
        assert_eq!(found.0, code, "{name} {found:?}");
        assert!(found.1.contains(words), "{name} {found:?}");
    }
    for no_role in [
        "arn:aws:iam::123456789012:user/admin",
        "a-name-of-twenty-letters",
    ] {
        let (_, text) = refused(assume_with(no_role, &[])).await;
        assert_eq!(text, format!("{no_role} is invalid"));
    }
}

#[tokio::test]
async fn a_session_is_refused_by_the_names_of_aws_at_every_door() {
    let asking = Asking::with_roles().await;
    let url = asking.url().await;
    let key = asking.session(&assume("deployer")).await;
    let ended = {
        let role = asking
            .identities
            .role(&arn("deployer"))
            .expect("it is there");
        let session = NewSession {
            role: &role,
            name: "me",
            seconds: 900,
            policy: None,
        };
        let begun = SystemTime::now() - Duration::from_secs(901);
        let key = asking.identities.begin(&session, begun);
        Credentials {
            access_key_id: key.id.clone(),
            secret_access_key: key.secret.revealed().into(),
            session_token: Some(key.token.revealed().into()),
        }
    };
    let other = asking.session(&assume("deployer")).await;
    let without = Credentials {
        session_token: None,
        ..key.clone()
    };
    let swapped = Credentials {
        session_token: other.session_token.clone(),
        ..key.clone()
    };
    let wrong = Credentials {
        secret_access_key: other.secret_access_key.clone(),
        ..key.clone()
    };
    let logs = || {
        let mut logs = Wanted::new("POST", "/", "{}");
        let target = "Logs_20140328.DescribeLogGroups";
        logs.headers.push(("x-amz-target", target.into()));
        logs.service = "logs";
        logs
    };
    let doors = [
        Wanted::new("GET", &format!("{FUNCTIONS}/fn"), ""),
        Wanted::new("POST", &format!("{FUNCTIONS}/fn/invocations"), "1"),
        Wanted::new("POST", &url, "{}"),
    ];
    for wanted in &doors {
        assert_eq!(
            asking.send(&wanted.signed(&key)).await.status,
            200,
            "{}",
            wanted.target
        );
    }
    assert_eq!(asking.send(&logs().signed(&key)).await.status, 200);
    for (key, name) in [
        (&ended, "ExpiredTokenException"),
        (&without, UNKNOWN),
        (&swapped, UNKNOWN),
        (&wrong, INVALID),
    ] {
        for wanted in &doors {
            let refused = asking.send(&wanted.signed(key)).await;
            assert_eq!(
                (refused.status.as_u16(), refused.header("x-amzn-errortype")),
                (403, name),
                "{}",
                wanted.target
            );
        }
        let refused = asking.send(&logs().signed(key)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("x-amzn-errortype")),
            (400, name)
        );
        let (status, code) = in_query_protocol(name);
        for wanted in [who(), assume("reader")] {
            assert_refused(&asking.send(&wanted.signed(key)).await, status, code);
        }
    }
    let gone = KEYS.to_owned();
    asking.keys.write("keys.toml", &gone, 0o600);
    asking.identities.look();
    let refused = asking.send(&doors[0].signed(&key)).await;
    assert_eq!(refused.header("x-amzn-errortype"), UNKNOWN);
}

#[tokio::test]
async fn a_function_on_the_web_is_told_which_session_has_signed() {
    let asking = Asking::with_roles().await;
    let url = asking.url().await;
    let key = asking.session(&assume("deployer")).await;
    let answer = asking
        .send(&Wanted::new("POST", &url, "{}").signed(&key))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let event = asking.host.ran.borrow().last().expect("it ran")["event"].clone();
    let event: Value = serde_json::from_str(event.as_str().expect("a text")).expect("JSON");
    let iam = &event["requestContext"]["authorizer"]["iam"];
    assert_eq!(
        iam["userArn"],
        "arn:aws:sts::123456789012:assumed-role/deployer/build-1"
    );
    assert_eq!(iam["accessKey"], *key.access_key_id);
    assert!(!event.to_string().contains(&key.secret_access_key));
}
