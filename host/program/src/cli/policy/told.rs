//! A decision in words, and as JSON.

use serde_json::{Value, json};
use sparkler::internals::{Decision, Found, Opinion, PolicyKind};

/// The decision, why, and what each kind of policy says.
pub(super) fn lines(decision: &Decision<'_>) -> Vec<String> {
    let outcome = match decision.is_allowed() {
        true => "Allowed",
        false => "Denied",
    };
    let mut lines = vec![format!("{outcome}: {}.", decision.reason)];
    lines.extend(decision.opinions.iter().map(|opinion| {
        let what = match opinion {
            Opinion {
                denies: Some(found),
                ..
            } => format!("denied by {}", place(found)),
            Opinion {
                allows: Some(found),
                ..
            } => format!("allowed by {}", place(found)),
            Opinion { is_there: true, .. } => "says nothing of it".into(),
            Opinion { .. } => "there is none".into(),
        };
        format!("  {}: {what}", heading(opinion.kind))
    }));
    lines.extend(
        decision
            .refusal()
            .map(|text| format!("A client is told: {text}")),
    );
    lines
}

/// The same for programs.
pub(super) fn json(decision: &Decision<'_>) -> Value {
    let opinions = decision.opinions.iter().map(|opinion| {
        json!({
            "kind": name(opinion.kind),
            "present": opinion.is_there,
            "denies": opinion.denies.map(found),
            "allows": opinion.allows.map(found),
        })
    });
    json!({
        "allowed": decision.is_allowed(),
        "reason": decision.reason.to_string(),
        "message": decision.refusal(),
        "policies": opinions.collect::<Vec<_>>(),
    })
}

fn found(found: Found<'_>) -> Value {
    json!({"policy": found.policy, "statement": found.place, "sid": found.id})
}

/// Which statement, of which of several policies.
fn place(found: &Found<'_>) -> String {
    let statement = match found.id {
        Some(id) => format!("statement '{id}'"),
        None => format!("statement {}", found.place + 1),
    };
    match found.policy {
        0 => statement,
        more => format!("{statement} of policy {}", more + 1),
    }
}

fn heading(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "policies of the identity",
        PolicyKind::Boundary => "permissions boundary",
        PolicyKind::Session => "policies of the session",
        PolicyKind::Resource => "policy of the resource",
    }
}

fn name(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "identity",
        PolicyKind::Boundary => "boundary",
        PolicyKind::Session => "session",
        PolicyKind::Resource => "resource",
    }
}
