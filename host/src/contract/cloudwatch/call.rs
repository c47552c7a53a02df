//! One call: from the bytes of its input to those of its output.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::LogsError;
use super::logs::Logs;
use super::{answer, events, groups, streams};
use crate::contract::api::Api;
use crate::contract::body::Received;
use crate::contract::run_to_end::run_to_end;
use crate::domain::audit::{Cause, Entry, MemberChange};

/// What an operation does.
pub(in crate::contract) type Work = fn(&Logs, &[u8]) -> Result<Vec<u8>, LogsError>;

/// `DescribeLogGroups`
pub(in crate::contract) const DESCRIBE_GROUPS: Work =
    |logs, input| run(logs, input, groups::describe);

/// `DescribeLogStreams`
pub(in crate::contract) const DESCRIBE_STREAMS: Work =
    |logs, input| run(logs, input, streams::describe);

/// `GetLogEvents`
pub(in crate::contract) const GET_EVENTS: Work = |logs, input| run(logs, input, events::get);

/// `FilterLogEvents`
pub(in crate::contract) const FILTER_EVENTS: Work = |logs, input| run(logs, input, events::filter);

/// `DeleteLogGroup`, which answers nothing, and of which the audit log tells.
pub(in crate::contract) async fn delete_group<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    received: Received,
) -> Result<Response, LogsError> {
    let name = groups::named(&parsed(&received.bytes)?)?;
    let deleted = run_to_end(async move {
        let (resource, group) = (Logs::of(&api).group_arn(&name), name.clone());
        let delete = move |logs: &Logs, _: &[u8]| {
            groups::delete(logs, &group)?;
            Ok(Vec::new())
        };
        let answer = answered(Arc::clone(&api), received, delete).await?;
        let noted = api.catalog.note(Entry {
            resource: Some(resource),
            changes: vec![MemberChange::removed("LogGroup", &name)],
            ..cause.entry()
        });
        noted.await.map_err(|error| LogsError::internal(&error))?;
        Ok(answer)
    });
    deleted.await
}

/// Does `work` for a request with this body.
///
/// # Errors
/// As the operation has them.
pub(in crate::contract) async fn answered<G>(
    api: Arc<Api<G>>,
    received: Received,
    work: impl FnOnce(&Logs, &[u8]) -> Result<Vec<u8>, LogsError> + Send + 'static,
) -> Result<Response, LogsError> {
    let logs = Logs::of(&api);
    let _place = api.host.log_reads.place().await;
    let answered = tokio::task::spawn_blocking(move || work(&logs, &received.bytes)).await;
    let output = answered.unwrap_or_else(|error| Err(LogsError::internal(&error)))?;
    Ok(answer::json_text(StatusCode::OK, output.into()))
}

fn run<I: DeserializeOwned, O: Serialize>(
    logs: &Logs,
    input: &[u8],
    operation: fn(&Logs, I) -> Result<O, LogsError>,
) -> Result<Vec<u8>, LogsError> {
    let output = operation(logs, parsed(input)?)?;
    serde_json::to_vec(&output).map_err(|error| LogsError::internal(&error))
}

fn parsed<I: DeserializeOwned>(input: &[u8]) -> Result<I, LogsError> {
    let text = if input.is_empty() { b"{}" } else { input };
    serde_json::from_slice(text).map_err(|error| LogsError::serialization(&error))
}
