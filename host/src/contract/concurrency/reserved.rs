//! PutFunctionConcurrency, GetFunctionConcurrency and DeleteFunctionConcurrency.
//!
//! A reservation belongs to a function with all its versions, so none of them takes a qualifier, not even
//! `$LATEST`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use serde::{Deserialize, Serialize};

use super::of_account;
use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::path_names::PathName;
use crate::contract::reference::Reference;
use crate::deployer::CompileGuest;
use crate::domain::concurrency;
use crate::domain::{Cause, FunctionName, FunctionRecord, Qualifier};
use crate::invoker::RunGuest;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct PutFunctionConcurrency {
    reserved_concurrent_executions: Option<i64>,
}

/// What is reserved for a function; nothing is shown where nothing is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::contract) struct Concurrency {
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_concurrent_executions: Option<u32>,
}

impl Concurrency {
    /// What GetFunction shows.
    pub(in crate::contract) fn of(record: &FunctionRecord) -> Option<Self> {
        record.reserved_concurrency.map(|reserved| Self {
            reserved_concurrent_executions: Some(reserved),
        })
    }
}

/// `PUT /2017-10-31/functions/{FunctionName}/concurrency`
pub(in crate::contract) async fn put<G: CompileGuest + RunGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    body: JsonBody<PutFunctionConcurrency>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain(&api.account)?;
    let wanted = body.read().await?;
    let wanted = wanted.checked()?;
    let name = existing(&api, &reference, Some(&Qualifier::LATEST))?;
    let (catalog, limit) = (Arc::clone(&api.catalog), api.concurrency_limit());
    let decide = move |record: &FunctionRecord| {
        let account = of_account(&catalog, limit);
        Ok((concurrency::reserved(record, wanted, &account)?, ()))
    };
    api.deployer.by(cause).amend(&name, decide).await?;
    Ok(Json::of(shown(Some(wanted))))
}

/// `GET /2019-09-30/functions/{FunctionName}/concurrency`
pub(in crate::contract) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.plain(&api.account)?;
    let name = existing(&api, &reference, None)?;
    let record = api.catalog.get(&name);
    let reserved = record.and_then(|record| record.reserved_concurrency);
    Ok(Json::of(shown(reserved)))
}

/// `DELETE /2017-10-31/functions/{FunctionName}/concurrency`
pub(in crate::contract) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
) -> Result<NoContent, WireError> {
    let reference = name.plain(&api.account)?;
    let name = existing(&api, &reference, None)?;
    let decide = |record: &FunctionRecord| Ok((concurrency::unreserved(record), ()));
    api.deployer.by(cause).amend(&name, decide).await?;
    Ok(NoContent)
}

fn shown(reserved_concurrent_executions: Option<u32>) -> Concurrency {
    Concurrency {
        reserved_concurrent_executions,
    }
}

/// The function as a whole, where it exists; `missing` is the qualifier that the error names.
fn existing<G>(
    api: &Api<G>,
    reference: &Reference,
    missing: Option<&Qualifier>,
) -> Result<FunctionName, WireError> {
    if reference.qualifier.is_some() {
        return Err(WireError::invalid_parameter(
            "This operation is permitted on Lambda functions only. Aliases and versions do not \
             support this operation. Please specify either a function name or an unqualified \
             function ARN.",
        ));
    }
    let name = reference.function();
    let name = name.filter(|name| api.catalog.get(name).is_some());
    name.cloned()
        .ok_or_else(|| reference.not_found(&api.account, missing))
}

impl PutFunctionConcurrency {
    fn checked(self) -> Result<u32, WireError> {
        let member = "reservedConcurrentExecutions";
        let mut v = Violations::default();
        let wanted = v.required(member, self.reserved_concurrent_executions);
        let wanted = wanted.and_then(|wanted| v.at_least(member, wanted, 0));
        v.settled(|| wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<u32, String> {
        let wanted: PutFunctionConcurrency =
            serde_json::from_str(json).expect("it is the shape's JSON");
        wanted.checked().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn a_reservation_is_a_number_from_0() {
        let reserved =
            |value: i64| checked(&format!(r#"{{"ReservedConcurrentExecutions":{value}}}"#));
        assert_eq!(reserved(0), Ok(0));
        assert_eq!(reserved(i64::MAX), Ok(u32::MAX));
        let text = reserved(-1).expect_err("it is less than nothing");
        assert!(text.contains(
            "Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must \
             have value greater than or equal to 0"
        ));
        let text = checked("{}").expect_err("it is missing");
        assert!(text.contains("Value null at 'reservedConcurrentExecutions'"));
    }
}
