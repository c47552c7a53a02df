//! ListFunctions.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use http::Uri;
use serde::Serialize;

use super::versions::versions_behind;
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::contract::page::PageRequest;
use crate::contract::query;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::domain::named::named;
use crate::domain::{FunctionName, FunctionRecord, Qualifier, Version, VersionId};

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
    page: PageRequest<Place>,
    /// `FunctionVersion=ALL`: each version with its qualified ARN.
    versions: bool,
}

/// Where a page of the list ends: with a function, or in the middle of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    function: FunctionName,
    version: Option<VersionId>,
}

/// `GET /2015-03-31/functions`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = Wanted::parse(&uri)?;
    let (functions, next_marker) = match wanted.versions {
        true => all_versions(&api, &wanted.page),
        false => all_functions(&api, &wanted.page),
    };
    let page = Page {
        functions,
        next_marker,
    };
    Ok(Json::of(page))
}

type Entries = (Vec<FunctionConfiguration>, Option<String>);

fn all_functions<G>(api: &Api<G>, page: &PageRequest<Place>) -> Entries {
    let after = page.after.as_ref().map(|place| &place.function);
    let records = api.catalog.page(after, page.items + 1);
    let place = |record: &Arc<FunctionRecord>| Place {
        function: record.latest.function.clone(),
        version: None,
    };
    let (records, marker) = page.cut(records.into_iter(), |record| place(record).to_string());
    let renderer = api.renderer();
    let shown =
        |record: &Arc<FunctionRecord>| renderer.configuration(&record.latest, None, Detail::Listed);
    (records.iter().map(shown).collect(), marker)
}

/// Every function has a version at least, so as many functions as entries are enough.
fn all_versions<G>(api: &Api<G>, page: &PageRequest<Place>) -> Entries {
    let after = page.after.as_ref();
    let begun = after.and_then(|place| Some((api.catalog.get(&place.function)?, place.version?)));
    let others = api
        .catalog
        .page(after.map(|place| &place.function), page.items + 1);
    let rest = begun
        .iter()
        .flat_map(|(record, version)| versions_behind(record, Some(*version)));
    let versions = others
        .iter()
        .flat_map(|record| versions_behind(record, None));
    let place = |version: &Version| Place {
        function: version.function.clone(),
        version: Some(version.id),
    };
    let (versions, marker) = page.cut(rest.chain(versions), |version| place(version).to_string());
    let renderer = api.renderer();
    let shown = |version: &Arc<Version>| {
        let qualifier = Qualifier::Version(version.id);
        renderer.configuration(version, Some(&qualifier), Detail::Listed)
    };
    (versions.into_iter().map(shown).collect(), marker)
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (function, version) = match text.split_once(':') {
            Some((function, version)) => (function, Some(VersionId::parse(version)?)),
            None => (text, None),
        };
        Some(Self {
            function: FunctionName::parse(function)?,
            version,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.function)?;
        match self.version {
            Some(version) => write!(f, ":{version}"),
            None => Ok(()),
        }
    }
}

named! {
    /// Which versions are listed beside `$LATEST`.
    enum Versions {
        /// All of them.
        All = "ALL",
    }
}

impl Wanted {
    fn parse(uri: &Uri) -> Result<Self, WireError> {
        let mut violations = Violations::default();
        let versions = violations.given(query::value(uri, "FunctionVersion"), |v, name| {
            v.one_of::<Versions>("functionVersion", &name)
        });
        if let Some(region) = query::value(uri, "MasterRegion") {
            violations.pattern("masterRegion", &region, &MASTER_REGION);
        }
        Ok(Self {
            page: PageRequest::parse(uri, 10_000, violations, Place::parse)?,
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
    #[test]
    fn a_marker_is_a_function_or_one_of_its_versions() {
        for text in ["fn", "fn:$LATEST", "fn:12"] {
            let place = Place::parse(text).expect("a place");
            assert_eq!(place.to_string(), text);
        }
        for text in ["", "fn:", "fn:prod", "f n", "fn:1:2"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
