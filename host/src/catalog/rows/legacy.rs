//! JSON as the tables of the first three schemas held it, where it differs from that of today.

use serde::Deserialize;
use uuid::Uuid;

use super::attachments::{EventInvokeRow, FunctionUrlRow, ProvisionedRow, RuntimeUpdatesRow};
use super::format::Unreadable;
use super::policy::{self, StatementRow};
use crate::domain::policy::{Conditions, Grant};
use crate::domain::{Attachments, Code, Digest, Snapshot};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::catalog) struct LegacyAttachments {
    event_invoke: Option<EventInvokeRow>,
    provisioned: Option<ProvisionedRow>,
    policy: Vec<LegacyStatement>,
    policy_revision: Option<Uuid>,
    url: Option<FunctionUrlRow>,
    runtime_updates: Option<RuntimeUpdatesRow>,
}

/// A statement as the policy shows it.
#[derive(Deserialize)]
struct LegacyStatement {
    id: String,
    shown: ShownStatement,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShownStatement {
    principal: ShownPrincipal,
    action: String,
    resource: String,
    #[serde(default)]
    condition: ShownCondition,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ShownPrincipal {
    Text(String),
    Named(NamedPrincipal),
}

#[derive(Deserialize)]
enum NamedPrincipal {
    #[serde(rename = "AWS")]
    Aws(String),
    Service(String),
}

/// Keys and values by operator; each key goes with one operator.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ShownCondition {
    string_equals: ShownKeys,
    arn_like: ShownKeys,
    bool: ShownKeys,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ShownKeys {
    #[serde(rename = "lambda:FunctionUrlAuthType")]
    function_url_auth_type: Option<String>,
    #[serde(rename = "aws:PrincipalOrgID")]
    principal_org_id: Option<String>,
    #[serde(rename = "AWS:SourceAccount")]
    source_account: Option<String>,
    #[serde(rename = "lambda:EventSourceToken")]
    event_source_token: Option<String>,
    #[serde(rename = "AWS:SourceArn")]
    source_arn: Option<String>,
    #[serde(rename = "lambda:InvokedViaFunctionUrl")]
    invoked_via_function_url: Option<String>,
}

impl LegacyAttachments {
    pub(in crate::catalog) fn value(self) -> Result<Attachments, Unreadable> {
        let statements = self.policy.into_iter().map(LegacyStatement::value);
        Ok(Attachments {
            event_invoke: self.event_invoke.map(EventInvokeRow::value),
            provisioned: self.provisioned.map(ProvisionedRow::value),
            policy: policy::policy(None, statements.collect::<Result<_, _>>()?)?,
            policy_revision: self.policy_revision,
            url: self.url.map(FunctionUrlRow::value).transpose()?,
            runtime_updates: self
                .runtime_updates
                .map(RuntimeUpdatesRow::value)
                .transpose()?,
        })
    }
}

impl LegacyStatement {
    fn value(self) -> Result<StatementRow, Unreadable> {
        let Self { id, shown } = self;
        let ShownCondition {
            string_equals,
            arn_like,
            bool,
        } = shown.condition;
        let grant = Grant {
            id,
            principal: match shown.principal {
                ShownPrincipal::Text(name)
                | ShownPrincipal::Named(
                    NamedPrincipal::Aws(name) | NamedPrincipal::Service(name),
                ) => name,
            },
            action: shown.action,
            conditions: Conditions {
                function_url_auth_type: string_equals.function_url_auth_type,
                principal_org_id: string_equals.principal_org_id,
                source_account: string_equals.source_account,
                event_source_token: string_equals.event_source_token,
                source_arn: arn_like.source_arn,
                invoked_via_function_url: bool.invoked_via_function_url.map(|via| via == "true"),
            },
        };
        policy::stated(&grant, &shown.resource).map(StatementRow::Stated)
    }
}

#[derive(Deserialize)]
pub(in crate::catalog) enum LegacySnapshot {
    Wanted,
    Taken(LegacyCode),
    Impossible { reason: String },
}

#[derive(Deserialize)]
pub(in crate::catalog) struct LegacyCode {
    package: [u8; 32],
    package_bytes: u64,
    component: [u8; 32],
    reuse: u32,
}

impl LegacySnapshot {
    pub(in crate::catalog) fn value(self) -> Snapshot {
        match self {
            Self::Wanted => Snapshot::Wanted,
            Self::Taken(code) => Snapshot::Taken(Code {
                package: Digest(code.package),
                package_bytes: code.package_bytes,
                component: Digest(code.component),
                reuse: code.reuse,
                interpreter: None,
            }),
            Self::Impossible { reason } => Snapshot::Impossible { reason },
        }
    }
}
