//! One statement of a policy: its parts as values, how it is shown, and how it is judged.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// The action that a call of a function's address is.
pub(super) const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

const STRING_EQUALS: &str = "StringEquals";
const ARN_LIKE: &str = "ArnLike";
const BOOL: &str = "Bool";

/// One statement of a resource policy, as it was made from a call of AddPermission. What it says is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Unique within the policy.
    pub id: String,
    /// Who may do it.
    pub principal: Principal,
    /// What they may do, such as `lambda:InvokeFunction`, `lambda:*` or `*`.
    pub action: String,
    /// ARN of the function, version or alias that they may do it with.
    pub resource: String,
    /// What must be so besides.
    pub conditions: Conditions,
}

/// Who a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Everybody, known or not.
    Everybody,
    /// ARN of an account's root, a user, a role or a session.
    Aws(String),
    /// A service, such as `s3.amazonaws.com`.
    Service(String),
}

/// What must be so for a statement to count; what is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
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

/// Keys and values by operator.
type ShownConditions<'a> = BTreeMap<&'static str, BTreeMap<&'static str, &'a str>>;

impl Conditions {
    fn shown(&self) -> ShownConditions<'_> {
        let via_url = self.invoked_via_function_url.map(|via| match via {
            true => "true",
            false => "false",
        });
        let said = [
            (
                STRING_EQUALS,
                "lambda:FunctionUrlAuthType",
                self.function_url_auth_type.as_deref(),
            ),
            (
                STRING_EQUALS,
                "aws:PrincipalOrgID",
                self.principal_org_id.as_deref(),
            ),
            (
                STRING_EQUALS,
                "AWS:SourceAccount",
                self.source_account.as_deref(),
            ),
            (
                STRING_EQUALS,
                "lambda:EventSourceToken",
                self.event_source_token.as_deref(),
            ),
            (ARN_LIKE, "AWS:SourceArn", self.source_arn.as_deref()),
            (BOOL, "lambda:InvokedViaFunctionUrl", via_url),
        ];
        let mut shown = ShownConditions::new();
        for (operator, key, value) in said {
            if let Some(value) = value {
                shown.entry(operator).or_default().insert(key, value);
            }
        }
        shown
    }

    /// Whether all hold for a call of the address: nobody stands behind it, so that those on a source or an
    /// organization never do.
    fn hold_for_url(&self, auth_type: &str) -> bool {
        let Self {
            function_url_auth_type,
            principal_org_id: None,
            source_account: None,
            event_source_token: None,
            source_arn: None,
            invoked_via_function_url,
        } = self
        else {
            return false;
        };
        function_url_auth_type
            .as_ref()
            .is_none_or(|wanted| wanted == auth_type)
            && invoked_via_function_url.is_none_or(|via| via)
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everybody => serializer.serialize_str("*"),
            Self::Aws(arn) => serializer.collect_map([("AWS", arn)]),
            Self::Service(name) => serializer.collect_map([("Service", name)]),
        }
    }
}

/// The members of a statement in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ordered<'a> {
    sid: &'a str,
    effect: &'static str,
    principal: &'a Principal,
    action: &'a str,
    resource: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: ShownConditions<'a>,
}

impl<'a> Ordered<'a> {
    fn of(statement: &'a Statement) -> Self {
        Self {
            sid: &statement.id,
            effect: "Allow",
            principal: &statement.principal,
            action: &statement.action,
            resource: &statement.resource,
            condition: statement.conditions.shown(),
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
pub(crate) fn statement_text(statement: &Statement) -> String {
    text(&Ordered::of(statement))
}

/// A policy of these statements as JSON text.
pub(crate) fn policy_text(statements: &[Statement]) -> String {
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
pub(crate) fn allows_function_url(statements: &[Statement], auth_type: &str) -> bool {
    statements.iter().any(|statement| {
        statement.principal == Principal::Everybody
            && covers_url_calls(&statement.action)
            && statement.conditions.hold_for_url(auth_type)
    })
}

fn covers_url_calls(action: &str) -> bool {
    ["*", "lambda:*"].contains(&action) || action.eq_ignore_ascii_case(INVOKE_URL)
}
