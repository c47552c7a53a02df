//! ListFunctions.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{StatusCode, Uri};
use serde::Serialize;

use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::contract::{Api, answer, query};
use crate::domain::{FunctionName, Qualifier, VersionId};
use crate::limits::LIST_PAGE_ITEMS_MAX;

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
    /// The last function of the page before.
    after: Option<FunctionName>,
    items: usize,
    /// `FunctionVersion=ALL`: each version with its qualified ARN.
    versions: bool,
}

/// `GET /2015-03-31/functions`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    uri: Uri,
) -> Result<Response, WireError> {
    let wanted = Wanted::parse(&uri)?;
    let mut records = api.catalog.page(wanted.after.as_ref(), wanted.items + 1);
    let more = records.len() > wanted.items;
    records.truncate(wanted.items);
    let latest = Qualifier::Version(VersionId::Latest);
    let qualifier = wanted.versions.then_some(&latest);
    let renderer = api.renderer();
    let page = Page {
        functions: records
            .iter()
            .map(|record| renderer.configuration(&record.latest, qualifier, Detail::Listed))
            .collect(),
        next_marker: records
            .last()
            .filter(|_| more)
            .map(|record| marker(&record.latest.function)),
    };
    answer::json(StatusCode::OK, &page)
}

impl Wanted {
    fn parse(uri: &Uri) -> Result<Self, WireError> {
        let items = query::number(uri, "MaxItems")?;
        let versions = query::value(uri, "FunctionVersion");
        let mut violations = Violations::default();
        if let Some(items) = items {
            violations.range("maxItems", items, 1, 10_000);
        }
        if let Some(versions) = &versions {
            violations.one_of("functionVersion", versions, &["ALL"]);
        }
        if let Some(region) = query::value(uri, "MasterRegion") {
            violations.pattern("masterRegion", &region, &MASTER_REGION);
        }
        violations.into_result()?;
        let items = items.and_then(|items| usize::try_from(items).ok());
        Ok(Self {
            after: query::value(uri, "Marker")
                .map(|text| after(&text))
                .transpose()?,
            items: items.unwrap_or(usize::MAX).min(LIST_PAGE_ITEMS_MAX),
            versions: versions.is_some(),
        })
    }
}

/// The marker of a page that ends with `name`: opaque to clients, as AWS's are.
fn marker(name: &FunctionName) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(name.as_str())
}

fn after(marker: &str) -> Result<FunctionName, WireError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(marker)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| FunctionName::parse(&text))
        .ok_or_else(|| {
            WireError::invalid_parameter(
                "The Marker is not one that this operation gave. Leave it out to begin with the \
                 first page.",
            )
        })
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
    fn a_page_has_at_most_fifty_functions() {
        for (query, items) in [("", 50), ("?MaxItems=10000", 50), ("?MaxItems=7", 7)] {
            assert_eq!(wanted(query).expect("it is fine").items, items);
        }
        assert!(
            wanted("?MaxItems=0")
                .expect_err("too few")
                .contains("at 'maxItems'")
        );
        assert!(
            wanted("?MaxItems=10001")
                .expect_err("too many")
                .contains("equal to 10000")
        );
        assert!(
            wanted("?MaxItems=x")
                .expect_err("no number")
                .contains("Serialization")
        );
    }

    #[test]
    fn a_marker_leads_on_and_a_foreign_one_is_refused() {
        let name = FunctionName::parse("fn-7").expect("a name");
        let wanted_after = wanted(&format!("?Marker={}", marker(&name))).expect("it is ours");
        assert_eq!(wanted_after.after, Some(name));
        assert!(
            wanted("?Marker=%20")
                .expect_err("it is not ours")
                .contains("The Marker")
        );
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
