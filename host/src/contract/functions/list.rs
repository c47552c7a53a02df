//! ListFunctions.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Serialize;

use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::contract::page::PageRequest;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::contract::{Api, answer, query};
use crate::domain::{FunctionName, FunctionRecord, Qualifier};

static MASTER_REGION: Pattern = Pattern::new(r"ALL|[a-z]{2}(-gov)?-[a-z]+-\d{1}");

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    functions: Vec<FunctionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// Which part of the list is wanted, and how.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    page: PageRequest<FunctionName>,
    /// `FunctionVersion=ALL`: each version with its qualified ARN.
    versions: bool,
}

/// `GET /2015-03-31/functions`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    uri: Uri,
) -> Result<Response, WireError> {
    let wanted = Wanted::parse(&uri)?;
    let after = wanted.page.after.as_ref();
    let records = api.catalog.page(after, wanted.page.items + 1);
    let name = |record: &Arc<FunctionRecord>| record.latest.function.to_string();
    let (records, next_marker) = wanted.page.cut(records.into_iter(), name);
    let latest = Qualifier::LATEST;
    let qualifier = wanted.versions.then_some(&latest);
    let renderer = api.renderer();
    let page = Page {
        functions: records
            .iter()
            .map(|record| renderer.configuration(&record.latest, qualifier, Detail::Listed))
            .collect(),
        next_marker,
    };
    answer::json(StatusCode::OK, &page)
}

impl Wanted {
    fn parse(uri: &Uri) -> Result<Self, WireError> {
        let versions = query::value(uri, "FunctionVersion");
        let mut violations = Violations::default();
        if let Some(versions) = &versions {
            violations.one_of("functionVersion", versions, &["ALL"]);
        }
        if let Some(region) = query::value(uri, "MasterRegion") {
            violations.pattern("masterRegion", &region, &MASTER_REGION);
        }
        Ok(Self {
            page: PageRequest::parse(uri, 10_000, violations, FunctionName::parse)?,
            versions: versions.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, String> {
        let uri = format!("/2015-03-31/functions{query}")
            .parse()
            .expect("a path");
        Wanted::parse(&uri).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn only_all_versions_can_be_asked_for() {
        assert!(wanted("?FunctionVersion=ALL").expect("it is fine").versions);
        let text = wanted("?FunctionVersion=SOME").expect_err("it is unknown");
        assert!(text.contains("Value 'SOME' at 'functionVersion'"));
        assert!(
            wanted("?MasterRegion=x")
                .expect_err("no region")
                .contains("'masterRegion'")
        );
    }
}
