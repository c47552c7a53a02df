//! UpdateAlias: what is not given stays.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::members::{self, RoutingConfig, Weights};
use super::{AliasConfiguration, AliasPath};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::deployer::CompileGuest;
use crate::domain::{AliasChange, Cause, FunctionArn, Refusal, alias};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct UpdateAlias {
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

/// `PUT /2015-03-31/functions/{FunctionName}/aliases/{Name}`
pub(in crate::contract) async fn update<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    path: AliasPath,
    body: JsonBody<UpdateAlias>,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let wanted = wanted.read(&mut v);
    let (reference, name) = path.checked(v, &api.account)?;
    let function = reference.mutable(&api.account)?;
    let arn = api.account.function_arn(function, None);
    let changed = api.deployer.by(cause).amend(function, move |record| {
        let change = wanted.change(&arn)?;
        alias::changed(record, &arn, &name, change, Uuid::new_v4())
    });
    let shown = AliasConfiguration::of(&*changed.await?, function, &api.account);
    Ok(Json::of(shown))
}

/// A change within the model's constraints.
struct Wanted {
    version: Option<String>,
    description: Option<String>,
    weights: Option<Weights>,
    revision_id: Option<String>,
}

impl UpdateAlias {
    fn read(self, v: &mut Violations) -> Wanted {
        Wanted {
            version: v.given(self.function_version, |v, text| {
                members::version_text(text, v)
            }),
            description: v.given(self.description, |v, text| members::description(text, v)),
            weights: v.given(self.routing_config, |v, config| config.read(v)),
            revision_id: self.revision_id,
        }
    }
}

impl Wanted {
    fn change(&self, arn: &FunctionArn) -> Result<AliasChange, Refusal> {
        let version = self.version.as_deref();
        let weights = self.weights.as_ref();
        Ok(AliasChange {
            version: version
                .map(|text| members::version(text, arn))
                .transpose()?,
            routing: weights.map(|weights| weights.routing(arn)).transpose()?,
            description: self.description.clone(),
            expected_revision: self.revision_id.clone(),
        })
    }
}
