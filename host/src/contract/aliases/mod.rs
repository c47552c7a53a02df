//! The resource *alias*: create, show, list, change and delete.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
mod members;
pub(super) mod show;
pub(super) mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;

use super::api::Api;
use super::constraint::Violations;
use super::error::WireError;
use super::path_names::{PathName, PathNames};
use super::reference::Reference;
use crate::domain::{Account, Alias, AliasName, FunctionName, Qualifier};

/// `AliasConfiguration`: what answers show of an alias.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasConfiguration {
    alias_arn: String,
    name: String,
    function_version: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_config: Option<ShownRouting>,
    revision_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ShownRouting {
    additional_version_weights: BTreeMap<String, f64>,
}

impl AliasConfiguration {
    fn of(alias: &Alias, function: &FunctionName, account: &Account) -> Self {
        let qualifier = Qualifier::Alias(alias.name.clone());
        Self {
            alias_arn: account.function_arn(function, Some(&qualifier)).to_string(),
            name: alias.name.as_str().to_owned(),
            function_version: alias.version.to_string(),
            description: alias.description.clone(),
            routing_config: alias.routing.map(|routing| ShownRouting {
                additional_version_weights: [(routing.version.to_string(), routing.weight)].into(),
            }),
            revision_id: alias.revision.to_string(),
        }
    }
}

/// Function and alias in the path, decoded once.
pub(super) struct AliasPath {
    function: PathName,
    name: String,
}

impl<G: Send + Sync> FromRequestParts<Arc<Api<G>>> for AliasPath {
    type Rejection = WireError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<G>>) -> Result<Self, WireError> {
        let function = PathName::from_request_parts(parts, api).await?;
        let names = PathNames::in_request(parts)?;
        let name = names.required("Name")?;
        Ok(Self {
            function,
            name: name.to_owned(),
        })
    }
}

impl AliasPath {
    /// Function and alias, where what the request breaks of other constraints is named with them.
    fn checked(
        &self,
        mut violations: Violations,
        account: &Account,
    ) -> Result<(Reference, AliasName), WireError> {
        let name = members::name(&self.name, &mut violations);
        self.function.plain_with(violations, name, account)
    }
}
