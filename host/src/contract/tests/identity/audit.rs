//! Who is refused is noted, with the reason and without a secret; and so is who has changed something.

use super::*;

impl Asking {
    async fn audited(&self, query: &str) -> Vec<Value> {
        let path = format!("/sparkler/audit{query}");
        let answer = self.send(&Wanted::new("GET", &path, "").by("admin")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["entries"].as_array().expect("a list").clone()
    }

    /// The entry of what was refused last.
    async fn refused(&self, sent: &Sent) -> Value {
        let answer = self.send(sent).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        let all = self.audited("?refused=true").await;
        let id = answer.header("x-amzn-requestid");
        let found = all.iter().find(|entry| entry["requestId"] == id);
        found
            .unwrap_or_else(|| panic!("{answer:?} in {all:?}"))
            .clone()
    }
}

fn get_fn() -> Wanted {
    Wanted::new("GET", &format!("{FUNCTIONS}/fn"), "")
}

const NO_DELETE: &str = "NoDelete";

#[tokio::test]
async fn whoever_is_refused_is_noted_with_the_reason() {
    let statements = json!([
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {"Sid": NO_DELETE, "Effect": "Deny", "Action": "lambda:DeleteFunction", "Resource": "*"},
    ]);
    let asking = Asking::of(&statements).await;
    let resource = format!("{ARN}:fn");

    let denied = asking.refused(&get_fn().by("powerless")).await;
    assert_eq!(
        denied["principal"],
        "arn:aws:iam::123456789012:user/powerless"
    );
    assert_eq!(denied["keyId"], "SPKLPOWERLESS0000001");
    assert_eq!(
        (&denied["operation"], &denied["function"]),
        (&json!("GetFunction"), &json!("fn"))
    );
    assert_eq!(denied["resource"], resource);
    assert_eq!(denied["refused"]["reason"], DENIED);
    assert_eq!(denied["refused"]["statement"], Value::Null);

    let delete = Wanted::new("DELETE", &format!("{FUNCTIONS}/fn"), "");
    let denied = asking.refused(&delete.by("looker")).await;
    let statement = denied["refused"]["statement"].to_string();
    assert!(statement.contains(NO_DELETE), "{statement}");

    let mut wrong = credentials("admin");
    wrong.secret_access_key = "another-secret".into();
    let forged = asking.refused(&get_fn().signed(&wrong)).await;
    assert_eq!(
        (&forged["keyId"], &forged["refused"]["reason"]),
        (&json!(wrong.access_key_id), &json!(INVALID))
    );
    wrong.access_key_id = "a-secret-in-the-wrong-place".into();
    let unknown = asking.refused(&get_fn().signed(&wrong)).await;
    assert_eq!(unknown["keyId"], "a-secret…");
    assert_eq!(
        (&unknown["principal"], &unknown["refused"]["reason"]),
        (&json!("anonymous"), &json!(UNKNOWN))
    );
    let unsigned = asking.refused(&get_fn().unsigned()).await;
    assert_eq!(
        unsigned["refused"]["reason"],
        "MissingAuthenticationTokenException"
    );
    assert_eq!(unsigned["keyId"], Value::Null);

    let invoke = Wanted::new("POST", &format!("{FUNCTIONS}/fn/invocations"), "{}");
    let invoked = asking.refused(&invoke.by("powerless")).await;
    assert_eq!(
        (&invoked["operation"], &invoked["resource"]),
        (&json!("Invoke"), &json!(resource))
    );
    let url = asking.url().await;
    let visited = asking
        .refused(&Wanted::new("GET", &url, "").unsigned())
        .await;
    assert_eq!(visited["operation"], "InvokeFunctionUrl");
    assert_eq!(
        (&visited["principal"], &visited["function"]),
        (&json!("anonymous"), &json!("fn"))
    );
    let logs = Wanted {
        service: "logs",
        headers: vec![("x-amz-target", "Logs_20140328.DescribeLogGroups".into())],
        ..Wanted::new("POST", "/", "{}")
    };
    let read = asking.refused(&logs.by("powerless")).await;
    assert_eq!(
        (&read["operation"], &read["refused"]["reason"]),
        (&json!("DescribeLogGroups"), &json!(DENIED))
    );

    for _ in 0..2 {
        asking.send(&get_fn().by("slow")).await;
    }
    let fast = asking.refused(&get_fn().by("slow")).await;
    assert_eq!(
        (&fast["keyId"], &fast["refused"]["reason"]),
        (
            &json!("SPKLSLOW000000000001"),
            &json!("TooManyRequestsException")
        )
    );

    let all = format!("{:?}", asking.audited("").await);
    assert!(
        !all.contains("-0123456789") && !all.contains("wrong-place"),
        "{all}"
    );
}

#[tokio::test]
async fn whoever_changes_something_is_named_with_their_key() {
    let asking = Asking::start().await;
    let created = asking
        .audited("?operation=CreateFunction&principal=admin")
        .await;
    assert_eq!(created.len(), 1);
    assert_eq!(
        created[0]["principal"],
        "arn:aws:iam::123456789012:user/admin"
    );
    assert_eq!(created[0]["keyId"], "SPKLADMIN00000000001");
    assert_eq!(created[0]["refused"], Value::Null);
}

#[tokio::test]
async fn the_log_is_for_those_who_may_read_it() {
    let asking = Asking::start().await;
    let read = Wanted::new("GET", "/sparkler/audit", "");
    for name in ["powerless", "narrow"] {
        assert_eq!(asking.send(&read.by(name)).await.status, 403, "{name}");
    }
    // Each account has its own.
    let own = asking.send(&read.by("stranger")).await;
    assert_eq!(
        (own.status.as_u16(), &own.json()["entries"]),
        (200, &json!([]))
    );
    assert_eq!(asking.send(&read.unsigned()).await.status, 403);
}
