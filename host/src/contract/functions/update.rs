//! UpdateFunctionCode and UpdateFunctionConfiguration.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::publish::refuse_publish_to;
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::callers::charged;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::passage::Passage;
use crate::contract::path_names::PathName;
use crate::contract::wire::code::CodeSource;
use crate::contract::wire::configuration::{Detail, FunctionConfiguration};
use crate::contract::wire::settings::SettingsMembers;
use crate::deployer::{CodeChange, CompileGuest};
use crate::domain::settings::Architecture;
use crate::domain::{Cause, Qualifier, Version, VersionId};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct UpdateFunctionCode {
    architectures: Option<Vec<String>>,
    dry_run: Option<bool>,
    publish: Option<bool>,
    publish_to: Option<IgnoredAny>,
    revision_id: Option<String>,
    #[serde(flatten)]
    source: CodeSource,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct UpdateFunctionConfiguration {
    revision_id: Option<String>,
    tenancy_config: Option<IgnoredAny>,
    #[serde(flatten)]
    settings: SettingsMembers,
}

/// `PUT /2015-03-31/functions/{FunctionName}/code`
pub(in crate::contract) async fn code<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    Extension(passage): Extension<Passage>,
    name: PathName,
    body: JsonBody<UpdateFunctionCode>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain(&api.account)?;
    let (wanted, charge) = body.read_charged().await?;
    let architecture = wanted.architecture()?;
    let name = reference.mutable(&api.account)?;
    api.existing(&reference)?;
    let change = wanted.change(architecture)?;
    let change = CodeChange {
        sender: passage.sender(),
        package: charged(change.package, charge),
        ..change
    };
    let version = api.deployer.by(cause).update_code(name, change).await?;
    Ok(Json::of(shown(&api, &version)))
}

/// `PUT /2015-03-31/functions/{FunctionName}/configuration`
pub(in crate::contract) async fn configuration<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    body: JsonBody<UpdateFunctionConfiguration>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain(&api.account)?;
    let wanted = body.read().await?;
    let mut violations = Violations::default();
    let settings = wanted.settings.read(&mut violations);
    violations.into_result()?;
    let name = reference.mutable(&api.account)?;
    api.existing(&reference)?;
    refuse_tenancy(wanted.tenancy_config)?;
    let change = settings.change()?;
    let version = api
        .deployer
        .by(cause)
        .update_settings(name, wanted.revision_id, change)
        .await?;
    Ok(Json::of(shown(&api, &version)))
}

/// The API has no such member here, and a caller who sends it must not believe that it counts.
fn refuse_tenancy(tenancy: Option<IgnoredAny>) -> Result<(), WireError> {
    match tenancy {
        Some(_) => Err(WireError::invalid_parameter(
            "TenancyConfig cannot be changed once a function exists. Leave it out, or create the \
             function anew.",
        )),
        None => Ok(()),
    }
}

fn shown<G>(api: &Api<G>, version: &Version) -> FunctionConfiguration {
    let qualifier = match version.id {
        VersionId::Latest => None,
        published @ VersionId::Number(_) => Some(Qualifier::Version(published)),
    };
    let renderer = api.renderer();
    renderer.configuration(version, qualifier.as_ref(), Detail::Whole)
}

impl UpdateFunctionCode {
    /// The one member that the model constrains.
    fn architecture(&self) -> Result<Option<Architecture>, WireError> {
        let mut v = Violations::default();
        let architecture = v.given(self.architectures.as_deref(), |v, names| {
            v.only_one_of("architectures", names)
        });
        v.settled(|| Ok(architecture))
    }

    fn change(self, architecture: Option<Architecture>) -> Result<CodeChange, WireError> {
        refuse_publish_to(self.publish_to)?;
        Ok(CodeChange {
            package: self.source.package()?,
            architecture,
            dry_run: self.dry_run.unwrap_or_default(),
            publish: self.publish.unwrap_or_default(),
            expected_revision: self.revision_id,
            sender: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str) -> Result<CodeChange, String> {
        let wanted: UpdateFunctionCode =
            serde_json::from_str(json).expect("it is the shape's JSON");
        let architecture = wanted.architecture();
        let change = architecture.and_then(|architecture| wanted.change(architecture));
        change.map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn new_code_comes_with_what_else_is_given() {
        let change = change(
            r#"{"ZipFile":"aGk=","Architectures":["arm64"],"DryRun":true,"RevisionId":"r","Publish":true}"#,
        )
        .expect("all of it is fine");
        assert_eq!(change.package, "hi");
        assert_eq!(change.architecture, Some(Architecture::Arm64));
        assert!(change.dry_run && change.publish);
        assert_eq!(change.expected_revision.as_deref(), Some("r"));
    }

    #[test]
    fn an_update_without_code_or_with_what_is_lacking_is_refused() {
        for (json, expected) in [
            ("{}", "Please provide a source for function code."),
            (
                r#"{"ZipFile":"aGk=","PublishTo":"LATEST_PUBLISHED"}"#,
                "PublishTo is not supported",
            ),
            (
                r#"{"ZipFile":"aGk=","Architectures":["X86"]}"#,
                "Value '[X86]' at 'architectures'",
            ),
        ] {
            let text = change(json).expect_err("it is refused");
            assert!(text.contains(expected), "{text}");
        }
    }
}
