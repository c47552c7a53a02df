//! A host that asks who calls: requests that were forged, altered, are too old or for another service, for each
//! operation and through each door. None is let in, and each is told so under AWS's name.

mod accounts;
mod audit;
mod decisions;
mod requests;
mod roles;
mod sessions;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::{ARN, Answer, FUNCTIONS, Host, zip_file};
use crate::app::Stores;
use crate::contract::operations::{Address, Operation};
use crate::contract::preset;
use crate::identity::in_tests::Written;
use crate::identity::{Identities, SessionSecret};
use crate::sigv4::Credentials;
use requests::{
    DENIED, HOST, INCOMPLETE, INVALID, Sent, UNKNOWN, Wanted, credentials, forged, wanted,
};

/// Users, each with the secret of its name.
const KEYS: &str = r#"
[account.123456789012.user.admin]
policy = ["admin", "operator"]
[[account.123456789012.user.admin.key]]
id = "SPKLADMIN00000000001"
secret = "the-secret-of-admin-0123456789"
[[account.123456789012.user.admin.key]]
id = "SPKLINACTIVE00000001"
secret = "the-secret-of-inactive-0123456789"
status = "inactive"
[account.123456789012.user.powerless]
[[account.123456789012.user.powerless.key]]
id = "SPKLPOWERLESS0000001"
secret = "the-secret-of-powerless-0123456789"
[[account.123456789012.user.powerless.key]]
id = "SPKLEXPIRED000000001"
secret = "the-secret-of-expired-0123456789"
expires = 2020-01-01T00:00:00Z
[account.123456789012.user.narrow]
policy = ["invoke", "read"]
functions = ["fn"]
[[account.123456789012.user.narrow.key]]
id = "SPKLNARROW0000000001"
secret = "the-secret-of-narrow-0123456789"
[account.123456789012.user.looker]
policy = ["looker.json"]
[[account.123456789012.user.looker.key]]
id = "SPKLLOOKER0000000001"
secret = "the-secret-of-looker-0123456789"
[account.999999999999.user.stranger]
policy = ["admin", "operator"]
[[account.999999999999.user.stranger.key]]
id = "SPKLSTRANGER00000001"
secret = "the-secret-of-stranger-0123456789"
[account.123456789012.role.reader]
policy = ["read"]
trust = ["arn:aws:iam::123456789012:user/admin"]
[account.123456789012.user.slow]
policy = ["admin"]
rate = { per_second = 0.001, burst = 2 }
[[account.123456789012.user.slow.key]]
id = "SPKLSLOW000000000001"
secret = "the-secret-of-slow-0123456789"
[account.123456789012.user.session]
policy = ["admin"]
[[account.123456789012.user.session.key]]
id = "SPKLSESSION000000001"
secret = "the-secret-of-session-0123456789"
session_token = "the-token-of-a-session"
[[account.123456789012.user.session.key]]
id = "SPKLENDED00000000001"
secret = "the-secret-of-ended-0123456789"
session_token = "the-token-of-a-session"
expires = 2020-01-01T00:00:00Z
"#;

/// A host that asks, with a function `fn`, and what it was started with.
struct Asking {
    host: Host,
    identities: Arc<Identities>,
    keys: Written,
}

impl Asking {
    async fn start() -> Self {
        let look = json!({"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": "*"});
        Self::of(&look).await
    }

    /// The same, with such statements in the policy of the user `looker`.
    async fn of(statements: &Value) -> Self {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let keys = Written::with(KEYS, "looker.json", &policy.to_string());
        let identities = Identities::open(keys.path(), preset, SessionSecret::new([7; 32]), None);
        let identities = Arc::new(identities.unwrap_or_else(|error| panic!("{error}")));
        let known = Some(Arc::clone(&identities));
        let host = Host::knowing(vec![Stores::in_memory()], known).await;
        let asking = Self {
            host,
            identities,
            keys,
        };
        let function = json!({
            "FunctionName": "fn",
            "Role": "arn:aws:iam::123456789012:role/r",
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": {"ZipFile": zip_file("first")},
        });
        let created = asking.admin("POST", FUNCTIONS, &function).await;
        assert_eq!(created.status, 201, "{created:?}");
        asking.host.settled("fn").await;
        asking
    }

    async fn send(&self, sent: &Sent) -> Answer {
        let mut request = Request::builder().method(&*sent.method).uri(&*sent.target);
        if !sent.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", HOST);
        }
        for (name, value) in &sent.headers {
            request = request.header(name, value);
        }
        let body = Body::from(sent.body.clone());
        self.host.send(request.body(body).expect("a request")).await
    }

    async fn admin(&self, method: &str, target: &str, body: &Value) -> Answer {
        let wanted = Wanted::new(method, target, body.to_string());
        self.send(&wanted.by("admin")).await
    }

    /// Adds a URL to the function, which only those may call who sign, and gives its path.
    async fn url(&self) -> String {
        self.url_of("AWS_IAM").await
    }

    async fn url_of(&self, auth_type: &str) -> String {
        let config = json!({"AuthType": auth_type});
        let made = self
            .admin("POST", "/2021-10-31/functions/fn/url", &config)
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let url = made.json()["FunctionUrl"]
            .as_str()
            .expect("a URL")
            .to_owned();
        let (_, host) = url.split_once("://").expect("a scheme");
        let id = host.split('.').next().expect("an id");
        format!("/lambda-url/{id}/some/path?q=1")
    }
}

#[tokio::test]
async fn whoever_is_not_believed_or_not_allowed_gets_nothing_of_any_operation() {
    let asking = Asking::start().await;
    let url = asking.url().await;
    let ran_before = asking.host.ran.borrow().len();
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in Operation::ALL.iter().copied() {
        if operation.action().is_none() {
            continue;
        }
        for (what, sent, name) in forged(&wanted(operation, &url)) {
            let answer = asking.send(&sent).await;
            if *operation.address() == Address::Action {
                // Who is believed may know who they are.
                if operation != Operation::GetCallerIdentity || name != DENIED {
                    let (status, code) = roles::in_query_protocol(name);
                    roles::assert_refused(&answer, status, code);
                    *tried.entry(name).or_default() += 1;
                }
                continue;
            }
            let is_json_1_1 = *operation.address() == Address::Target;
            let status = if is_json_1_1 { 400 } else { 403 };
            // Of functions on the web, who says nothing is told what all are told who may not.
            let is_forbidden =
                operation == Operation::InvokeFunctionUrl && what == "nothing signed";
            let name = if is_forbidden { DENIED } else { name };
            let found = (answer.status.as_u16(), answer.header("x-amzn-errortype"));
            assert_eq!(found, (status, name), "{operation}, {what}: {answer:?}");
            let member = if name == DENIED { "Message" } else { "message" };
            assert!(
                answer.json()[member].is_string(),
                "{operation}, {what}: {answer:?}"
            );
            assert_eq!(
                answer.json()["__type"].as_str(),
                is_json_1_1.then_some(name)
            );
            *tried.entry(name).or_default() += 1;
        }
    }
    assert!(tried.values().sum::<usize>() >= 1_000, "{tried:?}");
    assert_eq!(
        asking.host.ran.borrow().len(),
        ran_before,
        "nothing has run"
    );
    let left = asking
        .admin("GET", &format!("{FUNCTIONS}/fn"), &json!({}))
        .await;
    assert_eq!(left.status, 200, "the function is there: {left:?}");
    assert_eq!(left.json()["Configuration"]["Description"], "");
}

#[tokio::test]
async fn whoever_is_believed_and_allowed_gets_to_every_operation() {
    let asking = Asking::start().await;
    let url = asking.url().await;
    for operation in Operation::ALL.iter().copied() {
        if operation == Operation::DeleteFunction || operation == Operation::DeleteFunctionUrlConfig
        {
            continue;
        }
        let sent = wanted(operation, &url).by("admin");
        let answer = asking.send(&sent).await;
        let name = answer.header("x-amzn-errortype");
        let is_refused = [
            UNKNOWN,
            INVALID,
            INCOMPLETE,
            DENIED,
            "MissingAuthenticationTokenException",
        ];
        let is_download = operation == Operation::DownloadPackage;
        assert!(
            is_download || !is_refused.contains(&name),
            "{operation}: {answer:?}"
        );
        assert!(
            is_download || answer.status != 403,
            "{operation}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn what_is_open_to_all_needs_no_signature() {
    let asking = Asking::start().await;
    assert_eq!(asking.host.get("/health").await.status, 200);
    let download = asking
        .host
        .get("/_sparkler/packages/none?expires=1&signature=2")
        .await;
    assert_eq!(download.status, 403);
    let nowhere = asking.host.get("/nowhere").await;
    assert_eq!(
        nowhere.header("x-amzn-errortype"),
        "MissingAuthenticationTokenException"
    );
    let known = asking
        .send(&Wanted::new("GET", "/nowhere", "").by("powerless"))
        .await;
    assert_eq!(
        known.header("x-amzn-errortype"),
        "UnknownOperationException"
    );
}

#[tokio::test]
async fn a_policy_may_be_narrow_and_says_truly_whether_a_call_would_be_allowed() {
    let asking = Asking::start().await;
    let status =
        async |name: &str, wanted: Wanted| asking.send(&wanted.by(name)).await.status.as_u16();
    let invoke = |function: &str, kind: &str| {
        let mut wanted = Wanted::new("POST", &format!("{FUNCTIONS}/{function}/invocations"), "1");
        wanted.headers.push(("x-amz-invocation-type", kind.into()));
        wanted
    };
    assert_eq!(status("narrow", invoke("fn", "RequestResponse")).await, 200);
    assert_eq!(status("narrow", invoke("fn", "DryRun")).await, 204);
    assert_eq!(status("powerless", invoke("fn", "DryRun")).await, 403);
    let theirs = invoke("fn", "DryRun")
        .by_arn()
        .expect("it names a function");
    assert_eq!(status("stranger", theirs).await, 403);
    assert_eq!(status("stranger", invoke("fn", "DryRun")).await, 404);
    // Who may not learns nothing of what there is.
    assert_eq!(status("narrow", invoke("other", "DryRun")).await, 403);
    assert_eq!(status("admin", invoke("other", "DryRun")).await, 404);
    let get = |path: &str| Wanted::new("GET", path, "");
    assert_eq!(status("narrow", get(&format!("{FUNCTIONS}/fn"))).await, 200);
    assert_eq!(status("narrow", get(FUNCTIONS)).await, 403);
    assert_eq!(status("narrow", get("/metrics")).await, 403);
    assert_eq!(status("stranger", get("/metrics")).await, 403);
    assert_eq!(status("admin", get("/metrics")).await, 200);
    let tagged = json!({"Tags": {"team": "core"}});
    let tags = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn";
    assert_eq!(asking.admin("POST", tags, &tagged).await.status, 204);
    let shown = asking
        .send(&get(&format!("{FUNCTIONS}/fn")).by("narrow"))
        .await;
    assert_eq!(shown.json()["Tags"]["team"], "core");
    let shown = asking
        .send(&get(&format!("{FUNCTIONS}/fn")).by("looker"))
        .await
        .json();
    assert_eq!(
        (&shown["Tags"], &shown["TagsError"]["ErrorCode"]),
        (&Value::Null, &json!(DENIED))
    );
    let delete = Wanted::new("DELETE", &format!("{FUNCTIONS}/fn"), "");
    let refused = asking.send(&delete.by("narrow")).await;
    assert_eq!(
        refused.json()["Message"],
        format!(
            "User: arn:aws:iam::123456789012:user/narrow is not authorized to perform: lambda:DeleteFunction on \
             resource: {ARN}:fn because no identity-based policy allows the lambda:DeleteFunction action"
        )
    );
}

#[tokio::test]
async fn another_account_needs_a_word_of_both_sides() {
    let asking = Asking::start().await;
    let invoke = Wanted::new(
        "POST",
        &format!("{FUNCTIONS}/{ARN}:fn/invocations").replace(':', "%3A"),
        "1",
    );
    let refused = asking.send(&invoke.by("stranger")).await;
    let text = refused.json()["Message"].to_string();
    assert!(
        text.contains("no resource-based policy allows the lambda:InvokeFunction action"),
        "{text}"
    );
    let grant = json!({
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "999999999999",
    });
    let granted = asking
        .admin("POST", &format!("{FUNCTIONS}/fn/policy"), &grant)
        .await;
    assert_eq!(granted.status, 201, "{granted:?}");
    assert_eq!(asking.send(&invoke.by("stranger")).await.status, 200);
    let qualified = Wanted {
        target: format!("{}?Qualifier=%24LATEST", invoke.target),
        ..invoke.clone()
    };
    assert_eq!(asking.send(&qualified.by("stranger")).await.status, 403);
}

#[tokio::test]
async fn a_function_on_the_web_is_told_who_has_signed() {
    let asking = Asking::start().await;
    let url = asking.url().await;
    let answer = asking
        .send(&Wanted::new("POST", &url, "{}").by("admin"))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let event = asking.host.ran.borrow().last().expect("it ran")["event"].clone();
    let event: Value = serde_json::from_str(event.as_str().expect("a text")).expect("JSON");
    let context = &event["requestContext"];
    assert_eq!(context["accountId"], "123456789012", "{event}");
    let iam = &context["authorizer"]["iam"];
    assert_eq!(iam["accessKey"], "SPKLADMIN00000000001");
    assert_eq!(iam["userArn"], "arn:aws:iam::123456789012:user/admin");
    assert_eq!(
        (&iam["cognitoIdentity"], &iam["principalOrgId"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(iam["callerId"], iam["userId"]);
    let denied = asking
        .send(&Wanted::new("POST", &url, "{}").by("powerless"))
        .await;
    let text = denied.json()["Message"].to_string();
    assert!(text.contains("Forbidden. For troubleshooting"), "{text}");
}

#[tokio::test]
async fn a_key_that_sends_more_than_it_may_is_told_to_wait() {
    let asking = Asking::start().await;
    let list = Wanted::new("GET", FUNCTIONS, "");
    for _ in 0..2 {
        assert_eq!(asking.send(&list.by("slow")).await.status, 200);
    }
    asking.send(&list.by("slow")).await.assert_error(
        429,
        "TooManyRequestsException",
        &json!({"Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate exceeded"}),
    );
}

#[tokio::test]
async fn the_host_tells_which_keys_are_used() {
    let asking = Asking::start().await;
    let shown = asking
        .admin("GET", "/sparkler/keys", &Value::Null)
        .await
        .json();
    let keys = shown["keys"].as_array().expect("keys").clone();
    let used = |id: &str| {
        let found = keys.iter().find(|key| key["id"] == id);
        found.expect("it is known")["lastUsed"].is_string()
    };
    assert!(used("SPKLADMIN00000000001") && !used("SPKLNARROW0000000001"));
    assert!(!shown.to_string().contains("the-secret"), "{shown}");
}

#[tokio::test]
async fn requests_in_the_name_of_another_take_nothing_from_it() {
    let asking = Asking::start().await;
    let list = Wanted::new("GET", FUNCTIONS, "");
    let wrong = list.signed(&Credentials {
        secret_access_key: "wrong".into(),
        ..credentials("slow")
    });
    for _ in 0..20 {
        assert_eq!(asking.send(&wrong).await.status, 403);
    }
    assert_eq!(asking.send(&list.by("slow")).await.status, 200);
}

#[tokio::test]
async fn no_call_fails_while_keys_are_exchanged() {
    let asking = Asking::start().await;
    let list = Wanted::new("GET", FUNCTIONS, "");
    let second = KEYS.replace("SPKLINACTIVE00000001", "SPKLSECOND0000000001");
    let second = second
        .replace("status = \"inactive\"\n", "")
        .replace("of-inactive", "of-second");
    let only_second = second.replacen("SPKLADMIN00000000001", "SPKLGONE000000000001", 1);
    assert_eq!(asking.send(&list.by("second")).await.status, 403);
    for (text, good) in [
        (&second, &["admin", "second"][..]),
        (&only_second, &["second"]),
    ] {
        asking.keys.write("keys.toml", text, 0o600);
        let reloading = {
            let identities = Arc::clone(&asking.identities);
            tokio::task::spawn_blocking(move || (0..20).for_each(|_| identities.reload()))
        };
        // What both sets know is known all the while.
        for _ in 0..20 {
            assert_eq!(asking.send(&list.by("session")).await.status, 200);
        }
        reloading.await.expect("it was read");
        for name in good {
            assert_eq!(asking.send(&list.by(name)).await.status, 200, "{name}");
        }
    }
    assert_eq!(asking.send(&list.by("admin")).await.status, 403);
}
