//! The members of AddPermission.

use serde::Deserialize;

use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::domain::Named as _;
use crate::domain::attachments::UrlAuthType;
use crate::domain::policy::{Conditions, Grant};

static STATEMENT_ID: Pattern = Pattern::new("([a-zA-Z0-9-_]+)");
static ACTION: Pattern = Pattern::new(r"(lambda:[*]|lambda:[a-zA-Z]+|[*])");
static PRINCIPAL: Pattern = Pattern::new(r"[^\s]+");
static ARN: Pattern = Pattern::new(
    r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)",
);
static ACCOUNT: Pattern = Pattern::new(r"\d{12}");
static ORGANIZATION: Pattern = Pattern::new("o-[a-z0-9]{10,32}");
static TOKEN: Pattern = Pattern::new(r"[a-zA-Z0-9._\-]+");

/// What AddPermission takes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct AddPermission {
    statement_id: Option<String>,
    action: Option<String>,
    principal: Option<String>,
    source_arn: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    revision_id: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
}

impl AddPermission {
    /// What is granted, and the revision that the caller believes to be current.
    ///
    /// # Errors
    /// For all broken constraints together.
    pub(in crate::contract) fn checked(self) -> Result<(Grant, Option<String>), WireError> {
        let mut v = Violations::default();
        let id = v.required("statementId", self.statement_id);
        let action = v.required("action", self.action);
        let principal = v.required("principal", self.principal);
        for (member, value, (least, most)) in [
            ("statementId", id.as_ref().ok(), (1, 100)),
            ("sourceAccount", self.source_account.as_ref(), (0, 12)),
            (
                "eventSourceToken",
                self.event_source_token.as_ref(),
                (0, 256),
            ),
            ("principalOrgID", self.principal_org_id.as_ref(), (12, 34)),
        ] {
            if let Some(value) = value {
                v.length(member, value, least, most);
            }
        }
        for (member, value, pattern) in [
            ("statementId", id.as_ref().ok(), &STATEMENT_ID),
            ("action", action.as_ref().ok(), &ACTION),
            ("principal", principal.as_ref().ok(), &PRINCIPAL),
            ("sourceArn", self.source_arn.as_ref(), &ARN),
            ("sourceAccount", self.source_account.as_ref(), &ACCOUNT),
            ("eventSourceToken", self.event_source_token.as_ref(), &TOKEN),
            (
                "principalOrgID",
                self.principal_org_id.as_ref(),
                &ORGANIZATION,
            ),
        ] {
            if let Some(value) = value {
                v.pattern(member, value, pattern);
            }
        }
        let auth_type = v.given(self.function_url_auth_type, |v, name| {
            v.one_of::<UrlAuthType>("functionUrlAuthType", &name)
        });
        v.settled(|| {
            let grant = Grant {
                id: id?,
                action: action?,
                principal: principal?,
                conditions: Conditions {
                    source_arn: self.source_arn,
                    source_account: self.source_account,
                    principal_org_id: self.principal_org_id,
                    event_source_token: self.event_source_token,
                    function_url_auth_type: auth_type.map(|auth_type| auth_type.name().into()),
                    invoked_via_function_url: self.invoked_via_function_url,
                },
            };
            Ok((grant, self.revision_id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<(Grant, Option<String>), String> {
        let members: AddPermission = serde_json::from_str(json).expect("the members' JSON");
        members.checked().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn what_is_given_is_granted() {
        let (grant, revision) = checked(
            r#"{"StatementId":"s","Action":"lambda:InvokeFunction","Principal":"*",
                "PrincipalOrgID":"o-0123456789","InvokedViaFunctionUrl":true,"RevisionId":"r"}"#,
        )
        .expect("all of it is fine");
        assert_eq!((grant.id.as_str(), grant.principal.as_str()), ("s", "*"));
        let conditions = grant.conditions;
        assert_eq!(conditions.principal_org_id.as_deref(), Some("o-0123456789"));
        assert_eq!(conditions.invoked_via_function_url, Some(true));
        assert_eq!(revision.as_deref(), Some("r"));
    }

    #[test]
    fn broken_constraints_are_named_together() {
        let text = checked("{}").expect_err("all are missing");
        assert!(text.contains("3 validation errors detected: Value null at 'statementId'"));
        let text = checked(
            r#"{"StatementId":"example.com","Action":"s3:Get","Principal":"a b","SourceArn":"b",
                "SourceAccount":"1","PrincipalOrgID":"x","FunctionUrlAuthType":"KEY"}"#,
        )
        .expect_err("all are broken");
        for member in [
            "Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: ([a-zA-Z0-9-_]+)",
            "'action'",
            "'principal'",
            "'sourceArn'",
            "'sourceAccount'",
            "'principalOrgID'",
            "at 'functionUrlAuthType' failed to satisfy constraint: Member must satisfy enum value set",
        ] {
            assert!(text.contains(member), "{member} is not in {text}");
        }
    }
}
