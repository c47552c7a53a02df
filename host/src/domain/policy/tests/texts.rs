//! What is said to whoever may not.

use super::*;

fn refusal(identity: &Identity, own: &OwnPolicies, resource: &Document) -> Option<String> {
    let context = Context::default();
    let request = Request {
        identity,
        action: "lambda:InvokeFunction",
        resource: FUNCTION,
        context: &context,
    };
    decide(request, own, resource).refusal()
}

fn policy(effect: &str, action: &str) -> Arc<Document> {
    let text = document(
        &[json!({"Effect": effect, "Action": action})],
        "2012-10-17",
        &[],
    );
    Arc::new(Document::identity(&text).expect("a policy"))
}

fn of_resource(effect: &str) -> Document {
    let statement = json!({"Sid": "one", "Effect": effect, "Principal": "*"});
    Document::resource(&document(&[statement], "2012-10-17", &[])).expect("a policy")
}

fn allowed() -> OwnPolicies {
    OwnPolicies {
        identity: vec![policy("Allow", "*")],
        ..OwnPolicies::default()
    }
}

#[test]
fn texts_are_those_of_aws() {
    let user = Identity::aws(USER).expect("a user");
    let other = Identity::aws("arn:aws:sts::444455556666:assumed-role/r/s").expect("a session");
    let (none, nobody) = (Document::empty(), OwnPolicies::default());
    let begin = format!(
        "User: {USER} is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}"
    );
    for (own, resource, end) in [
        (
            nobody.clone(),
            none.clone(),
            "because no identity-based policy allows the lambda:InvokeFunction action",
        ),
        (
            OwnPolicies {
                boundary: Some(policy("Allow", "s3:*")),
                ..allowed()
            },
            none.clone(),
            "because no permissions boundary allows the lambda:InvokeFunction action",
        ),
        (
            OwnPolicies {
                session: vec![policy("Allow", "s3:*")],
                ..allowed()
            },
            none.clone(),
            "because no session policy allows the lambda:InvokeFunction action",
        ),
        (
            OwnPolicies {
                identity: vec![policy("Deny", "*")],
                ..allowed()
            },
            none.clone(),
            "with an explicit deny in an identity-based policy",
        ),
        (
            OwnPolicies {
                boundary: Some(policy("Deny", "*")),
                ..allowed()
            },
            none.clone(),
            "with an explicit deny in a permissions boundary",
        ),
        (
            OwnPolicies {
                session: vec![policy("Deny", "*")],
                ..allowed()
            },
            none.clone(),
            "with an explicit deny in a session policy",
        ),
        (
            allowed(),
            of_resource("Deny"),
            "with an explicit deny in a resource-based policy",
        ),
    ] {
        assert_eq!(
            refusal(&user, &own, &resource),
            Some(format!("{begin} {end}"))
        );
    }
    assert_eq!(
        refusal(&other, &allowed(), &none).expect("refused"),
        format!(
            "User: arn:aws:sts::444455556666:assumed-role/r/s is not authorized to perform: \
             lambda:InvokeFunction on resource: {FUNCTION} because no resource-based policy allows \
             the lambda:InvokeFunction action"
        )
    );
    assert_eq!(
        refusal(&Identity::service("s3.amazonaws.com"), &nobody, &none).expect("refused"),
        "s3.amazonaws.com is not authorized to perform: lambda:InvokeFunction on the resource because \
         no resource-based policy allows the lambda:InvokeFunction action"
    );
    assert_eq!(refusal(&user, &allowed(), &none), None);
}

#[test]
fn the_statement_that_decides_is_told_by_its_id_or_place() {
    let (user, context) = (Identity::aws(USER).expect("a user"), Context::default());
    let request = Request {
        identity: &user,
        action: "lambda:InvokeFunction",
        resource: FUNCTION,
        context: &context,
    };
    let (own, resource) = (allowed(), of_resource("Deny"));
    let reason = |resource| decide(request, &own, resource).reason.to_string();
    assert_eq!(
        reason(&resource),
        "the statement 'one' of a resource-based policy denies it"
    );
    assert_eq!(
        reason(&Document::empty()),
        "statement 1 of an identity-based policy allows it"
    );
}

#[test]
fn policies_that_take_too_long_allow_nothing() {
    let user = Identity::aws(USER).expect("a user");
    let hostile = format!("arn:*{}b", "a".repeat(18_000));
    let statement = json!({"Resource": [hostile, "*"]});
    let text = document(&[statement], "2012-10-17", &[]);
    let own = OwnPolicies {
        identity: vec![Arc::new(Document::identity(&text).expect("a policy"))],
        ..OwnPolicies::default()
    };
    let context = Context::default();
    let request = Request {
        identity: &user,
        action: "lambda:InvokeFunction",
        resource: &format!("arn:{}", "a".repeat(40_000)),
        context: &context,
    };
    let none = Document::empty();
    let decision = decide(request, &own, &none);
    assert_eq!(decision.reason, Reason::TooMuch);
    assert!(!decision.is_allowed());
    assert!(
        decision
            .refusal()
            .expect("refused")
            .contains("take too long")
    );
}
