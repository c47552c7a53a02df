//! Who one is, and who may be told: the calls of the service of roles, and what it says to who may not.

use serde_json::{Value, json};

use super::requests::{DENIED, INCOMPLETE, INVALID, UNKNOWN, Wanted, form};
use super::{Answer, Asking, FUNCTIONS};
use crate::contract::tests::Host;
use crate::sigv4::Credentials;

/// Roles of the host's account and of another one.
const ROLES: &str = r#"
[account.123456789012.role.deployer]
policy = ["deploy"]
max_session_seconds = 7200
trust = ["arn:aws:iam::123456789012:user/admin", "arn:aws:iam::123456789012:role/reader"]
[account.123456789012.role.bounded]
policy = ["deploy"]
boundary = "read"
trust = ["123456789012"]
[account.123456789012.role.secret]
policy = ["read"]
trust_policy = "file:trust.json"
[account.999999999999.role.away]
policy = ["admin"]
trust = ["arn:aws:iam::123456789012:user/narrow", "123456789012"]
[account.123456789012.role.visited]
policy = ["read"]
trust = ["999999999999"]
"#;

const LOOKING: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "the-id"}, "StringLike": {"sts:RoleSessionName": "build-*"}}}"#;

/// What the query protocol calls an error, and with which status.
pub(super) fn in_query_protocol(name: &str) -> (u16, &'static str) {
    match name {
        UNKNOWN => (403, "InvalidClientTokenId"),
        INVALID => (403, "SignatureDoesNotMatch"),
        INCOMPLETE => (400, "IncompleteSignature"),
        DENIED => (403, "AccessDenied"),
        "ExpiredTokenException" => (403, "ExpiredToken"),
        "MissingAuthenticationTokenException" => (403, "MissingAuthenticationToken"),
        other => panic!("{other}"),
    }
}

pub(super) fn xml(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "text/xml", "{answer:?}");
    assert_eq!(answer.header("x-amzn-errortype"), "");
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    let id = format!(
        "<RequestId>{}</RequestId>",
        answer.header("x-amzn-requestid")
    );
    assert!(text.contains(&id), "{text}");
    text
}

/// The text of the first element of this name.
pub(super) fn element(answer: &Answer, name: &str) -> String {
    let text = xml(answer);
    let (_, rest) = text
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    let (content, _) = rest.split_once("</").expect("its end");
    content.to_owned()
}

#[track_caller]
pub(super) fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let found = ["Type", "Code"].map(|name| element(answer, name));
    assert_eq!(found, ["Sender", code], "{answer:?}");
    assert!(!element(answer, "Message").is_empty());
}

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn assume_with(arn: &str, more: &[(&str, &str)]) -> Wanted {
    let mut text = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}",
        encoded(arn)
    );
    if !more.iter().any(|(name, _)| *name == "RoleSessionName") {
        text += "&RoleSessionName=build-1";
    }
    for (name, value) in more {
        text += &format!("&{name}={}", encoded(value));
    }
    form(&text)
}

pub(super) fn assume(name: &str) -> Wanted {
    assume_with(&arn(name), &[])
}

pub(super) fn who() -> Wanted {
    form("Action=GetCallerIdentity&Version=2011-06-15")
}

/// The key that an answer gives.
#[track_caller]
pub(super) fn given(answer: &Answer) -> Credentials {
    assert_eq!(answer.status, 200, "{answer:?}");
    Credentials {
        access_key_id: element(answer, "AccessKeyId"),
        secret_access_key: element(answer, "SecretAccessKey"),
        session_token: Some(element(answer, "SessionToken")),
    }
}

impl Asking {
    pub(super) async fn with_roles() -> Self {
        let asking = Self::start().await;
        let trust: Value = serde_json::from_str(LOOKING).expect("JSON");
        let policy = json!({"Version": "2012-10-17", "Statement": trust});
        asking.keys.write("trust.json", &policy.to_string(), 0o600);
        let keys = format!("{}{ROLES}", super::KEYS);
        asking.keys.write("keys.toml", &keys, 0o600);
        asking.identities.reload();
        assert!(asking.identities.role(&arn("secret")).is_some());
        asking
    }

    pub(super) async fn session(&self, wanted: &Wanted) -> Credentials {
        given(&self.send(&wanted.by("admin")).await)
    }

    pub(super) async fn status(&self, key: &Credentials, method: &str, target: &str) -> u16 {
        let sent = Wanted::new(method, target, "").signed(key);
        self.send(&sent).await.status.as_u16()
    }
}

#[tokio::test]
async fn whoever_signs_is_told_who_they_are_as_aws_tells_it() {
    let asking = Asking::with_roles().await;
    let answer = asking.send(&who().by("powerless")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (user, id) = (
        element(&answer, "UserId"),
        answer.header("x-amzn-requestid"),
    );
    assert!(user.starts_with("AIDA"), "{user}");
    assert_eq!(
        xml(&answer),
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  \
             <GetCallerIdentityResult>\n    <Arn>arn:aws:iam::123456789012:user/powerless</Arn>\n    \
             <UserId>{user}</UserId>\n    <Account>123456789012</Account>\n  </GetCallerIdentityResult>\n  \
             <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  </ResponseMetadata>\n\
             </GetCallerIdentityResponse>\n"
        )
    );
    let stranger = asking.send(&who().by("stranger")).await;
    assert_eq!(element(&stranger, "Account"), "999999999999");
    let in_query = Wanted {
        service: "sts",
        ..Wanted::new("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", "")
    };
    let answer = asking.send(&in_query.by("admin")).await;
    assert_eq!(
        element(&answer, "Arn"),
        "arn:aws:iam::123456789012:user/admin"
    );
    let of_lambda = Wanted {
        service: "lambda",
        ..who()
    };
    let refused = asking.send(&of_lambda.by("admin")).await;
    assert_refused(&refused, 403, "SignatureDoesNotMatch");
    assert!(element(&refused, "Message").contains("correct service: &apos;sts&apos;"));
    let list = Wanted {
        service: "sts",
        ..Wanted::new("GET", FUNCTIONS, "")
    };
    let refused = asking.send(&list.by("admin")).await;
    assert_eq!(refused.header("x-amzn-errortype"), INVALID);
}

#[tokio::test]
async fn where_nobody_is_asked_whoever_calls_is_the_owner_of_the_account_and_there_are_no_roles() {
    let host = Host::start().await;
    let send = async |parameters: &str| {
        let request = http::Request::post("/")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(parameters.to_owned().into());
        host.send(request.expect("a request")).await
    };
    let answer = send("Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!(element(&answer, "Arn"), "arn:aws:iam::123456789012:root");
    assert_eq!(element(&answer, "UserId"), "123456789012");
    let role = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn=arn:aws:iam::123456789012:role/r";
    let refused = send(role).await;
    assert_refused(&refused, 403, "AccessDenied");
    assert!(element(&refused, "Message").contains("--keys"));
}

#[tokio::test]
async fn what_is_no_operation_is_told_so() {
    let asking = Asking::with_roles().await;
    for (parameters, code, words) in [
        ("", "MissingAction", "GetCallerIdentity"),
        ("Version=2011-06-15", "MissingAction", "Action"),
        (
            "Action=GetFunction&Version=2011-06-15",
            "InvalidAction",
            "Could not find operation GetFunction for version 2011-06-15",
        ),
        (
            "Action=%3Ca%3E&Version=2011-06-15",
            "InvalidAction",
            "operation &lt;a&gt; for",
        ),
        (
            "Action=AssumeRole",
            "InvalidAction",
            "for version NO_VERSION_SPECIFIED",
        ),
        (
            "Action=AssumeRole&Action=GetCallerIdentity&Version=2011-06-15",
            "ValidationError",
            "more than once",
        ),
    ] {
        let answer = asking.send(&form(parameters).by("admin")).await;
        assert_refused(&answer, 400, code);
        let text = element(&answer, "Message");
        assert!(text.contains(words), "{text}");
    }
    let many: String = (0..100).map(|at| format!("&a{at}=")).collect();
    let answer = asking.send(&form(&many).by("admin")).await;
    assert!(element(&answer, "Message").contains("more than 64 parameters"));
    let large = asking.send(&form(&"a".repeat(40_000)).by("admin")).await;
    assert_refused(&large, 413, "RequestEntityTooLarge");
}

#[tokio::test]
async fn a_key_that_sends_more_than_it_may_is_throttled_in_the_words_of_the_service() {
    let asking = Asking::with_roles().await;
    for _ in 0..2 {
        assert_eq!(asking.send(&who().by("slow")).await.status, 200);
    }
    let answer = asking.send(&who().by("slow")).await;
    assert_refused(&answer, 400, "Throttling");
}
