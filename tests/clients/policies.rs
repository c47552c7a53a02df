//! Decisions on generated policies, compared with those of another implementation: ministack's evaluator.
//!
//! Where the two differ, a rule says what AWS documents, and applies to the case; a rule without a case is an
//! error as well.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use sparkler::internals::{Context, Document, Identity, OwnPolicies, Reason, Request, decide};
use sparkler_tests::python::programs_of;

const PACKAGES: &[&str] = &["ministack==1.5.33"];
const CASES: usize = 6_000;

const USER: &str = "arn:aws:iam::111122223333:user/ci";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/r/s";
const OTHER_USER: &str = "arn:aws:iam::444455556666:user/ci";
const OTHER_SESSION: &str = "arn:aws:sts::444455556666:assumed-role/r/s";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:fn";

/// Where ministack does not do what AWS documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// "Each of the six colon-delimited components of the ARN is checked separately": a star stays in its own.
    ArnsByPart,
    /// `${aws:username}` stands for the name of the user.
    Variables,
    /// `aws:PrincipalArn` of a session is the ARN of its role.
    RoleOfSession,
    /// A deny with `NotPrincipal` is about everybody else.
    NotPrincipal,
    /// A session's policy narrows a user that the resource names: only a session that is named is not narrowed.
    SessionOfUser,
    /// Keys with several values need `ForAllValues` or `ForAnyValue`: without, what they are compared to is not
    /// defined, and this host takes the safe side.
    SeveralValues,
    /// A key of another service cannot be known here: it allows nothing, and denies.
    OtherService,
}

const RULES: [Rule; 7] = [
    Rule::ArnsByPart,
    Rule::Variables,
    Rule::RoleOfSession,
    Rule::NotPrincipal,
    Rule::SessionOfUser,
    Rule::SeveralValues,
    Rule::OtherService,
];

#[test]
fn another_evaluator_decides_the_same_but_for_what_rules_explain() {
    let numbers = &mut Numbers(0x5eed);
    let cases: Vec<Case> = (0..CASES).map(|_| Case::new(numbers)).collect();
    let theirs = theirs(&cases);
    assert_eq!(theirs.len(), CASES);
    let mut used = BTreeSet::new();
    let mut decided: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let ours = case.decided();
        *decided.entry(ours).or_default() += 1;
        if ours != theirs {
            let rules = case.rules();
            assert!(
                !rules.is_empty(),
                "{ours} here, {theirs} there: {:#}",
                case.whole
            );
            used.extend(rules);
        }
    }
    // A comparison of things that are all denied would show nothing.
    for decision in ["Allow", "Deny", "ImplicitDeny"] {
        assert!(decided[decision] > CASES / 20, "{decided:?}");
    }
    let unused: Vec<_> = RULES.iter().filter(|rule| !used.contains(rule)).collect();
    assert!(unused.is_empty(), "nothing needs {unused:?}");
    let plain = cases.iter().filter(|case| case.rules().is_empty()).count();
    assert!(plain > CASES / 2, "rules apply to all but {plain}");
}

fn theirs(cases: &[Case]) -> Vec<String> {
    let python = programs_of(PACKAGES).join("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python/policies.py");
    let mut child = Command::new(python)
        .arg("-B")
        .arg(script)
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let whole: Vec<&Value> = cases.iter().map(|case| &case.whole).collect();
    let mut stdin = child.stdin.take().expect("it is piped");
    let written = stdin.write_all(json!(whole).to_string().as_bytes());
    written.expect("it reads all cases");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list of words")
}

/// Policies and a request, as they are told to the other side.
struct Case {
    whole: Value,
}

impl Case {
    fn new(numbers: &mut Numbers) -> Self {
        let of_identity = |numbers: &mut Numbers| policy(numbers, false);
        let some = |numbers: &mut Numbers, times: usize| match numbers.below(times) {
            0 => json!([of_identity(numbers)]),
            _ => json!([]),
        };
        let principal = numbers.one_of(&[USER, USER, SESSION, SESSION, OTHER_USER, OTHER_SESSION]);
        let is_user = principal.contains(":user/");
        let mut context = BTreeMap::new();
        for (key, values) in [
            (
                "aws:UserAgent",
                vec![json!(["a/1"]), json!(["b"]), json!(["A/1"])],
            ),
            (
                "aws:TagKeys",
                vec![json!(["a"]), json!(["a", "b"]), json!(["b", "c"])],
            ),
            (
                "aws:SourceIp",
                vec![
                    json!(["10.1.2.3"]),
                    json!(["192.0.2.1"]),
                    json!(["2001:db8::1"]),
                ],
            ),
            (
                "aws:SourceArn",
                vec![
                    json!(["arn:aws:s3:::bucket"]),
                    json!(["arn:aws:sns:us-east-1:111122223333:t"]),
                ],
            ),
            (
                "aws:MultiFactorAuthAge",
                vec![json!(["5"]), json!(["300"]), json!(["1e3"])],
            ),
            (
                "aws:MultiFactorAuthPresent",
                vec![json!(["true"]), json!(["false"])],
            ),
            (
                "aws:RequestTag/at",
                vec![
                    json!(["2026-01-31T12:00:00Z"]),
                    json!(["2026-06-01T00:00:00Z"]),
                ],
            ),
        ] {
            if numbers.below(3) > 0 {
                context.insert(key, numbers.one_of(&values));
            }
        }
        let whole = json!({
            "principal": principal,
            "type": if is_user { "User" } else { "AssumedRole" },
            "account": principal.split(':').nth(4),
            "keys": if is_user { json!({"aws:username": "ci"}) } else { json!({}) },
            "action": numbers.one_of(&["lambda:InvokeFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration"]),
            "on": format!("{FUNCTION}{}", numbers.one_of(&["", "", ":1", ":PROD", "2"])),
            "context": context,
            "identity": if numbers.below(5) > 0 { json!([of_identity(numbers), of_identity(numbers)]) } else { json!([]) },
            "boundary": some(numbers, 4),
            "session": some(numbers, 4),
            "resource": if numbers.below(3) > 0 { policy(numbers, true) } else { Value::Null },
        });
        Self { whole }
    }

    fn texts(&self, name: &str) -> &str {
        self.whole[name].as_str().expect("a text")
    }

    fn decided(&self) -> &'static str {
        let read = |policy: &Value| {
            let read = Document::identity(&policy.to_string());
            Arc::new(read.unwrap_or_else(|wrong| panic!("{wrong}: {policy:#}")))
        };
        let all = |name: &str| -> Vec<Arc<Document>> {
            self.whole[name]
                .as_array()
                .into_iter()
                .flatten()
                .map(read)
                .collect()
        };
        let own = OwnPolicies {
            identity: all("identity"),
            boundary: all("boundary").pop(),
            session: all("session"),
        };
        let resource = match &self.whole["resource"] {
            Value::Null => Document::default(),
            policy => Document::resource(&policy.to_string()).expect("a policy"),
        };
        let mut context = Context::default();
        for (key, values) in self.whole["context"].as_object().expect("an object") {
            for value in values.as_array().expect("a list") {
                context = context.with(key, value.as_str().expect("a text"));
            }
        }
        let identity = Identity::aws(self.texts("principal")).expect("an identity");
        let request = Request {
            identity: &identity,
            action: self.texts("action"),
            resource: self.texts("on"),
            context: &context,
        };
        match decide(request, &own, &resource).reason {
            Reason::Allowed(_) | Reason::Root => "Allow",
            Reason::Denied(_) => "Deny",
            Reason::NotAllowed(_) | Reason::TooMuch => "ImplicitDeny",
        }
    }

    /// The rules that apply to it.
    fn rules(&self) -> Vec<Rule> {
        let text = self.whole.to_string();
        let is_user = text.contains(r#""type":"User""#);
        let applies = |rule: &Rule| match rule {
            Rule::ArnsByPart => text.contains("arn:aws:s*:*:t") || text.contains("arn:*:bucket"),
            Rule::Variables => text.contains("${"),
            Rule::RoleOfSession => !is_user && text.contains("aws:PrincipalArn"),
            Rule::NotPrincipal => text.contains("NotPrincipal"),
            Rule::SessionOfUser => {
                is_user && text.contains(USER) && self.whole["session"] != json!([])
            }
            Rule::SeveralValues => self.has_single_test_of_tags(),
            Rule::OtherService => text.contains("s3:prefix"),
        };
        RULES.into_iter().filter(applies).collect()
    }

    fn has_single_test_of_tags(&self) -> bool {
        let several = self.whole["context"]["aws:TagKeys"].as_array();
        several.is_some_and(|several| several.len() > 1)
            && self
                .whole
                .to_string()
                .contains(r#"{"StringEquals":{"aws:TagKeys"#)
    }
}

fn policy(numbers: &mut Numbers, is_of_resource: bool) -> Value {
    let statements = 1 + numbers.below(3);
    let statements = (0..statements).map(|_| statement(numbers, is_of_resource));
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

fn statement(numbers: &mut Numbers, is_of_resource: bool) -> Value {
    let not = |numbers: &mut Numbers, name: &str| match numbers.below(6) {
        0 => format!("Not{name}"),
        _ => name.to_owned(),
    };
    let effect = if numbers.below(5) == 0 {
        "Deny"
    } else {
        "Allow"
    };
    let mut made = json!({ "Effect": effect });
    let actions = [
        "*",
        "lambda:*",
        "lambda:Invoke*",
        "LAMBDA:get*",
        "lambda:GetFunction",
        "lambda:Get?unction",
    ];
    made[not(numbers, "Action")] = match numbers.below(4) {
        0 => json!(["s3:*", numbers.one_of(&actions)]),
        _ => numbers.one_of(&actions).into(),
    };
    let resources = [
        "*",
        "*",
        FUNCTION,
        "arn:aws:lambda:*:*:function:fn*",
        "arn:aws:lambda:*:function:*:*",
        "arn:aws:lambda:*:111122223333:function:f?",
    ];
    made[not(numbers, "Resource")] = match numbers.below(30) {
        0 => "arn:aws:lambda:*:*:function:${aws:username, 'fn'}".into(),
        _ => numbers.one_of(&resources).into(),
    };
    if numbers.below(2) == 0 {
        made["Condition"] = condition(numbers);
    }
    if is_of_resource {
        let arns = [
            USER,
            SESSION,
            OTHER_USER,
            OTHER_SESSION,
            "111122223333",
            "arn:aws:iam::444455556666:root",
            "arn:aws:iam::111122223333:role/r",
            "arn:aws:iam::444455556666:role/r",
        ];
        let named = match numbers.below(5) {
            0 => json!("*"),
            1 => json!({"AWS": [numbers.one_of(&arns), numbers.one_of(&arns)]}),
            2 => json!({"Service": "s3.amazonaws.com", "AWS": numbers.one_of(&arns)}),
            _ => json!({"AWS": numbers.one_of(&arns)}),
        };
        let is_negated = effect == "Deny" && named != "*" && numbers.below(4) == 0;
        made[if is_negated {
            "NotPrincipal"
        } else {
            "Principal"
        }] = named;
    }
    made
}

fn condition(numbers: &mut Numbers) -> Value {
    let suffix = numbers.one_of(&["", "", "IfExists"]);
    let set = numbers.one_of(&["ForAllValues:", "ForAnyValue:"]);
    let (key, operators, values): (&str, &[&str], &[Value]) = match numbers.below(32) {
        0..6 => (
            "aws:UserAgent",
            &[
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "StringNotLike",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
            ],
            &[
                json!("a/1"),
                json!(["b", "a/*"]),
                json!("?/1"),
                json!(["x", "y"]),
            ],
        ),
        6..11 => (
            "aws:TagKeys",
            &["StringEquals", "StringNotEquals", "StringLike"],
            &[json!("a"), json!(["a", "b"]), json!(["*"])],
        ),
        11..15 => (
            "aws:SourceIp",
            &["IpAddress", "NotIpAddress"],
            &[
                json!("10.0.0.0/8"),
                json!(["192.0.2.1", "2001:db8::/32"]),
                json!("0.0.0.0/0"),
            ],
        ),
        15..19 => (
            "aws:SourceArn",
            &["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
            &[
                json!("arn:aws:s3:::bucket"),
                json!("arn:aws:sns:*:*:t"),
                json!(["arn:aws:s3:::b*", "arn:aws:sqs:*:*:*"]),
            ],
        ),
        19..23 => (
            "aws:MultiFactorAuthAge",
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            &[json!("300"), json!(1000), json!(["5", "6.5"])],
        ),
        23..26 => (
            "aws:MultiFactorAuthPresent",
            &["Bool"],
            &[json!("true"), json!("false"), json!(true)],
        ),
        26..29 => (
            "aws:RequestTag/at",
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateGreaterThan",
                "DateLessThanEquals",
                "DateGreaterThanEquals",
            ],
            &[
                json!("2026-01-31T13:00:00+01:00"),
                json!("2026-03-01T00:00:00Z"),
            ],
        ),
        29 => {
            let key = numbers.one_of(&["aws:UserAgent", "aws:TagKeys"]);
            return json!({"Null": {key: numbers.one_of(&["true", "false"])}});
        }
        30 => return special(numbers),
        _ => (
            "aws:PrincipalAccount",
            &["StringEquals", "StringNotEquals"],
            &[json!("111122223333"), json!(["444455556666"])],
        ),
    };
    let prefix = if key == "aws:TagKeys" { set } else { "" };
    let operator = [prefix, numbers.one_of(operators), suffix].concat();
    json!({ operator: { key: numbers.one_of(values) } })
}

/// What rules are there for.
fn special(numbers: &mut Numbers) -> Value {
    numbers.one_of(&[
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s*:*:t:*:*"}}),
        json!({"ArnNotLike": {"aws:SourceArn": "arn:*:bucket:*:*:*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s*:*:t*:*:*"}}),
        json!({"StringEquals": {"aws:TagKeys": ["a", "b"]}}),
        json!({"StringLike": {"aws:UserAgent": "${aws:username, 'a'}*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}),
        json!({"StringEquals": {"s3:prefix": "x"}}),
    ])
}

/// The same numbers at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).expect("small")).expect("small")
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}
