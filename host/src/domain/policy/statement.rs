//! One statement of a policy: made of what AddPermission is asked for, shown, and judged.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::attachments::Statement;
use crate::domain::{FunctionArn, Refusal};

/// The action that a call of a function's address is.
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";
const URL_AUTH_TYPE: &str = "lambda:FunctionUrlAuthType";
const VIA_URL: &str = "lambda:InvokedViaFunctionUrl";

/// What AddPermission is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The statement's id, unique within the policy.
    pub id: String,
    /// Such as `lambda:InvokeFunction`.
    pub action: String,
    /// An account, an IAM ARN, a service such as `s3.amazonaws.com`, or `*`.
    pub principal: String,
    /// ARN of what calls on behalf of the principal.
    pub source_arn: Option<String>,
    /// Owner of what calls on behalf of the principal.
    pub source_account: Option<String>,
    /// The organization that the principal belongs to.
    pub principal_org_id: Option<String>,
    /// What Alexa Smart Home has to send.
    pub event_source_token: Option<String>,
    /// `NONE` or `AWS_IAM`: the address's way of authentication.
    pub function_url_auth_type: Option<String>,
    /// Whether only calls of the function's address count.
    pub invoked_via_function_url: Option<bool>,
}

impl Grant {
    /// The statement as AWS makes it.
    ///
    /// # Errors
    /// For a principal that is none, and for a way of authentication where no address is called.
    pub(super) fn statement(&self, resource: &FunctionArn) -> Result<Statement, Refusal> {
        if self.function_url_auth_type.is_some() && self.action != INVOKE_URL {
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
        let mut shown = json!({
            "Sid": self.id,
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": resource.to_string(),
        });
        let conditions = self.conditions();
        if !conditions.is_empty() {
            shown["Condition"] = conditions.into();
        }
        Ok(Statement {
            id: self.id.clone(),
            shown,
        })
    }

    fn conditions(&self) -> Map<String, Value> {
        let via_url = self.invoked_via_function_url.map(|via| via.to_string());
        let asked = [
            ("StringEquals", URL_AUTH_TYPE, &self.function_url_auth_type),
            ("StringEquals", "aws:PrincipalOrgID", &self.principal_org_id),
            ("StringEquals", "AWS:SourceAccount", &self.source_account),
            (
                "StringEquals",
                "lambda:EventSourceToken",
                &self.event_source_token,
            ),
            ("ArnLike", "AWS:SourceArn", &self.source_arn),
            ("Bool", VIA_URL, &via_url),
        ];
        let mut conditions = Map::new();
        for (operator, key, value) in asked {
            if let Some(value) = value {
                let keys = conditions.entry(operator).or_insert_with(|| json!({}));
                keys[key] = value.as_str().into();
            }
        }
        conditions
    }
}

/// The principal as a statement shows it; `None` where `text` names none.
fn principal(text: &str) -> Option<Value> {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if text == "*" {
        return Some("*".into());
    }
    if is_account(text) {
        return Some(json!({"AWS": format!("arn:aws:iam::{text}:root")}));
    }
    if is_identity(text, is_account) {
        return Some(json!({"AWS": text}));
    }
    is_service(text).then(|| json!({"Service": text}))
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

/// The members of a statement in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ordered<'a> {
    sid: &'a Value,
    effect: &'a Value,
    principal: &'a Value,
    action: &'a Value,
    resource: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a Value>,
}

impl<'a> Ordered<'a> {
    fn of(statement: &'a Statement) -> Self {
        let shown = &statement.shown;
        Self {
            sid: &shown["Sid"],
            effect: &shown["Effect"],
            principal: &shown["Principal"],
            action: &shown["Action"],
            resource: &shown["Resource"],
            condition: shown.get("Condition"),
        }
    }
}

/// A policy, its members in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    id: &'static str,
    statement: Vec<Ordered<'a>>,
}

/// The statement as JSON text.
pub fn statement_text(statement: &Statement) -> String {
    text(&Ordered::of(statement))
}

/// A policy of these statements as JSON text.
pub fn policy_text(statements: &[Statement]) -> String {
    text(&Policy {
        version: "2012-10-17",
        id: "default",
        statement: statements.iter().map(Ordered::of).collect(),
    })
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and objects of texts have a JSON form")
}

/// Whether a policy of these statements lets anybody call the function's address, whose way of
/// authentication is `auth_type`: `NONE`, or `AWS_IAM` where the caller is known already.
pub fn allows_function_url(statements: &[Statement], auth_type: &str) -> bool {
    statements.iter().any(|statement| {
        let shown = &statement.shown;
        shown["Effect"] == "Allow"
            && shown["Principal"] == "*"
            && shown["Action"].as_str().is_some_and(covers_url_calls)
            && conditions_hold(&shown["Condition"], auth_type)
    })
}

fn covers_url_calls(action: &str) -> bool {
    ["*", "lambda:*"].contains(&action) || action.eq_ignore_ascii_case(INVOKE_URL)
}

/// Whether all conditions hold for a call of the address: nobody stands behind it, so that those on a
/// source or an organization never do.
fn conditions_hold(conditions: &Value, auth_type: &str) -> bool {
    let Some(operators) = conditions.as_object() else {
        return conditions.is_null();
    };
    let mut all = operators.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, value)| (operator.as_str(), key.as_str(), value))
    });
    all.all(|condition| match condition {
        ("StringEquals", URL_AUTH_TYPE, value) => value == auth_type,
        ("Bool", VIA_URL, value) => value == "true",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, samples};

    fn made(grant: &Grant) -> Result<Statement, Refusal> {
        let name = samples::name("greet");
        grant.statement(&Account::default().function_arn(&name, None))
    }

    fn of_principal(principal: &str) -> Result<Value, Refusal> {
        let grant = Grant {
            principal: principal.into(),
            ..Grant::default()
        };
        made(&grant).map(|statement| statement.shown["Principal"].clone())
    }

    #[test]
    fn a_statement_shows_what_was_asked_for_in_the_order_of_aws() {
        let grant = Grant {
            id: "s3".into(),
            action: "lambda:InvokeFunction".into(),
            principal: "s3.amazonaws.com".into(),
            source_arn: Some("arn:aws:s3:::bucket".into()),
            ..Grant::default()
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
            source_account: Some("123456789012".into()),
            principal_org_id: Some("o-0123456789".into()),
            event_source_token: Some("token".into()),
            function_url_auth_type: Some("AWS_IAM".into()),
            invoked_via_function_url: Some(true),
            ..Grant::default()
        };
        assert_eq!(
            made(&grant).expect("it is fine").shown["Condition"],
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
            function_url_auth_type: Some("NONE".into()),
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
            function_url_auth_type: Some("NONE".into()),
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
                function_url_auth_type: None,
                ..open.clone()
            },
            Grant {
                principal: "123456789012".into(),
                ..open.clone()
            },
            Grant {
                source_account: Some("123456789012".into()),
                ..open.clone()
            },
            Grant {
                invoked_via_function_url: Some(false),
                ..open.clone()
            },
        ] {
            assert!(!allows(&closed, "NONE"), "{closed:?}");
        }
    }
}
