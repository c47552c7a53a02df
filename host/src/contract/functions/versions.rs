//! ListVersionsByFunction.

use std::ops::Bound;
use std::sync::Arc;

use axum::extract::State;
use http::Uri;
use serde::Serialize;

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::page::PageRequest;
use crate::contract::path_names::PathName;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::domain::{FunctionRecord, Qualifier, Version, VersionId};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    versions: Vec<FunctionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// `GET /2015-03-31/functions/{FunctionName}/versions`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.namespaced(&api.account)?;
    let page = PageRequest::parse(&uri, 10_000, Violations::default(), VersionId::parse)?;
    reference.mutable(&api.account)?;
    let record = api.existing(&reference)?;
    let versions = versions_behind(&record, page.after);
    let (versions, next_marker) = page.cut(versions, |version| version.id.to_string());
    let renderer = api.renderer();
    let page = Page {
        versions: versions
            .into_iter()
            .map(|version| {
                let qualifier = Qualifier::Version(version.id);
                renderer.configuration(version, Some(&qualifier), Detail::Listed)
            })
            .collect(),
        next_marker,
    };
    Ok(Json::of(page))
}

/// The versions of a function behind one of them, in the order of lists: `$LATEST`, then by number.
pub(super) fn versions_behind(
    record: &FunctionRecord,
    after: Option<VersionId>,
) -> impl Iterator<Item = &Arc<Version>> {
    let (latest, numbers) = match after {
        None => (Some(&record.latest), Bound::Unbounded),
        Some(VersionId::Latest) => (None, Bound::Unbounded),
        Some(VersionId::Number(number)) => (None, Bound::Excluded(number)),
    };
    let published = record.versions.range((numbers, Bound::Unbounded));
    latest
        .into_iter()
        .chain(published.map(|(_, version)| version))
}
