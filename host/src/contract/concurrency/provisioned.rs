//! PutProvisionedConcurrencyConfig, GetProvisionedConcurrencyConfig, DeleteProvisionedConcurrencyConfig
//! and ListProvisionedConcurrencyConfigs.
//!
//! Checks come in this order: constraints, `$LATEST`, whether the version or alias exists, whether it has
//! a config or may have one.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;
use serde::Serialize;

use super::of_account;
use super::provisioned_shape::{ProvisionedConcurrencyConfig, PutProvisionedConcurrencyConfig};
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::{Broken, Violations};
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::page::PageRequest;
use crate::contract::path_names::PathName;
use crate::contract::reference::Reference;
use crate::deployer::{CompileGuest, stamp};
use crate::domain::attachments::Provisioned;
use crate::domain::concurrency;
use crate::domain::{Cause, FunctionArn, FunctionRecord, Qualifier, Refusal};
use crate::invoker::RunGuest;

/// What the text of AWS calls a `$LATEST` that cannot be asked for.
const NO_LATEST: &str = "The function resource provided must be an alias or a published version.";

/// What is prepared ahead already needs no more preparation, as AWS has it.
const WITH_SNAPSHOT: &str = "Provisioned Concurrency is not supported for versions that are published \
                             with SnapStart.";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    provisioned_concurrency_configs: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    function_arn: String,
    #[serde(flatten)]
    config: ProvisionedConcurrencyConfig,
}

/// `PUT /2019-09-30/functions/{FunctionName}/provisioned-concurrency`
pub(in crate::contract) async fn put<G: CompileGuest + RunGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    body: JsonBody<PutProvisionedConcurrencyConfig>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain_qualified(&uri, &api.account)?;
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let wanted = wanted.read(&mut v);
    let place = place(&reference, &mut v);
    let (wanted, place) = v.settled(|| Ok((wanted?, place?)))?;
    if place == Qualifier::LATEST {
        return Err(WireError::invalid_parameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        ));
    }
    let arn = existing(&api, &reference)?;
    let (catalog, limit, asked) = (
        Arc::clone(&api.catalog),
        api.concurrency_limit(),
        arn.clone(),
    );
    let decide = move |record: &FunctionRecord| {
        let shown = record.shown(Some(&place));
        if shown.is_some_and(|version| version.wants_snapshot()) {
            return Err(Refusal::InvalidParameter(WITH_SNAPSHOT.into()));
        }
        let account = of_account(&catalog, limit);
        let after = concurrency::provisioned(record, &asked, wanted, &account, stamp())?;
        let config = config(&after, &place)?;
        Ok((after, config))
    };
    let config = api.deployer.by(cause).amend(&arn.name, decide).await?;
    Ok(Json::accepted(shown(&api, &arn, &config)))
}

/// `GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency`
pub(in crate::contract) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain_qualified(&uri, &api.account)?;
    let place = no_latest(&reference)?;
    let arn = existing(&api, &reference)?;
    let record = api.catalog.get(&arn.name).ok_or_else(|| missing(&arn))?;
    let config = config(&record, &place)?;
    Ok(Json::of(shown(&api, &arn, &config)))
}

/// `DELETE /2019-09-30/functions/{FunctionName}/provisioned-concurrency`
pub(in crate::contract) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let reference = name.plain_qualified(&uri, &api.account)?;
    let place = no_latest(&reference)?;
    let arn = existing(&api, &reference)?;
    let decide =
        move |record: &FunctionRecord| Ok((concurrency::unprovisioned(record, &place), ()));
    api.deployer.by(cause).amend(&arn.name, decide).await?;
    Ok(NoContent)
}

/// `GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain(&api.account)?;
    let key = |text: &str| Some(Qualifier::parse(text));
    let wanted = PageRequest::parse(&uri, 50, Violations::default(), key)?;
    let record = api.existing(&reference)?;
    let attachments = record.attachments.range::<Qualifier, _>(wanted.behind());
    let configs = attachments.filter_map(|(place, attached)| {
        let config = attached.provisioned.as_ref()?;
        Some((place, config))
    });
    let (configs, next_marker) = wanted.cut(configs, |(place, _)| place.to_string());
    let items = configs.into_iter().map(|(place, config)| {
        let arn = api
            .account
            .function_arn(&record.latest.function, Some(place));
        Item {
            config: shown(&api, &arn, config),
            function_arn: arn.to_string(),
        }
    });
    let page = Page {
        provisioned_concurrency_configs: items.collect(),
        next_marker,
    };
    Ok(Json::of(page))
}

fn shown<G>(api: &Api<G>, arn: &FunctionArn, config: &Provisioned) -> ProvisionedConcurrencyConfig {
    let place = arn.qualifier.as_ref().unwrap_or(&Qualifier::LATEST);
    let progress = api.provisioner.progress(&arn.name, place);
    ProvisionedConcurrencyConfig::new(config, progress)
}

/// The qualifier, which the model requires.
fn place(reference: &Reference, v: &mut Violations) -> Result<Qualifier, Broken> {
    v.required("qualifier", reference.qualifier.clone())
}

fn no_latest(reference: &Reference) -> Result<Qualifier, WireError> {
    let mut v = Violations::default();
    let place = place(reference, &mut v);
    match v.settled(|| place)? {
        Qualifier::LATEST => Err(WireError::invalid_parameter(NO_LATEST)),
        place => Ok(place),
    }
}

/// The ARN that was asked for, where there is such a version or alias.
fn existing<G>(api: &Api<G>, reference: &Reference) -> Result<FunctionArn, WireError> {
    let arn = reference.arn(&api.account, None)?;
    let record = api.catalog.get(&arn.name);
    concurrency::provisionable(record.as_deref(), &arn)?;
    Ok(arn)
}

fn config(record: &FunctionRecord, place: &Qualifier) -> Result<Provisioned, Refusal> {
    let config = record.attached(Some(place)).provisioned.clone();
    config.ok_or(Refusal::ProvisionedConcurrencyNotFound)
}

fn missing(arn: &FunctionArn) -> Refusal {
    Refusal::FunctionNotFound(arn.clone())
}
