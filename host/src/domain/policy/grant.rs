//! What AddPermission is asked for, and the statement that it makes.

use super::condition::Condition;
use super::operator::{Operator, Test};
use super::principal::Principal;
use super::statement::{Effect, Selection, Statement};
use crate::domain::Refusal;

/// The action that a call of a function's address is.
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

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

/// What AddPermission can make conditions of; what is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// `NONE` or `AWS_IAM`: the way of authentication of the function's address.
    pub function_url_auth_type: Option<String>,
    /// The organization that the principal belongs to.
    pub principal_org_id: Option<String>,
    /// Owner of what calls on behalf of the principal.
    pub source_account: Option<String>,
    /// What Alexa Smart Home has to send.
    pub event_source_token: Option<String>,
    /// ARN, perhaps with `*` in it, of what calls on behalf of the principal.
    pub source_arn: Option<String>,
    /// Whether the function's address is called.
    pub invoked_via_function_url: Option<bool>,
}

impl Grant {
    /// Whether AWS would grant it.
    ///
    /// # Errors
    /// For a principal that is none, and for a way of authentication where no address is called.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.conditions.function_url_auth_type.is_some() && self.action != INVOKE_URL {
            return Err(Refusal::InvalidParameter(
                "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action".into(),
            ));
        }
        match self.principal.len() > 1 && self.principal.contains(['*', '?']) {
            true => Err(no_principal()),
            false => Ok(()),
        }
    }

    /// The statement as AWS makes it.
    ///
    /// # Errors
    /// For a principal that is none, and for other values that no policy could have.
    pub(crate) fn statement(&self, resource: &str) -> Result<Statement, Refusal> {
        let principal = Principal::named(&self.principal).ok_or_else(no_principal)?;
        let parts = || {
            Ok::<_, String>(Statement {
                id: Some(self.id.clone()),
                effect: Effect::Allow,
                principals: Some(Selection::In(vec![principal])),
                actions: Selection::In(vec![super::statement::action(&self.action)?]),
                resources: Selection::In(vec![super::statement::exact(resource)]),
                conditions: self.conditions.stated()?,
            })
        };
        parts().map_err(Refusal::InvalidParameter)
    }
}

fn no_principal() -> Refusal {
    Refusal::InvalidParameter(
        "The provided principal was invalid. Please check the principal and try again.".into(),
    )
}

impl Conditions {
    /// The same as conditions of a statement, in the order in which they are shown.
    fn stated(&self) -> Result<Vec<Condition>, String> {
        let via_url = self.invoked_via_function_url.map(|via| via.to_string());
        let said = [
            (Test::ArnLike, "AWS:SourceArn", &self.source_arn),
            (Test::Bool, "lambda:InvokedViaFunctionUrl", &via_url),
            (
                Test::StringEquals,
                "AWS:SourceAccount",
                &self.source_account,
            ),
            (
                Test::StringEquals,
                "aws:PrincipalOrgID",
                &self.principal_org_id,
            ),
            (
                Test::StringEquals,
                "lambda:EventSourceToken",
                &self.event_source_token,
            ),
            (
                Test::StringEquals,
                "lambda:FunctionUrlAuthType",
                &self.function_url_auth_type,
            ),
        ];
        let stated = said.into_iter().filter_map(|(test, key, value)| {
            // What is asked for is text: it has no variables.
            let value = value.as_ref()?.replace("${", "${$}{");
            Some(Condition::of(Operator::plain(test), key, &value))
        });
        stated.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Account, samples};

    fn made(grant: &Grant) -> Result<Statement, Refusal> {
        let name = samples::name("greet");
        grant.check()?;
        grant.statement(&Account::default().function_arn(&name, None).to_string())
    }

    fn shown(grant: &Grant) -> Result<Value, Refusal> {
        Ok(serde_json::from_str(&made(grant)?.text()).expect("it is JSON"))
    }

    fn of_open_address() -> Conditions {
        Conditions {
            function_url_auth_type: Some("NONE".into()),
            ..Conditions::default()
        }
    }

    fn of_principal(principal: &str) -> Result<Value, Refusal> {
        let grant = Grant {
            action: "lambda:InvokeFunction".into(),
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
            made(&grant).expect("it is fine").text(),
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
            "arn:aws:iam::123456789012:user/*",
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
}
