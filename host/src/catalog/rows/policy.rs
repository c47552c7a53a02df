//! Statements of policies as they are stored.

use serde::{Deserialize, Serialize};

use crate::domain::policy::{Conditions, Principal, Statement};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct StatementRow {
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
struct ConditionsRow {
    function_url_auth_type: Option<String>,
    principal_org_id: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    source_arn: Option<String>,
    invoked_via_function_url: Option<bool>,
}

impl StatementRow {
    pub(in crate::catalog) fn of(statement: &Statement) -> Self {
        let conditions = &statement.conditions;
        Self {
            id: statement.id.clone(),
            principal: match &statement.principal {
                Principal::Everybody => PrincipalRow::Everybody,
                Principal::Aws(arn) => PrincipalRow::Aws(arn.clone()),
                Principal::Service(name) => PrincipalRow::Service(name.clone()),
            },
            action: statement.action.clone(),
            resource: statement.resource.clone(),
            conditions: ConditionsRow {
                function_url_auth_type: conditions.function_url_auth_type.clone(),
                principal_org_id: conditions.principal_org_id.clone(),
                source_account: conditions.source_account.clone(),
                event_source_token: conditions.event_source_token.clone(),
                source_arn: conditions.source_arn.clone(),
                invoked_via_function_url: conditions.invoked_via_function_url,
            },
        }
    }

    pub(super) fn value(self) -> Statement {
        let conditions = self.conditions;
        Statement {
            id: self.id,
            principal: match self.principal {
                PrincipalRow::Everybody => Principal::Everybody,
                PrincipalRow::Aws(arn) => Principal::Aws(arn),
                PrincipalRow::Service(name) => Principal::Service(name),
            },
            action: self.action,
            resource: self.resource,
            conditions: Conditions {
                function_url_auth_type: conditions.function_url_auth_type,
                principal_org_id: conditions.principal_org_id,
                source_account: conditions.source_account,
                event_source_token: conditions.event_source_token,
                source_arn: conditions.source_arn,
                invoked_via_function_url: conditions.invoked_via_function_url,
            },
        }
    }
}
