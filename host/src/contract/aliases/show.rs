//! GetAlias.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::{AliasConfiguration, AliasPath};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::domain::Qualifier;

/// `GET /2015-03-31/functions/{FunctionName}/aliases/{Name}`
pub(in crate::contract) async fn show<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    path: AliasPath,
) -> Result<Json<impl Serialize>, WireError> {
    let (reference, name) = path.checked(Violations::default(), &api.account)?;
    let function = reference.mutable(&api.account)?;
    let record = api.existing(&reference)?;
    let alias = record.aliases.get(&name).ok_or_else(|| {
        let asked_for = Qualifier::Alias(name.clone());
        let arn = api.account.function_arn(function, Some(&asked_for));
        WireError::not_found(format!("Cannot find alias arn: {arn}"))
    })?;
    let shown = AliasConfiguration::of(alias, function, &api.account);
    Ok(Json::of(shown))
}
