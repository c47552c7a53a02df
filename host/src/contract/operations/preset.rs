//! Policies for usual tasks, made of the table's actions.

use std::collections::BTreeSet;

use serde_json::json;

use super::Operation;
use crate::domain::named::named;
use crate::domain::policy::{Document, PolicyError};

named! {
    /// A policy for a usual task.
    pub enum Preset {
        /// Everything in the account.
        Admin = "admin",
        /// To make, change, read and invoke functions, but not who else may.
        Deploy = "deploy",
        /// To invoke functions.
        Invoke = "invoke",
        /// To read functions and their logs.
        Read = "read",
        /// To say who may do what with functions.
        Permissions = "permissions",
        /// To assume roles, of those that trust whoever has this.
        Assume = "assume",
        /// What is about the host, and not about an account.
        Operator = "operator",
    }
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Invoke,
    Permissions,
    Assume,
    Host,
}

impl Preset {
    /// The policy, for resources of these ARNs or patterns: `*` alone for all.
    ///
    /// # Errors
    /// For what is no resource.
    pub fn policy(self, resources: &[&str]) -> Result<Document, PolicyError> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Sid": crate::domain::Named::name(self),
                "Effect": "Allow",
                "Action": self.actions(),
                "Resource": resources,
            },
        });
        Document::identity(&policy.to_string())
    }

    fn actions(self) -> BTreeSet<&'static str> {
        let with = |wanted: &[Access]| {
            let actions = Operation::ALL
                .iter()
                .filter_map(|operation| operation.action());
            actions
                .filter(|action| wanted.contains(&access(action)))
                .collect()
        };
        match self {
            Self::Admin => ["lambda:*", "logs:*", "sts:*"].into(),
            Self::Deploy => with(&[Access::Read, Access::Write, Access::Invoke]),
            Self::Invoke => with(&[Access::Invoke]),
            Self::Read => with(&[Access::Read]),
            Self::Permissions => with(&[Access::Permissions]),
            Self::Assume => with(&[Access::Assume]),
            Self::Operator => with(&[Access::Host]),
        }
    }
}

fn access(action: &str) -> Access {
    let (service, name) = action.split_once(':').unwrap_or(("", action));
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let changes_permissions = name.ends_with("Permission")
        || (name.ends_with("ResourcePolicy") && !name.starts_with("Get"));
    match service {
        "sparkler" => Access::Host,
        _ if changes_permissions => Access::Permissions,
        _ if begins(&["Invoke"]) => Access::Invoke,
        _ if begins(&["Assume"]) => Access::Assume,
        _ if begins(&["Get", "List", "Describe", "Filter"]) => Access::Read,
        _ => Access::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Named as _;
    use crate::domain::policy::{Context, Identity, OwnPolicies, Request, decide};

    fn allows(preset: Preset, resources: &[&str], action: &str) -> bool {
        let policy = preset.policy(resources).expect("a policy");
        let own = OwnPolicies {
            identity: vec![policy.into()],
            ..OwnPolicies::default()
        };
        let identity = Identity::aws("arn:aws:iam::123456789012:user/u").expect("a user");
        let request = Request {
            identity: &identity,
            action,
            resource: "arn:aws:lambda:us-east-1:123456789012:function:f",
            context: &Context::default(),
        };
        decide(request, &own, &Document::empty()).is_allowed()
    }

    #[test]
    fn each_allows_what_its_task_needs_and_no_more() {
        let all = |action| {
            let presets = Preset::ALL
                .iter()
                .filter(|preset| allows(**preset, &["*"], action));
            presets
                .map(|preset| preset.name())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (action, presets) in [
            ("lambda:InvokeFunction", "admin deploy invoke"),
            ("lambda:InvokeFunctionUrl", "admin deploy invoke"),
            ("lambda:GetFunction", "admin deploy read"),
            ("lambda:ListFunctions", "admin deploy read"),
            ("lambda:GetPolicy", "admin deploy read"),
            ("lambda:GetResourcePolicy", "admin deploy read"),
            ("lambda:CreateFunction", "admin deploy"),
            ("lambda:TagResource", "admin deploy"),
            ("lambda:AddPermission", "admin permissions"),
            ("lambda:RemovePermission", "admin permissions"),
            ("lambda:PutResourcePolicy", "admin permissions"),
            ("lambda:DeleteResourcePolicy", "admin permissions"),
            ("logs:FilterLogEvents", "admin deploy read"),
            ("logs:DeleteLogGroup", "admin deploy"),
            ("sts:AssumeRole", "admin assume"),
            ("sparkler:PurgeEvents", "operator"),
            ("sparkler:GetMetrics", "operator"),
            ("s3:GetObject", ""),
        ] {
            assert_eq!(all(action), presets, "{action}");
        }
    }

    #[test]
    fn every_action_of_an_account_is_in_a_preset_besides_that_of_its_admin() {
        for action in Operation::ALL
            .iter()
            .filter_map(|operation| operation.action())
        {
            let mut presets = Preset::ALL
                .iter()
                .filter(|preset| **preset != Preset::Admin);
            assert!(
                presets.any(|preset| allows(*preset, &["*"], action)),
                "{action}"
            );
        }
    }

    #[test]
    fn a_preset_can_be_for_some_functions_only() {
        let function = |name| format!("arn:aws:lambda:*:*:function:{name}");
        assert!(allows(
            Preset::Invoke,
            &[&function("f")],
            "lambda:InvokeFunction"
        ));
        assert!(!allows(
            Preset::Invoke,
            &[&function("g*")],
            "lambda:InvokeFunction"
        ));
        assert!(Preset::Invoke.policy(&["f"]).is_err());
    }
}
