//! AddPermission, GetPolicy and RemovePermission.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;
use serde::Serialize;

use super::answer::Json;
use super::api::Api;
use super::constraint::{Pattern, Violations};
use super::error::WireError;
use super::json_body::JsonBody;
use super::path_names::{PathName, PathNames};
use super::query;
use super::reference::Reference;
use super::wire::permission::AddPermission;
use crate::deployer::CompileGuest;
use crate::deployer::stamp;
use crate::domain::{Cause, FunctionArn, Refusal, policy};

static STATEMENT_ID: Pattern = Pattern::new("([a-zA-Z0-9-_.]+)");

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Added {
    statement: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    pub(super) policy: String,
    pub(super) revision_id: String,
}

/// `POST /2015-03-31/functions/{FunctionName}/policy`
pub(super) async fn add<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    body: JsonBody<AddPermission>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.qualified(&uri, &api.account)?;
    let wanted = body.read().await?;
    let (grant, expected) = wanted.checked()?;
    let arn = changeable(&api, &reference)?;
    let (function, revision) = (arn.name.clone(), stamp().revision());
    let statement = api
        .deployer
        .by(cause)
        .amend(&function, move |record| {
            policy::granted(record, &arn, &grant, expected.as_deref(), revision)
        })
        .await?;
    let added = Added {
        statement: statement.text(),
    };
    Ok(Json::created(added))
}

/// `GET /2015-03-31/functions/{FunctionName}/policy`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.qualified(&uri, &api.account)?;
    shown(&api, &reference)
}

/// `DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}`
pub(super) async fn remove<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    names: PathNames,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let id = names.required("StatementId")?.to_owned();
    let reference = name.qualified(&uri, &api.account)?;
    let mut v = Violations::default();
    let id = v.text_matching("statementId", id, 1..=100, &STATEMENT_ID);
    let id = v.settled(|| id)?;
    let no_function = || {
        let arn = reference.arn_text(&api.account, None);
        WireError::not_found(format!("No policy found for: {arn}"))
    };
    let arn = existing(&api, &reference).ok_or_else(no_function)?;
    let expected = query::value(&uri, "RevisionId").map(|text| text.into_owned());
    let (function, revision) = (arn.name.clone(), stamp().revision());
    let removed = api.deployer.by(cause).amend(&function, move |record| {
        let after = policy::revoked(record, &arn, &id, expected.as_deref(), revision)?;
        Ok((after, ()))
    });
    match removed.await {
        Ok(()) => Ok(NoContent),
        // Deleted meanwhile.
        Err(Refusal::FunctionNotFound(missing)) if missing.qualifier.is_none() => {
            Err(no_function())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The policy of what is asked for.
///
/// # Errors
/// Where there is none.
pub(super) fn shown<G>(api: &Api<G>, reference: &Reference) -> Result<Json<Shown>, WireError> {
    let arn = existing(api, reference).ok_or_else(policy::no_policy)?;
    let record = api.catalog.get(&arn.name).ok_or_else(policy::no_policy)?;
    let (policy, revision) = policy::shown(&record, &arn)?;
    Ok(Json::of(Shown {
        policy,
        revision_id: revision.to_string(),
    }))
}

/// The ARN of what exists and whose policy can be changed under this name.
///
/// # Errors
/// Where it does not exist, or cannot.
pub(super) fn changeable<G>(api: &Api<G>, reference: &Reference) -> Result<FunctionArn, WireError> {
    policy::refuse_latest(reference.qualifier.as_ref())?;
    existing(api, reference).ok_or_else(|| reference.not_found(&api.account, None))
}

/// The ARN that was asked for, if there is such a function; version or alias need not exist.
fn existing<G>(api: &Api<G>, reference: &Reference) -> Option<FunctionArn> {
    let name = reference.function()?;
    let qualifier = reference.qualifier.as_ref();
    api.catalog.get(name)?;
    Some(api.account.function_arn(name, qualifier))
}
