//! ListAliases: in the order of their names, all of them or those that point to one version.

use std::sync::Arc;

use axum::extract::State;
use http::Uri;
use serde::Serialize;

use super::{AliasConfiguration, members};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::page::PageRequest;
use crate::contract::path_names::PathName;
use crate::contract::query;
use crate::domain::{AliasName, Qualifier};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    aliases: Vec<AliasConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// `GET /2015-03-31/functions/{FunctionName}/aliases`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    function: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = function.plain(&api.account)?;
    let mut v = Violations::default();
    let version = v.given(query::value(&uri, "FunctionVersion"), |v, version| {
        members::version_text(version.into_owned(), v)
    });
    let page = PageRequest::parse(&uri, 10_000, v, AliasName::parse)?;
    let function = reference.mutable(&api.account)?;
    let record = api.existing(&reference)?;
    let pointed_to = version.map(|version| Qualifier::parse(&version));
    let aliases = record
        .aliases
        .range::<AliasName, _>(page.behind())
        .map(|(_, alias)| alias)
        .filter(|alias| {
            let points_to = Qualifier::Version(alias.version);
            pointed_to
                .as_ref()
                .is_none_or(|wanted| *wanted == points_to)
        });
    let (aliases, next_marker) = page.cut(aliases, |alias| alias.name.as_str().to_owned());
    let page = Page {
        aliases: aliases
            .into_iter()
            .map(|alias| AliasConfiguration::of(alias, function, &api.account))
            .collect(),
        next_marker,
    };
    Ok(Json::of(page))
}
