//! Event-invoke configs: how asynchronous events are retried and where their records go.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;
use serde::Serialize;

use super::answer::Json;
use super::api::Api;
use super::constraint::Violations;
use super::error::WireError;
use super::json_body::JsonBody;
use super::page::PageRequest;
use super::path_names::PathName;
use super::wire::event_invoke::{ConfigMembers, DestinationConfig};
use crate::deployer::CompileGuest;
use crate::deployer::stamp;
use crate::domain::attachments::EventInvoke;
use crate::domain::event_invoke::{self, EventInvokeChange};
use crate::domain::{Cause, FunctionArn, FunctionName, FunctionRecord, Qualifier, Refusal, times};

/// Entries that the model lets one page of this list have.
const PAGE_ITEMS_MAX: u16 = 50;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    last_modified: f64,
    function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: DestinationConfig,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    function_event_invoke_configs: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// What is decided of a function, its ARN as asked for, what is wanted, and when.
type Decide = fn(
    &FunctionRecord,
    &FunctionArn,
    EventInvokeChange,
    SystemTime,
) -> Result<(FunctionRecord, EventInvoke), Refusal>;

/// `PUT /2019-09-25/functions/{FunctionName}/event-invoke-config`
pub(super) async fn put<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    body: JsonBody<ConfigMembers>,
) -> Result<Json<impl Serialize>, WireError> {
    changed(&api, cause, (&name, &uri), body, event_invoke::put).await
}

/// `POST /2019-09-25/functions/{FunctionName}/event-invoke-config`
pub(super) async fn update<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    body: JsonBody<ConfigMembers>,
) -> Result<Json<impl Serialize>, WireError> {
    changed(&api, cause, (&name, &uri), body, event_invoke::updated).await
}

async fn changed<G: CompileGuest>(
    api: &Api<G>,
    cause: Cause,
    (name, uri): (&PathName, &Uri),
    body: JsonBody<ConfigMembers>,
    decide: Decide,
) -> Result<Json<Shown>, WireError> {
    let reference = name.qualified(uri, &api.account)?;
    let wanted = body.read().await?;
    let change = wanted.checked()?;
    let function = reference
        .function()
        .ok_or_else(event_invoke::no_function)?
        .clone();
    let arn = api
        .account
        .function_arn(&function, reference.qualifier.as_ref());
    let at = stamp().at();
    // Destinations are checked outside of the transaction, since they are other functions, but after
    // all that would refuse the change as well.
    let record = api
        .catalog
        .get(&function)
        .ok_or_else(event_invoke::no_function)?;
    decide(&record, &arn, change.clone(), at)?;
    change.check_destinations(&function, &api.account, |name, qualifier| {
        let record = api.catalog.get(name);
        record.is_some_and(|record| record.has(qualifier))
    })?;
    let asked = arn.clone();
    let config = api
        .deployer
        .by(cause)
        .amend(&function, move |record| {
            decide(record, &asked, change.clone(), at)
        })
        .await
        .map_err(named_otherwise)?;
    Ok(Json::of(shown(arn, &config)))
}

/// `GET /2019-09-25/functions/{FunctionName}/event-invoke-config`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let (record, arn) = found(&api, &name, &uri)?;
    let config = event_invoke::found(&record, &arn)?.clone();
    Ok(Json::of(shown(arn, &config)))
}

/// `DELETE /2019-09-25/functions/{FunctionName}/event-invoke-config`
pub(super) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let (_, arn) = found(&api, &name, &uri)?;
    let function = arn.name.clone();
    api.deployer
        .by(cause)
        .amend(&function, move |record| {
            Ok((event_invoke::removed(record, &arn)?, ()))
        })
        .await?;
    Ok(NoContent)
}

/// `GET /2019-09-25/functions/{FunctionName}/event-invoke-config/list`
pub(super) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.namespaced(&api.account)?;
    let key = |text: &str| Some(Qualifier::parse(text));
    let page = PageRequest::parse(&uri, PAGE_ITEMS_MAX, Violations::default(), key)?;
    let known = |name: &FunctionName| Some((name.clone(), api.catalog.get(name)?));
    let (function, record) = reference
        .function()
        .and_then(known)
        .filter(|(_, record)| record.has(reference.qualifier.as_ref()))
        .ok_or_else(event_invoke::no_function)?;
    let configs = record
        .attachments
        .range::<Qualifier, _>(page.behind())
        .filter_map(|(qualifier, attached)| Some((qualifier, attached.event_invoke.as_ref()?)));
    let (configs, next_marker) = page.cut(configs, |(qualifier, _)| qualifier.to_string());
    let shown = configs.into_iter().map(|(qualifier, config)| {
        let arn = api.account.function_arn(&function, Some(qualifier));
        shown(arn, config)
    });
    let page = Page {
        function_event_invoke_configs: shown.collect(),
        next_marker,
    };
    Ok(Json::of(page))
}

/// The function and the ARN that was asked for; what the answer says where there is no such function is
/// what it says where nothing is set.
fn found<G>(
    api: &Api<G>,
    name: &PathName,
    uri: &Uri,
) -> Result<(Arc<FunctionRecord>, FunctionArn), WireError> {
    let reference = name.qualified(uri, &api.account)?;
    let qualifier = reference.qualifier.as_ref();
    let record = reference.function().and_then(|name| {
        let arn = api.account.function_arn(name, qualifier);
        Some((api.catalog.get(name)?, arn))
    });
    record.ok_or_else(|| {
        let named = qualifier.unwrap_or(&Qualifier::LATEST);
        event_invoke::none(&reference.arn_text(&api.account, Some(named))).into()
    })
}

/// A function that is deleted meanwhile is named as one that never was.
fn named_otherwise(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::FunctionNotFound(_) => event_invoke::no_function(),
        other => other,
    }
}

fn shown(arn: FunctionArn, config: &EventInvoke) -> Shown {
    let qualified = FunctionArn {
        qualifier: Some(arn.qualifier.unwrap_or(Qualifier::LATEST)),
        ..arn
    };
    Shown {
        last_modified: seconds(config.last_modified),
        function_arn: qualified.to_string(),
        maximum_retry_attempts: config.retries_max,
        maximum_event_age_in_seconds: config.age_seconds_max,
        destination_config: DestinationConfig::from(config),
    }
}

/// Seconds since 1970 with milliseconds, such as `1573686021.479`.
fn seconds(time: SystemTime) -> f64 {
    times::unix_ms(time) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn seconds_have_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_millis(1_573_686_021_479);
        let json = serde_json::to_string(&seconds(time)).expect("a number");
        assert_eq!(json, "1573686021.479");
    }
}
