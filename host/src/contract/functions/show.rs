//! GetFunction and GetFunctionConfiguration.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, State};
use http::Uri;
use serde::Serialize;

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::concurrency::reserved::Concurrency;
use crate::contract::error::WireError;
use crate::contract::origin::Origin;
use crate::contract::path_names::PathName;
use crate::contract::permission::HiddenTags;
use crate::contract::reference::Reference;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::domain::{FunctionRecord, Version};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetFunction {
    configuration: FunctionConfiguration,
    code: CodeLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags_error: Option<TagsError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<Concurrency>,
}

/// Why tags are not shown.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TagsError {
    error_code: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CodeLocation {
    repository_type: &'static str,
    location: String,
}

/// `GET /2015-03-31/functions/{FunctionName}`
pub(in crate::contract) async fn function<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
    origin: Origin,
    hidden: Option<Extension<HiddenTags>>,
) -> Result<Json<impl Serialize>, WireError> {
    let Found {
        reference,
        record,
        version,
    } = found(&api, &name, &uri)?;
    let package = version.code.package;
    let shown = GetFunction {
        configuration: configuration(&api, &reference, &version),
        code: CodeLocation {
            // AWS keeps packages in S3, and clients look for this word.
            repository_type: "S3",
            location: api.host.downloads.address(origin.as_str(), package),
        },
        tags: Some(record.tags.clone()).filter(|tags| !tags.is_empty() && hidden.is_none()),
        tags_error: hidden.map(|Extension(HiddenTags(message))| TagsError {
            error_code: "AccessDeniedException",
            message,
        }),
        concurrency: Concurrency::of(&record),
    };
    Ok(Json::of(shown))
}

/// `GET /2015-03-31/functions/{FunctionName}/configuration`
pub(in crate::contract) async fn function_configuration<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let found = found(&api, &name, &uri)?;
    let shown = configuration(&api, &found.reference, &found.version);
    Ok(Json::of(shown))
}

fn configuration<G>(
    api: &Api<G>,
    reference: &Reference,
    version: &Version,
) -> FunctionConfiguration {
    let qualifier = reference.qualifier.as_ref();
    api.renderer()
        .configuration(version, qualifier, Detail::Whole)
}

/// What was asked for, under the name by which it was.
struct Found {
    reference: Reference,
    record: Arc<FunctionRecord>,
    version: Arc<Version>,
}

fn found<G>(api: &Api<G>, name: &PathName, uri: &Uri) -> Result<Found, WireError> {
    let reference = name.qualified(uri, &api.account)?;
    let qualifier = reference.qualifier.as_ref();
    let record = reference.function().and_then(|name| api.catalog.get(name));
    let found = record.and_then(|record| {
        let version = Arc::clone(record.shown(qualifier)?);
        Some((record, version))
    });
    match found {
        Some((record, version)) => Ok(Found {
            reference,
            record,
            version,
        }),
        None => Err(reference.not_found(&api.account, qualifier)),
    }
}
