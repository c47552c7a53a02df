//! One call: from the bytes of its input to those of its output.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::LogsError;
use super::logs::Logs;
use super::{answer, events, groups, streams};
use crate::contract::api::Api;
use crate::contract::body::Received;

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

/// `DeleteLogGroup`, which answers nothing.
pub(in crate::contract) const DELETE_GROUP: Work = |logs, input| {
    let input = parsed(input)?;
    groups::delete(logs, &input)?;
    Ok(Vec::new())
};

/// Does `work` for a request with this body.
///
/// # Errors
/// As the operation has them.
pub(in crate::contract) async fn answered<G>(
    api: Arc<Api<G>>,
    received: Received,
    work: Work,
) -> Result<Response, LogsError> {
    let logs = Logs {
        account: api.account.clone(),
        keeper: Arc::clone(&api.logs),
    };
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
