//! DeleteAlias: one that does not exist is deleted already.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;

use super::AliasPath;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::deployer::CompileGuest;
use crate::domain::{Cause, alias};

/// `DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name}`
pub(in crate::contract) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    path: AliasPath,
) -> Result<NoContent, WireError> {
    let (reference, name) = path.checked(Violations::default(), &api.account)?;
    let function = reference.mutable(&api.account)?;
    let deleted = api.deployer.by(cause).amend(function, move |record| {
        Ok((alias::deleted(record, &name), ()))
    });
    deleted.await?;
    Ok(NoContent)
}
