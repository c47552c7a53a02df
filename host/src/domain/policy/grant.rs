//! What AddPermission is asked for, and the statement that it makes.

use super::statement::{Conditions, INVOKE_URL, Principal, Statement};
use crate::domain::{FunctionArn, Refusal};

/// What AddPermission is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The statement's id, unique within the policy.
    pub id: String,
    /// Such as `lambda:InvokeFunction`.
    pub action: String,
    /// An account, an IAM ARN, a service such as `s3.amazonaws.com`, or `*`.
    pub principal: String,
    /// What must be so besides.
    pub conditions: Conditions,
}

impl Grant {
    /// The statement as AWS makes it.
    ///
    /// # Errors
    /// For a principal that is none, and for a way of authentication where no address is called.
    pub(super) fn statement(&self, resource: &FunctionArn) -> Result<Statement, Refusal> {
        if self.conditions.function_url_auth_type.is_some() && self.action != INVOKE_URL {
            return Err(Refusal::InvalidParameter(
                "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action".into(),
            ));
        }
        let principal = principal(&self.principal).ok_or_else(|| {
            Refusal::InvalidParameter(
                "The provided principal was invalid. Please check the principal and try again."
                    .into(),
            )
        })?;
        Ok(Statement {
            id: self.id.clone(),
            principal,
            action: self.action.clone(),
            resource: resource.to_string(),
            conditions: self.conditions.clone(),
        })
    }
}

/// The principal that `text` names; `None` where it names none.
fn principal(text: &str) -> Option<Principal> {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if text == "*" {
        return Some(Principal::Everybody);
    }
    if is_account(text) {
        return Some(Principal::Aws(format!("arn:aws:iam::{text}:root")));
    }
    if is_identity(text, is_account) {
        return Some(Principal::Aws(text.into()));
    }
    is_service(text).then(|| Principal::Service(text.into()))
}

/// `arn:aws:iam::ACCOUNT:root`, and users, roles and sessions of it.
fn is_identity(text: &str, is_account: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else {
        return false;
    };
    let kinds: &[&str] = match service {
        "iam" => &["user/", "role/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => return false,
    };
    let is_named = kinds.iter().any(|kind| {
        resource
            .strip_prefix(kind)
            .is_some_and(|name| !name.is_empty())
    });
    let is_root = service == "iam" && resource == "root";
    partition.starts_with("aws") && is_account(account) && (is_named || is_root)
}

/// `s3.amazonaws.com`, or the same of another partition or of a region.
fn is_service(text: &str) -> bool {
    let name = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazon.com",
        ".amazon",
    ]
    .iter()
    .find_map(|suffix| text.strip_suffix(suffix));
    name.is_some_and(|name| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        !name.is_empty() && name.bytes().all(fits)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::statement::{allows_function_url, statement_text};
    use super::*;
    use crate::domain::{Account, samples};

    fn made(grant: &Grant) -> Result<Statement, Refusal> {
        let name = samples::name("greet");
        grant.statement(&Account::default().function_arn(&name, None))
    }

    fn shown(grant: &Grant) -> Result<Value, Refusal> {
        let text = statement_text(&made(grant)?);
        Ok(serde_json::from_str(&text).expect("it is JSON"))
    }

    fn of_open_address() -> Conditions {
        Conditions {
            function_url_auth_type: Some("NONE".into()),
            ..Conditions::default()
        }
    }

    fn of_principal(principal: &str) -> Result<Value, Refusal> {
        let grant = Grant {
            principal: principal.into(),
            ..Grant::default()
        };
        shown(&grant).map(|statement| statement["Principal"].clone())
    }

    #[test]
    fn a_statement_shows_what_was_asked_for_in_the_order_of_aws() {
        let grant = Grant {
            id: "s3".into(),
            action: "lambda:InvokeFunction".into(),
            principal: "s3.amazonaws.com".into(),
            conditions: Conditions {
                source_arn: Some("arn:aws:s3:::bucket".into()),
                ..Conditions::default()
            },
        };
        assert_eq!(
            statement_text(&made(&grant).expect("it is fine")),
            "{\"Sid\":\"s3\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"},\
             \"Action\":\"lambda:InvokeFunction\",\
             \"Resource\":\"arn:aws:lambda:us-east-1:123456789012:function:greet\",\
             \"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:s3:::bucket\"}}}"
        );
    }

    #[test]
    fn every_condition_has_its_operator() {
        let grant = Grant {
            action: INVOKE_URL.into(),
            principal: "*".into(),
            conditions: Conditions {
                source_account: Some("123456789012".into()),
                principal_org_id: Some("o-0123456789".into()),
                event_source_token: Some("token".into()),
                function_url_auth_type: Some("AWS_IAM".into()),
                invoked_via_function_url: Some(true),
                ..Conditions::default()
            },
            ..Grant::default()
        };
        assert_eq!(
            shown(&grant).expect("it is fine")["Condition"],
            json!({
                "StringEquals": {
                    "AWS:SourceAccount": "123456789012",
                    "aws:PrincipalOrgID": "o-0123456789",
                    "lambda:EventSourceToken": "token",
                    "lambda:FunctionUrlAuthType": "AWS_IAM",
                },
                "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
            })
        );
    }

    #[test]
    fn a_way_of_authentication_goes_only_with_calls_of_the_address() {
        let grant = |action: &str| Grant {
            action: action.into(),
            principal: "*".into(),
            conditions: of_open_address(),
            ..Grant::default()
        };
        assert!(made(&grant("lambda:InvokeFunctionUrl")).is_ok());
        for action in ["lambda:InvokeFunction", "lambda:*", "*"] {
            let refused = made(&grant(action)).expect_err("no address is called");
            assert_eq!(
                refused.to_string(),
                "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"
            );
        }
    }

    #[test]
    fn a_principal_is_an_account_an_identity_a_service_or_everybody() {
        let aws = |arn: &str| json!({ "AWS": arn });
        for (principal, expected) in [
            ("*", json!("*")),
            ("123456789012", aws("arn:aws:iam::123456789012:root")),
            (
                "arn:aws:iam::123456789012:role/r",
                aws("arn:aws:iam::123456789012:role/r"),
            ),
            (
                "arn:aws:iam::123456789012:root",
                aws("arn:aws:iam::123456789012:root"),
            ),
            ("s3.amazonaws.com", json!({"Service": "s3.amazonaws.com"})),
        ] {
            assert_eq!(of_principal(principal), Ok(expected), "{principal}");
        }
        for principal in [
            "invalid.nonaws.com",
            "12345",
            ".amazonaws.com",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:s3:::bucket",
        ] {
            let refused = of_principal(principal).expect_err("it is none");
            assert!(
                refused
                    .to_string()
                    .starts_with("The provided principal was invalid.")
            );
        }
    }

    #[test]
    fn an_address_is_open_to_anybody_only_where_a_statement_says_so() {
        let open = Grant {
            action: INVOKE_URL.into(),
            principal: "*".into(),
            conditions: of_open_address(),
            ..Grant::default()
        };
        let allows = |grant: &Grant, auth_type: &str| {
            allows_function_url(&[made(grant).expect("it is fine")], auth_type)
        };
        assert!(allows(&open, "NONE"));
        assert!(!allows(&open, "AWS_IAM"));
        assert!(!allows_function_url(&[], "NONE"));
        for closed in [
            Grant {
                action: "lambda:InvokeFunction".into(),
                conditions: Conditions::default(),
                ..open.clone()
            },
            Grant {
                principal: "123456789012".into(),
                ..open.clone()
            },
            Grant {
                conditions: Conditions {
                    source_account: Some("123456789012".into()),
                    ..of_open_address()
                },
                ..open.clone()
            },
            Grant {
                conditions: Conditions {
                    invoked_via_function_url: Some(false),
                    ..of_open_address()
                },
                ..open.clone()
            },
        ] {
            assert!(!allows(&closed, "NONE"), "{closed:?}");
        }
    }
}
