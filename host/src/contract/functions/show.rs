//! GetFunction and GetFunctionConfiguration.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::PathName;
use crate::contract::concurrency::reserved::Concurrency;
use crate::contract::error::WireError;
use crate::contract::reference::Reference;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::contract::{Api, answer, package_address};
use crate::domain::FunctionRecord;
use crate::domain::{Qualifier, VersionId};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetFunction<'a> {
    configuration: FunctionConfiguration,
    code: CodeLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<Concurrency>,
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
    request: Request,
) -> Result<Response, WireError> {
    let (reference, record) = found(&api, &name, request.uri())?;
    let origin = package_address::origin(request.headers())?;
    let package = record.latest.code.package;
    let shown = GetFunction {
        configuration: configuration(&api, &reference, &record),
        code: CodeLocation {
            // AWS keeps packages in S3, and clients look for this word.
            repository_type: "S3",
            location: api.downloads.address(&origin, package),
        },
        tags: Some(&record.tags).filter(|tags| !tags.is_empty()),
        concurrency: Concurrency::of(&record),
    };
    answer::json(StatusCode::OK, &shown)
}

/// `GET /2015-03-31/functions/{FunctionName}/configuration`
pub(in crate::contract) async fn function_configuration<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Response, WireError> {
    let (reference, record) = found(&api, &name, &uri)?;
    answer::json(StatusCode::OK, &configuration(&api, &reference, &record))
}

fn configuration<G>(
    api: &Api<G>,
    reference: &Reference,
    record: &FunctionRecord,
) -> FunctionConfiguration {
    let qualifier = reference.qualifier.as_ref();
    api.renderer()
        .configuration(&record.latest, qualifier, Detail::Whole)
}

/// The function, where the qualifier is none or `$LATEST`: no other version exists yet.
fn found<G>(
    api: &Api<G>,
    name: &PathName,
    uri: &Uri,
) -> Result<(Reference, Arc<FunctionRecord>), WireError> {
    let reference = name.qualified(uri, &api.account)?;
    let record = reference
        .function()
        .and_then(|name| api.catalog.get(name))
        .filter(|_| names_latest(reference.qualifier.as_ref()));
    match record {
        Some(record) => Ok((reference, record)),
        None => Err(reference.not_found(&api.account, reference.qualifier.as_ref())),
    }
}

fn names_latest(qualifier: Option<&Qualifier>) -> bool {
    match qualifier {
        None | Some(Qualifier::Version(VersionId::Latest)) => true,
        Some(
            Qualifier::Version(VersionId::Number(_)) | Qualifier::Alias(_) | Qualifier::Unknown(_),
        ) => false,
    }
}
