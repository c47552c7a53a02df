//! When the runtime of a function is updated: kept and shown, since components bring theirs with them.

use std::sync::Arc;

use axum::extract::{Extension, State};
use http::Uri;
use serde::{Deserialize, Serialize};

use super::answer::Json;
use super::api::Api;
use super::constraint::{Pattern, Violations};
use super::error::WireError;
use super::json_body::JsonBody;
use super::path_names::PathName;
use super::reference::Reference;
use crate::deployer::CompileGuest;
use crate::domain::attachments::{RuntimeUpdates, UpdateRuntimeOn};
use crate::domain::{Cause, FunctionArn, FunctionRecord, Named as _, Refusal};

static RUNTIME_VERSION_ARN: Pattern = Pattern::new(
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}::runtime:.+",
);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutRuntimeManagementConfig {
    update_runtime_on: Option<String>,
    runtime_version_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    update_runtime_on: &'static str,
    function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime_version_arn: Option<String>,
}

/// `PUT /2021-07-20/functions/{FunctionName}/runtime-management-config`
pub(super) async fn put<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    body: JsonBody<PutRuntimeManagementConfig>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.qualified(&uri, &api.account)?;
    let wanted = body.read().await?.within_constraints()?;
    let (_, arn) = existing(&api, &reference)?;
    let updates = checked(wanted, &api.renderer().runtime_version_arn())?;
    let (function, asked, kept) = (arn.name.clone(), arn.clone(), updates.clone());
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            require(record, &asked)?;
            let after = record.with_attached(asked.qualifier.as_ref(), |attached| {
                // The default is not kept: nothing empty is.
                attached.runtime_updates =
                    Some(kept.clone()).filter(|kept| *kept != RuntimeUpdates::default());
            });
            Ok((after, ()))
        })
        .await?;
    Ok(Json::of(shown(&arn, updates)))
}

/// `GET /2021-07-20/functions/{FunctionName}/runtime-management-config`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.qualified(&uri, &api.account)?;
    let (record, arn) = existing(&api, &reference)?;
    let attached = record.attached(arn.qualifier.as_ref());
    let updates = attached.runtime_updates.clone().unwrap_or_default();
    Ok(Json::of(shown(&arn, updates)))
}

impl PutRuntimeManagementConfig {
    fn within_constraints(self) -> Result<RuntimeUpdates, WireError> {
        let mut v = Violations::default();
        let update_on = v.required("updateRuntimeOn", self.update_runtime_on);
        let update_on = update_on.and_then(|name| v.one_of("updateRuntimeOn", &name));
        let version_arn = v.given(self.runtime_version_arn, |v, arn| {
            v.text_matching("runtimeVersionArn", arn, 26..=2_048, &RUNTIME_VERSION_ARN)
        });
        v.settled(|| {
            Ok(RuntimeUpdates {
                update_on: update_on?,
                version_arn,
            })
        })
    }
}

/// What is asked for, where `available` is the only version of the runtime that there is.
fn checked(wanted: RuntimeUpdates, available: &str) -> Result<RuntimeUpdates, WireError> {
    let update_on = wanted.update_on;
    let is_manual = update_on == UpdateRuntimeOn::Manual;
    let problem = match &wanted.version_arn {
        None if is_manual => Some(
            "RuntimeVersionArn is required when UpdateRuntimeOn is Manual. Give the one that \
             GetFunctionConfiguration shows."
                .to_owned(),
        ),
        Some(_) if !is_manual => Some(format!(
            "RuntimeVersionArn cannot be given when UpdateRuntimeOn is {}. Leave it out, or set \
             UpdateRuntimeOn to Manual.",
            update_on.name()
        )),
        Some(arn) if arn != available => Some(format!(
            "The runtime version {arn} does not exist on this host. The only one is {available}."
        )),
        None | Some(_) => None,
    };
    match problem {
        Some(problem) => Err(WireError::invalid_parameter(problem)),
        None => Ok(wanted),
    }
}

fn shown(arn: &FunctionArn, updates: RuntimeUpdates) -> Shown {
    Shown {
        update_runtime_on: updates.update_on.name(),
        function_arn: arn.to_string(),
        runtime_version_arn: updates.version_arn,
    }
}

/// The function, and the ARN of what was asked for.
fn existing<G>(
    api: &Api<G>,
    reference: &Reference,
) -> Result<(Arc<FunctionRecord>, FunctionArn), WireError> {
    let named = reference.qualifier.as_ref();
    let missing = || reference.not_found(&api.account, named);
    let name = reference.function().ok_or_else(missing)?;
    let record = api.catalog.get(name).ok_or_else(missing)?;
    let arn = api.account.function_arn(name, named);
    require(&record, &arn)?;
    Ok((record, arn))
}

fn require(record: &FunctionRecord, arn: &FunctionArn) -> Result<(), Refusal> {
    match record.has(arn.qualifier.as_ref()) {
        true => Ok(()),
        false => Err(Refusal::FunctionNotFound(arn.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AVAILABLE: &str = "arn:aws:lambda:us-east-1::runtime:ab";

    fn checked(json: &str) -> Result<RuntimeUpdates, String> {
        let wanted: PutRuntimeManagementConfig =
            serde_json::from_str(json).expect("the members' JSON");
        wanted
            .within_constraints()
            .and_then(|wanted| super::checked(wanted, AVAILABLE))
            .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn a_version_is_named_with_manual_updates_and_no_others() {
        let manual = format!(r#"{{"UpdateRuntimeOn":"Manual","RuntimeVersionArn":"{AVAILABLE}"}}"#);
        let updates = checked(&manual).expect("it is the one");
        assert_eq!(updates.version_arn.as_deref(), Some(AVAILABLE));
        assert_eq!(
            checked(r#"{"UpdateRuntimeOn":"Auto"}"#),
            Ok(RuntimeUpdates::default())
        );
        for (json, expected) in [
            (manual.replace("Manual", "Auto"), "cannot be given"),
            (manual.replace(":ab", ":cd"), "does not exist on this host"),
            (r#"{"UpdateRuntimeOn":"Manual"}"#.into(), "is required"),
            (
                r#"{"UpdateRuntimeOn":"Never"}"#.into(),
                "[Auto, Manual, FunctionUpdate]",
            ),
            ("{}".into(), "Value null at 'updateRuntimeOn'"),
        ] {
            let text = checked(&json).expect_err("it is refused");
            assert!(text.contains(expected), "{text}");
        }
    }
}
