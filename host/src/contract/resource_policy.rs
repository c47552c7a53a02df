//! GetResourcePolicy, PutResourcePolicy and DeleteResourcePolicy: whole documents, in the same place as the
//! statements that AddPermission adds.
//!
//! The resource is an ARN, one segment of the path. Only functions, versions and aliases have policies here.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;
use serde::{Deserialize, Serialize};

use super::answer::Json;
use super::api::Api;
use super::constraint::{Broken, Pattern, Violations};
use super::error::WireError;
use super::json_body::JsonBody;
use super::path_names::PathName;
use super::policy::{Shown, changeable, shown};
use super::query;
use super::reference::{NameShape, Reference};
use crate::deployer::{CompileGuest, stamp};
use crate::domain::{Cause, policy};

static RESOURCE: Pattern = Pattern::new(
    r"arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_])+)?|runtime/[a-zA-Z0-9-_./]+)",
);
static REVISION: Pattern =
    Pattern::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
const RESOURCE_CHARS_MAX: usize = 512;
const REVISION_CHARS: usize = 36;

/// What PutResourcePolicy takes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutResourcePolicy {
    policy: Option<String>,
    revision_id: Option<String>,
}

/// `GET /2026-07-09/resource-policy/{ResourceArn}`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    resource: PathName,
) -> Result<Json<impl Serialize>, WireError> {
    let (reference, ()) = reference(&api, &resource, Violations::default(), Ok(()))?;
    shown(&api, &reference)
}

/// `PUT /2026-07-09/resource-policy/{ResourceArn}`
pub(super) async fn put<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    resource: PathName,
    body: JsonBody<PutResourcePolicy>,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let text = v.required("policy", wanted.policy);
    let expected = checked_revision(&mut v, wanted.revision_id);
    let (reference, text) = reference(&api, &resource, v, text)?;
    let arn = changeable(&api, &reference)?;
    let policy = policy::of_resource(&text)?;
    let (function, revision) = (arn.name.clone(), stamp().revision());
    let text = policy.text();
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            let expected = expected.as_deref();
            let after = policy::replaced(record, &arn, &policy, expected, revision)?;
            Ok((after, ()))
        })
        .await?;
    Ok(Json::of(Shown {
        policy: text,
        revision_id: revision.to_string(),
    }))
}

/// `DELETE /2026-07-09/resource-policy/{ResourceArn}`
pub(super) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    resource: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let mut v = Violations::default();
    let expected = query::value(&uri, "RevisionId").map(|text| text.into_owned());
    let expected = checked_revision(&mut v, expected);
    let (reference, ()) = reference(&api, &resource, v, Ok(()))?;
    let arn = changeable(&api, &reference)?;
    let (function, revision) = (arn.name.clone(), stamp().revision());
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            let after = policy::removed(record, &arn, expected.as_deref(), revision)?;
            Ok((after, ()))
        })
        .await?;
    Ok(NoContent)
}

/// The function that `resource` names, and what else of the request is `wanted`, where what both break of
/// their constraints is named together.
fn reference<G, T>(
    api: &Api<G>,
    resource: &PathName,
    mut v: Violations,
    wanted: Result<T, Broken>,
) -> Result<(Reference, T), WireError> {
    let resource = resource.text();
    v.length("resourceArn", resource, 0, RESOURCE_CHARS_MAX);
    v.pattern("resourceArn", resource, &RESOURCE);
    let wanted = v.settled(|| wanted)?;
    if !resource.contains(":function:") {
        return Err(policy::no_policy().into());
    }
    let reference = Reference::parse(NameShape::Namespaced, resource, None, &api.account)?;
    Ok((reference, wanted))
}

fn checked_revision(v: &mut Violations, revision: Option<String>) -> Option<String> {
    if let Some(revision) = &revision {
        v.length("revisionId", revision, REVISION_CHARS, REVISION_CHARS);
        v.pattern("revisionId", revision, &REVISION);
    }
    revision
}
