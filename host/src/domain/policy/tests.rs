//! What is decided, case by case, and what holds whatever the policies are.

mod generated;
mod refused;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;

/// A function, and a user of its account: what a case is about that says nothing else.
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:fn";
const USER: &str = "arn:aws:iam::111122223333:user/ci";

/// A line of `cases.json`. Statements allow everybody everything, but for what they say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    identity: Vec<Value>,
    boundary: Option<Vec<Value>>,
    #[serde(default)]
    session: Vec<Value>,
    #[serde(default)]
    resource: Vec<Value>,
    principal: Option<String>,
    action: Option<String>,
    on: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    time: Option<String>,
    version: Option<String>,
    expect: String,
}

#[test]
fn every_case_is_decided_as_expected() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("tests/cases.json")).expect("cases");
    assert!(cases.len() >= 150);
    let decided = cases.iter().map(|case| (case, case.decided()));
    let wrong: Vec<String> = decided
        .filter(|(case, decided)| case.expect != *decided)
        .map(|(case, decided)| format!("{}: {decided}, not {}", case.name, case.expect))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

impl Case {
    fn decided(&self) -> String {
        let version = self.version.as_deref().unwrap_or("2012-10-17");
        let of_identity = |statements: &[Value]| {
            let text = document(statements, version, &[]);
            Arc::new(
                Document::identity(&text).unwrap_or_else(|wrong| panic!("{}: {wrong}", self.name)),
            )
        };
        let own = OwnPolicies {
            identity: vec![of_identity(&self.identity)],
            boundary: self.boundary.as_deref().map(of_identity),
            // Each statement in a policy of its own.
            session: self.session.chunks(1).map(of_identity).collect(),
        };
        let resource = match self.resource.as_slice() {
            [] => Document::empty(),
            statements => {
                let text = document(
                    statements,
                    version,
                    &[("Principal", "NotPrincipal", json!("*"))],
                );
                Document::resource(&text).unwrap_or_else(|wrong| panic!("{}: {wrong}", self.name))
            }
        };
        let (identity, context) = (self.identity_that_asks(), self.context());
        let request = Request {
            identity: &identity,
            action: self.action.as_deref().unwrap_or("lambda:InvokeFunction"),
            resource: self.on.as_deref().unwrap_or(FUNCTION),
            context: &context,
        };
        shown(&decide(request, &own, &resource))
    }

    fn identity_that_asks(&self) -> Identity {
        match self.principal.as_deref().unwrap_or(USER) {
            "anonymous" => Identity::anonymous(),
            arn if arn.starts_with("arn:") => Identity::aws(arn).expect("an identity"),
            service => Identity::service(service),
        }
    }

    fn context(&self) -> Context {
        let mut context = Context::default();
        for (key, value) in &self.context {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                single => std::slice::from_ref(single),
            };
            for value in values {
                context = context.with(key, value.as_str().expect("a text"));
            }
        }
        match &self.time {
            None => context,
            Some(time) => {
                let since = moment::milliseconds(time).expect("a time").unsigned_abs();
                context.at(UNIX_EPOCH + Duration::from_millis(since))
            }
        }
    }
}

/// A policy of these statements, with what they do not say.
fn document(statements: &[Value], version: &str, more: &[(&str, &str, Value)]) -> String {
    let mut defaults = vec![
        ("Effect", "Effect", json!("Allow")),
        ("Action", "NotAction", json!("*")),
        ("Resource", "NotResource", json!("*")),
    ];
    defaults.extend_from_slice(more);
    let whole = statements.iter().map(|statement| {
        let mut members: Map<String, Value> = statement.as_object().expect("a statement").clone();
        for (name, opposite, value) in &defaults {
            if !members.contains_key(*opposite) {
                members.entry(*name).or_insert_with(|| value.clone());
            }
        }
        Value::Object(members)
    });
    let mut whole: Vec<Value> = whole.collect();
    if whole.is_empty() {
        // A policy has to say something: this is about nothing that is ever asked.
        whole.push(json!({"Effect": "Allow", "Action": "x:Nothing", "Resource": "*"}));
    }
    json!({"Version": version, "Statement": whole}).to_string()
}

/// A decision in the words of the cases.
fn shown(decision: &Decision<'_>) -> String {
    let name = |kind| match kind {
        PolicyKind::Identity => "identity",
        PolicyKind::Boundary => "boundary",
        PolicyKind::Session => "session",
        PolicyKind::Resource => "resource",
    };
    match decision.reason {
        Reason::Allowed(found) => format!("allowed by {}", name(found.kind)),
        Reason::Root => "allowed as root".into(),
        Reason::Denied(found) => format!("denied by {}", name(found.kind)),
        Reason::NotAllowed(kind) => format!("no {}", name(kind)),
        Reason::TooMuch => "too much".into(),
    }
}
