//! What holds for policies that nobody has thought of.

use super::*;
use crate::domain::dice::Dice;

const IDENTITIES: [&str; 7] = [
    USER,
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/r/s",
    "arn:aws:iam::444455556666:user/dev",
    "arn:aws:sts::444455556666:assumed-role/r/s",
    "s3.amazonaws.com",
    "anonymous",
];

fn statement(numbers: &mut Dice, effect: &str, has_principal: bool) -> Value {
    let actions = [
        "*",
        "lambda:*",
        "lambda:Invoke*",
        "lambda:GetFunction",
        "s3:*",
    ]
    .map(Value::from);
    let resources = [
        "*",
        FUNCTION,
        "arn:aws:lambda:*:*:function:*",
        "arn:aws:lambda:*:*:function:${aws:username}",
    ];
    let resources = resources.map(Value::from);
    let conditions = [
        json!({}),
        json!({"StringEquals": {"aws:UserAgent": "a"}}),
        json!({"StringNotLikeIfExists": {"aws:UserAgent": "a*"}}),
        json!({"ForAnyValue:StringLike": {"aws:TagKeys": ["a", "${aws:userid}"]}}),
        json!({"Null": {"aws:SourceIp": "true"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"Bool": {"s3:x": "true"}}),
    ];
    let not = |numbers: &mut Dice, name: &str| match numbers.below(5) {
        0 => format!("Not{name}"),
        _ => name.to_owned(),
    };
    let mut made = json!({ "Effect": effect });
    made[not(numbers, "Action")] = numbers.one_of(&actions);
    made[not(numbers, "Resource")] = numbers.one_of(&resources);
    made["Condition"] = numbers.one_of(&conditions);
    if has_principal {
        let arns: Vec<Value> = IDENTITIES[..5]
            .iter()
            .map(|arn| json!({ "AWS": arn }))
            .collect();
        let mut principals = arns.clone();
        principals.extend([
            json!("*"),
            json!({"AWS": "arn:aws:iam::444455556666:role/r"}),
            json!({"Service": "s3.amazonaws.com"}),
        ]);
        let negated = effect == "Deny" && numbers.below(4) == 0;
        let name = if negated { "NotPrincipal" } else { "Principal" };
        made[name] = numbers.one_of(if negated { &arns } else { &principals });
    }
    made
}

/// Policies of all kinds, by the names of a case's members.
fn case(numbers: &mut Dice) -> BTreeMap<&'static str, Vec<Value>> {
    let mut policies = BTreeMap::new();
    for kind in ["identity", "boundary", "session", "resource"] {
        let is_there = kind == "identity" || numbers.below(2) == 0;
        let statements = if is_there { 1 + numbers.below(3) } else { 0 };
        let made = (0..statements).map(|_| {
            let effect = if numbers.below(4) == 0 {
                "Deny"
            } else {
                "Allow"
            };
            statement(numbers, effect, kind == "resource")
        });
        let made: Vec<Value> = made.collect();
        if !made.is_empty() {
            policies.insert(kind, made);
        }
    }
    policies
}

fn is_allowed(policies: &BTreeMap<&str, Vec<Value>>, about: &Value) -> bool {
    let mut whole = about.clone();
    for (kind, statements) in policies {
        whole[*kind] = json!(statements);
    }
    let case: Case = serde_json::from_value(whole).expect("a case");
    case.decided().starts_with("allowed")
}

/// For many policies and requests: whether each is allowed, and whether it is with one more statement.
fn with_one_more(effect: &str, mut look: impl FnMut(bool, bool)) {
    let numbers = &mut Dice::of(0x2026);
    for _ in 0..4_000 {
        let policies = case(numbers);
        let tags = [json!([]), json!(["a"]), json!(["a", "b"])];
        let agents = [json!([]), json!("a"), json!("b")];
        let about = json!({
            "name": "generated", "expect": "",
            "principal": IDENTITIES[numbers.below(IDENTITIES.len())],
            "action": numbers.one_of(&["lambda:InvokeFunction", "lambda:GetFunction"].map(Value::from)),
            "on": numbers.one_of(&[FUNCTION, "arn:aws:lambda:us-east-1:111122223333:function:ci", "*"].map(Value::from)),
            "context": {"aws:UserAgent": numbers.one_of(&agents), "aws:TagKeys": numbers.one_of(&tags)},
        });
        let before = is_allowed(&policies, &about);
        // To a policy that there is: a limit that begins to be one allows less, whatever it says.
        let kinds: Vec<&str> = policies.keys().copied().collect();
        let kind = kinds[numbers.below(kinds.len())];
        let mut more = policies.clone();
        let added = statement(numbers, effect, kind == "resource");
        let at = numbers.below(more[kind].len() + 1);
        more.entry(kind).or_default().insert(at, added);
        look(before, is_allowed(&more, &about));
    }
}

#[test]
fn one_more_deny_never_allows_more() {
    let mut taken = 0;
    with_one_more("Deny", |before, after| {
        assert!(before || !after);
        taken += usize::from(before && !after);
    });
    assert!(taken > 50, "only {taken} were denied by what was added");
}

#[test]
fn one_more_allow_never_allows_less() {
    let mut given = 0;
    with_one_more("Allow", |before, after| {
        assert!(!before || after);
        given += usize::from(!before && after);
    });
    assert!(given > 50, "only {given} were allowed by what was added");
}
