//! PublishVersion.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::path_names::PathName;
use crate::contract::wire::configuration::Detail;
use crate::deployer::CompileGuest;
use crate::domain::{Cause, Publication, Qualifier, Settings};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct PublishVersion {
    code_sha256: Option<String>,
    description: Option<String>,
    publish_to: Option<IgnoredAny>,
    revision_id: Option<String>,
}

/// `POST /2015-03-31/functions/{FunctionName}/versions`
pub(in crate::contract) async fn publish<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    body: JsonBody<PublishVersion>,
) -> Result<Json<impl Serialize>, WireError> {
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let description = v.given(wanted.description, |v, text| {
        v.bounded("description", text, Settings::DESCRIPTION_CHARS)
    });
    let (reference, description) = name.plain_with(v, Ok(description), &api.account)?;
    refuse_publish_to(wanted.publish_to)?;
    let publication = Publication {
        description,
        expected_code: wanted.code_sha256,
        expected_revision: wanted.revision_id,
    };
    let name = reference.mutable(&api.account)?;
    let version = api.deployer.by(cause).publish(name, publication).await?;
    let qualifier = Qualifier::Version(version.id);
    let renderer = api.renderer();
    let shown = renderer.configuration(&version, Some(&qualifier), Detail::Whole);
    Ok(Json::created(shown))
}

/// There is one thing to publish to beside a new version, and only functions of capacity providers have it.
pub(super) fn refuse_publish_to(publish_to: Option<IgnoredAny>) -> Result<(), WireError> {
    match publish_to {
        Some(_) => Err(WireError::invalid_parameter(
            "PublishTo is not supported by this host: only functions of a capacity provider have \
             $LATEST.PUBLISHED, and there are none here. Leave it out to publish a new version.",
        )),
        None => Ok(()),
    }
}
