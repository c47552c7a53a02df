//! CreateAlias.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AliasConfiguration;
use super::members::{self, RoutingConfig, Weights};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::{Broken, Violations};
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::path_names::PathName;
use crate::deployer::CompileGuest;
use crate::domain::{Alias, AliasName, Cause, FunctionRecord, Qualifier, Refusal, alias};
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
    Extension(cause): Extension<Cause>,
    function: PathName,
    body: JsonBody<CreateAlias>,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let wanted = wanted.read(&mut v);
    let (reference, wanted) = function.plain_with(v, wanted, &api.account)?;
    let function = reference.mutable(&api.account)?;
    if api.catalog.get(function).is_none() {
        // What is missing is the version that the alias would point to.
        return Err(reference.not_found(&api.account, Some(&Qualifier::parse(&wanted.version))));
    }
    let arn = api.account.function_arn(function, None);
    let alias = Alias {
        name: wanted.name,
        version: members::version(&wanted.version, &arn)?,
        description: wanted.description,
        routing: wanted.weights.routing(&arn)?,
        revision: Uuid::new_v4(),
    };
    let created = api.deployer.by(cause).amend(function, move |record| {
        let created = alias::created(record, &arn, alias.clone())?;
        check_room(&created.0)?;
        Ok(created)
    });
    let shown = AliasConfiguration::of(&*created.await?, function, &api.account);
    Ok(Json::created(shown))
}

/// An alias within the model's constraints.
struct Wanted {
    name: AliasName,
    version: String,
    description: String,
    weights: Weights,
}

impl CreateAlias {
    fn read(self, v: &mut Violations) -> Result<Wanted, Broken> {
        let name = v.required("name", self.name);
        let name = name.and_then(|name| members::name(&name, v));
        let version = v.required("functionVersion", self.function_version);
        let version = version.and_then(|version| members::version_text(version, v));
        let description = members::description(self.description.unwrap_or_default(), v);
        let weights = self.routing_config.unwrap_or_default().read(v);
        Ok(Wanted {
            name: name?,
            version: version?,
            description: description?,
            weights: weights?,
        })
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
