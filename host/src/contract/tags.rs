//! TagResource, UntagResource and ListTags.
//!
//! The resource is an ARN, one segment of the path. Only functions have tags here.

use std::collections::BTreeMap;
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
use super::query;
use super::reference::{NameShape, Reference};
use super::wire::text_map::TextMap;
use crate::deployer::CompileGuest;
use crate::deployer::stamp;
use crate::domain::{Cause, FunctionName, tags};

static TAGGABLE: Pattern = Pattern::new(
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)",
);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TagResource {
    tags: Option<TextMap>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    tags: BTreeMap<String, String>,
}

/// `POST /2017-03-31/tags/{Resource}`
pub(super) async fn tag<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    resource: PathName,
    body: JsonBody<TagResource>,
) -> Result<NoContent, WireError> {
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let tags = v.required("tags", wanted.tags);
    let (function, tags) = function(&api, &resource, v, tags)?;
    let added: BTreeMap<_, _> = tags.0.into_iter().collect();
    let revision = stamp().revision();
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            Ok((tags::tagged(record, added.clone(), revision)?, ()))
        })
        .await?;
    Ok(NoContent)
}

/// `DELETE /2017-03-31/tags/{Resource}`
pub(super) async fn untag<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    resource: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let keys = Some(query::values(&uri, "tagKeys")).filter(|keys| !keys.is_empty());
    let mut v = Violations::default();
    let keys = v.required("tagKeys", keys);
    let (function, keys) = function(&api, &resource, v, keys)?;
    let revision = stamp().revision();
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            Ok((tags::untagged(record, &keys, revision), ()))
        })
        .await?;
    Ok(NoContent)
}

/// `GET /2017-03-31/tags/{Resource}`
pub(super) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    resource: PathName,
) -> Result<Json<impl Serialize>, WireError> {
    let (function, ()) = function(&api, &resource, Violations::default(), Ok(()))?;
    match api.catalog.get(&function) {
        Some(record) => Ok(Json::of(ListTags {
            tags: record.tags.clone(),
        })),
        None => {
            let arn = api.account.function_arn(&function, None);
            Err(crate::domain::Refusal::FunctionNotFound(arn).into())
        }
    }
}

/// The function that `resource` names, if it exists, and what else of the request is `wanted`, where what
/// both break of their constraints is named together.
fn function<G, T>(
    api: &Api<G>,
    resource: &PathName,
    mut v: Violations,
    wanted: Result<T, Broken>,
) -> Result<(FunctionName, T), WireError> {
    let resource = resource.text();
    v.length("resource", resource, 1, 256);
    v.pattern("resource", resource, &TAGGABLE);
    let wanted = v.settled(|| wanted)?;
    if !resource.contains(":function:") {
        return Err(WireError::not_found(
            "The resource you requested does not exist.",
        ));
    }
    let reference = Reference::parse(NameShape::Namespaced, resource, None, &api.account)?;
    if reference.qualifier.is_some() {
        return Err(WireError::invalid_parameter(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    let function = api.existing(&reference)?.latest.function.clone();
    Ok((function, wanted))
}
