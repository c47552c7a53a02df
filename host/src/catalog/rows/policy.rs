//! Policies as they are stored: a statement in its own language, that of policies, which stays as it is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::format::{Unreadable, named};
use crate::domain::Named as _;
use crate::domain::policy::{Conditions, Document, Grant, Statement};

/// A statement, in the form that is written or in the older one.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, from = "Value")]
pub(in crate::catalog) enum StatementRow {
    Granted(GrantedRow),
    Stated(Value),
}

/// A statement as hosts wrote it that knew only those of AddPermission. They are gone, so that it has no member that is
/// unknown: a condition that nobody reads would allow everybody.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::catalog) struct GrantedRow {
    id: String,
    principal: PrincipalRow,
    action: String,
    resource: String,
    conditions: ConditionsRow,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum PrincipalRow {
    Everybody,
    Aws(String),
    Service(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionsRow {
    function_url_auth_type: Option<String>,
    principal_org_id: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    source_arn: Option<String>,
    invoked_via_function_url: Option<bool>,
}

/// How a policy is read and what it is called, where that was said.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct PolicyRow {
    version: String,
    id: Option<String>,
}

impl From<Value> for StatementRow {
    fn from(value: Value) -> Self {
        match GrantedRow::deserialize(&value) {
            Ok(granted) => Self::Granted(granted),
            Err(_) => Self::Stated(value),
        }
    }
}

impl StatementRow {
    pub(in crate::catalog) fn of(statement: &Statement) -> Self {
        let stated = serde_json::to_value(statement);
        Self::Stated(stated.expect("texts and objects of texts have a JSON form"))
    }

    /// The statement in its own language.
    fn stated(self) -> Result<Value, Unreadable> {
        match self {
            Self::Stated(value) => Ok(value),
            Self::Granted(row) => stated(&row.grant(), &row.resource),
        }
    }
}

impl PolicyRow {
    /// Nothing where it is read and called as one that nobody has said anything of.
    pub(in crate::catalog) fn of(policy: &Document) -> Option<Self> {
        let is_plain = policy.language() == Default::default() && policy.id().is_none();
        (!is_plain).then(|| Self {
            version: policy.language().name().into(),
            id: policy.id().map(str::to_owned),
        })
    }
}

/// The policy of these statements.
pub(super) fn policy(
    row: Option<PolicyRow>,
    statements: Vec<StatementRow>,
) -> Result<Document, Unreadable> {
    let (version, id) = row.map_or((None, None), |row| (Some(row.version), row.id));
    let language = version
        .map(|version| named("policy_form", &version))
        .transpose()?;
    let statements = statements.into_iter().map(StatementRow::stated);
    let statements = statements.collect::<Result<Vec<_>, _>>()?;
    Document::kept(language.unwrap_or_default(), id, &statements)
        .map_err(|wrong| Unreadable::member("policy", wrong))
}

/// What AddPermission was asked for, as a statement in its own language.
pub(super) fn stated(grant: &Grant, resource: &str) -> Result<Value, Unreadable> {
    let statement = grant.statement(resource);
    let statement = statement.map_err(|wrong| Unreadable::member("policy", wrong))?;
    serde_json::to_value(statement).map_err(|wrong| Unreadable::member("policy", wrong))
}

impl GrantedRow {
    fn grant(&self) -> Grant {
        let conditions = &self.conditions;
        Grant {
            id: self.id.clone(),
            action: self.action.clone(),
            principal: match &self.principal {
                PrincipalRow::Everybody => "*".into(),
                PrincipalRow::Aws(name) | PrincipalRow::Service(name) => name.clone(),
            },
            conditions: Conditions {
                function_url_auth_type: conditions.function_url_auth_type.clone(),
                principal_org_id: conditions.principal_org_id.clone(),
                source_account: conditions.source_account.clone(),
                event_source_token: conditions.event_source_token.clone(),
                source_arn: conditions.source_arn.clone(),
                invoked_via_function_url: conditions.invoked_via_function_url,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(rows: Value) -> Document {
        let rows: Vec<StatementRow> = serde_json::from_value(rows).expect("rows");
        policy(None, rows).expect("they can be read")
    }

    #[test]
    fn statements_of_older_hosts_say_what_they_said() {
        let older = json!([{
            "id": "url", "principal": "Everybody", "action": "lambda:InvokeFunctionUrl",
            "resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "conditions": {
                "function_url_auth_type": "NONE", "principal_org_id": null, "source_account": "1",
                "event_source_token": null, "source_arn": "arn:aws:s3:::${x}*",
                "invoked_via_function_url": true,
            },
        }, {
            "id": "s3", "principal": {"Service": "s3.amazonaws.com"}, "action": "*", "resource": "*",
            "conditions": {
                "function_url_auth_type": null, "principal_org_id": null, "source_account": null,
                "event_source_token": null, "source_arn": null, "invoked_via_function_url": null,
            },
        }]);
        let policy = read(older);
        let shown: Value = serde_json::from_str(&policy.text()).expect("JSON");
        assert_eq!(
            shown["Statement"],
            json!([{
                "Sid": "url", "Effect": "Allow", "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "Condition": {
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::${$}{x}*"},
                    "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
                    "StringEquals": {"AWS:SourceAccount": "1", "lambda:FunctionUrlAuthType": "NONE"},
                },
            }, {
                "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "*", "Resource": "*",
            }])
        );
        let rows = policy.statements().iter().map(StatementRow::of);
        let rows = serde_json::to_value(rows.collect::<Vec<_>>()).expect("JSON");
        assert_eq!(rows, shown["Statement"]);
        assert_eq!(read(rows), policy);
    }

    #[test]
    fn a_statement_of_an_older_host_with_a_condition_that_is_unknown_allows_nothing() {
        let older = |condition: &str| {
            let text = format!(
                r#"{{"id":"url","principal":"Everybody","action":"*","resource":"*",
                "conditions":{{"source_account":"1",{condition}}}}}"#
            );
            serde_json::from_str::<StatementRow>(&text).expect("a row")
        };
        assert!(policy(None, vec![older(r#""source_arn":"arn:aws:s3:::x""#)]).is_ok());
        assert!(policy(None, vec![older(r#""source_vpc":"2""#)]).is_err());
        let twice = older(r#""source_account":"2""#);
        assert!(
            matches!(&twice, StatementRow::Granted(row) if row.conditions.source_account.as_deref() == Some("2"))
        );
    }

    #[test]
    fn how_a_policy_is_read_is_kept_with_it() {
        let text = r#"{"Id":"mine","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},
            "NotAction":["lambda:Get*","lambda:List*"],"NotResource":"arn:${x",
            "Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*","${b}"]}}}]}"#;
        let whole = Document::resource(text).expect("a policy");
        let rows = whole.statements().iter().map(StatementRow::of).collect();
        let row = PolicyRow::of(&whole);
        assert!(row.is_some() && PolicyRow::of(&Document::empty()).is_none());
        assert_eq!(policy(row, rows).expect("it can be read"), whole);
    }

    #[test]
    fn what_is_no_statement_is_not_taken_for_none() {
        let rows = serde_json::from_value(json!([{"Effect": "Deny", "Later": 1}])).expect("rows");
        assert!(policy(None, rows).is_err());
    }
}
