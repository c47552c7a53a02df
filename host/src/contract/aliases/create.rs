//! CreateAlias.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AliasConfiguration;
use super::members::{self, RoutingConfig};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::path_names::PathName;
use crate::contract::reference::NameShape;
use crate::deployer::CompileGuest;
use crate::domain::{Alias, FunctionRecord, Qualifier, Refusal, alias};
use crate::limits::ALIASES_PER_FUNCTION_MAX;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct CreateAlias {
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
}

/// `POST /2015-03-31/functions/{FunctionName}/aliases`
pub(in crate::contract) async fn create<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    function: PathName,
    body: JsonBody<CreateAlias>,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = body.read().await?;
    let violations = wanted.violations();
    let reference = function.constrained(NameShape::Plain, violations, &api.account)?;
    let name = members::name(&wanted.name.unwrap_or_default())?;
    let version = wanted.function_version.unwrap_or_default();
    let function = reference.mutable(&api.account)?;
    if api.catalog.get(function).is_none() {
        // What is missing is the version that the alias would point to.
        return Err(reference.not_found(&api.account, Some(&Qualifier::parse(&version))));
    }
    let arn = api.account.function_arn(function, None);
    let alias = Alias {
        name,
        version: members::version(&version, &arn)?,
        description: wanted.description.unwrap_or_default(),
        routing: wanted.routing_config.unwrap_or_default().routing(&arn)?,
        revision: Uuid::new_v4(),
    };
    let created = api.deployer.amend(function, move |record| {
        let created = alias::created(record, &arn, alias)?;
        check_room(&created.0)?;
        Ok(created)
    });
    let shown = AliasConfiguration::of(&*created.await?, function, &api.account);
    Ok(Json::created(shown))
}

impl CreateAlias {
    fn violations(&self) -> Violations {
        let mut violations = Violations::default();
        violations.required("name", self.name.as_ref());
        if let Some(name) = &self.name {
            members::check_name(name, &mut violations);
        }
        violations.required("functionVersion", self.function_version.as_ref());
        if let Some(version) = &self.function_version {
            members::check_version(version, &mut violations);
        }
        members::check_description(self.description.as_ref(), &mut violations);
        if let Some(routing) = &self.routing_config {
            routing.check(&mut violations);
        }
        violations
    }
}

fn check_room(after: &FunctionRecord) -> Result<(), Refusal> {
    match after.aliases.len() > ALIASES_PER_FUNCTION_MAX {
        true => Err(Refusal::InvalidParameter(format!(
            "A function can have at most {ALIASES_PER_FUNCTION_MAX} aliases. Delete aliases that are \
             not needed, then create this one."
        ))),
        false => Ok(()),
    }
}
