//! What is attached to a function, a version or an alias, as it is stored.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::format::{Format, Unreadable, named};
use super::policy::{self, PolicyRow, StatementRow};
use crate::domain::attachments::{Cors, EventInvoke, FunctionUrl, Provisioned, RuntimeUpdates};
use crate::domain::{Attachments, Named as _};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct AttachmentsRow {
    v: Format,
    event_invoke: Option<EventInvokeRow>,
    provisioned: Option<ProvisionedRow>,
    policy: Vec<StatementRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_form: Option<PolicyRow>,
    policy_revision: Option<Uuid>,
    url: Option<FunctionUrlRow>,
    runtime_updates: Option<RuntimeUpdatesRow>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct EventInvokeRow {
    last_modified: SystemTime,
    retries_max: Option<u32>,
    age_seconds_max: Option<u32>,
    on_success: Option<String>,
    on_failure: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct ProvisionedRow {
    requested: u32,
    last_modified: SystemTime,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct FunctionUrlRow {
    id: String,
    auth_type: String,
    invoke_mode: Option<String>,
    cors: Option<CorsRow>,
    created: SystemTime,
    last_modified: SystemTime,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct CorsRow {
    allow_credentials: Option<bool>,
    allow_headers: Option<Vec<String>>,
    allow_methods: Option<Vec<String>>,
    allow_origins: Option<Vec<String>>,
    expose_headers: Option<Vec<String>>,
    max_age_seconds: Option<u32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct RuntimeUpdatesRow {
    update_on: String,
    version_arn: Option<String>,
}

impl AttachmentsRow {
    pub(in crate::catalog) fn of(attached: &Attachments) -> Self {
        Self {
            v: Format::default(),
            event_invoke: attached.event_invoke.as_ref().map(EventInvokeRow::of),
            provisioned: attached.provisioned.as_ref().map(ProvisionedRow::of),
            policy: attached
                .policy
                .statements()
                .iter()
                .map(StatementRow::of)
                .collect(),
            policy_form: PolicyRow::of(&attached.policy),
            policy_revision: attached.policy_revision,
            url: attached.url.as_ref().map(FunctionUrlRow::of),
            runtime_updates: attached.runtime_updates.as_ref().map(RuntimeUpdatesRow::of),
        }
    }

    pub(in crate::catalog) fn value(self) -> Result<Attachments, Unreadable> {
        Ok(Attachments {
            event_invoke: self.event_invoke.map(EventInvokeRow::value),
            provisioned: self.provisioned.map(ProvisionedRow::value),
            policy: policy::policy(self.policy_form, self.policy)?,
            policy_revision: self.policy_revision,
            url: self.url.map(FunctionUrlRow::value).transpose()?,
            runtime_updates: self
                .runtime_updates
                .map(RuntimeUpdatesRow::value)
                .transpose()?,
        })
    }
}

impl EventInvokeRow {
    fn of(value: &EventInvoke) -> Self {
        Self {
            last_modified: value.last_modified,
            retries_max: value.retries_max,
            age_seconds_max: value.age_seconds_max,
            on_success: value.on_success.clone(),
            on_failure: value.on_failure.clone(),
        }
    }

    pub(super) fn value(self) -> EventInvoke {
        EventInvoke {
            last_modified: self.last_modified,
            retries_max: self.retries_max,
            age_seconds_max: self.age_seconds_max,
            on_success: self.on_success,
            on_failure: self.on_failure,
        }
    }
}

impl ProvisionedRow {
    fn of(value: &Provisioned) -> Self {
        Self {
            requested: value.requested,
            last_modified: value.last_modified,
        }
    }

    pub(super) fn value(self) -> Provisioned {
        Provisioned {
            requested: self.requested,
            last_modified: self.last_modified,
        }
    }
}

impl FunctionUrlRow {
    fn of(value: &FunctionUrl) -> Self {
        Self {
            id: value.id.clone(),
            auth_type: value.auth_type.name().into(),
            invoke_mode: value.invoke_mode.map(|mode| mode.name().into()),
            cors: value.cors.as_ref().map(CorsRow::of),
            created: value.created,
            last_modified: value.last_modified,
        }
    }

    pub(super) fn value(self) -> Result<FunctionUrl, Unreadable> {
        let invoke_mode = self.invoke_mode;
        Ok(FunctionUrl {
            id: self.id,
            auth_type: named("auth_type", &self.auth_type)?,
            invoke_mode: invoke_mode
                .map(|name| named("invoke_mode", &name))
                .transpose()?,
            cors: self.cors.map(CorsRow::value),
            created: self.created,
            last_modified: self.last_modified,
        })
    }
}

impl CorsRow {
    fn of(value: &Cors) -> Self {
        Self {
            allow_credentials: value.allow_credentials,
            allow_headers: value.allow_headers.clone(),
            allow_methods: value.allow_methods.clone(),
            allow_origins: value.allow_origins.clone(),
            expose_headers: value.expose_headers.clone(),
            max_age_seconds: value.max_age_seconds,
        }
    }

    fn value(self) -> Cors {
        Cors {
            allow_credentials: self.allow_credentials,
            allow_headers: self.allow_headers,
            allow_methods: self.allow_methods,
            allow_origins: self.allow_origins,
            expose_headers: self.expose_headers,
            max_age_seconds: self.max_age_seconds,
        }
    }
}

impl RuntimeUpdatesRow {
    fn of(value: &RuntimeUpdates) -> Self {
        Self {
            update_on: value.update_on.name().into(),
            version_arn: value.version_arn.clone(),
        }
    }

    pub(super) fn value(self) -> Result<RuntimeUpdates, Unreadable> {
        Ok(RuntimeUpdates {
            update_on: named("update_on", &self.update_on)?,
            version_arn: self.version_arn,
        })
    }
}
