//! The calls of CloudWatch Logs with which tools read what functions wrote.
//!
//! All are `POST /` in AWS's JSON 1.1 protocol: a header names the operation, errors name themselves in
//! their body. Reading a log blocks, so it happens on threads that may, a few at a time.

mod error;
mod events;
mod group_name;
mod groups;
mod pattern;
mod streams;
mod token;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::api::Api;
use super::body::{BodyLimit, Purpose};
use super::error::WireError;
use crate::domain::Account;
use crate::limits::{CONTROL_REQUEST_BYTES_MAX, LOG_READS_MAX};
use crate::logs::LogKeeper;
use error::LogsError;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TARGET_PREFIX: &str = "Logs_20140328.";
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

const LIMIT: BodyLimit = BodyLimit {
    bytes_max: CONTROL_REQUEST_BYTES_MAX,
    operation: "CloudWatch Logs",
    purpose: Purpose::Control,
};

static READS: Semaphore = Semaphore::const_new(LOG_READS_MAX);

/// What an operation works on.
struct Logs {
    account: Account,
    keeper: Arc<LogKeeper>,
}

/// An operation: from the bytes of its input to those of its output.
type Operation = fn(&Logs, &[u8]) -> Result<Vec<u8>, LogsError>;

/// `POST /`
pub(super) async fn call<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(name) = operation_name(&parts.headers) else {
        return WireError::unknown_operation().into_response();
    };
    let Some(operation) = operation(name) else {
        return LogsError::unknown_operation(name).into_response();
    };
    let received = match api.bodies.receive(body, LIMIT).await {
        Ok(received) => received,
        Err(error) => return error.into_response(),
    };
    let logs = Logs {
        account: api.account.clone(),
        keeper: Arc::clone(&api.logs),
    };
    // The semaphore is never closed.
    let _permit = READS.acquire().await;
    let answered = tokio::task::spawn_blocking(move || operation(&logs, &received.bytes)).await;
    match answered {
        Ok(Ok(output)) => response(StatusCode::OK, output.into()),
        Ok(Err(error)) => error.into_response(),
        Err(error) => LogsError::internal(&error).into_response(),
    }
}

/// What the header names, where it names an operation of CloudWatch Logs.
fn operation_name(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get(TARGET)?.to_str().ok()?;
    target.strip_prefix(TARGET_PREFIX)
}

fn operation(name: &str) -> Option<Operation> {
    match name {
        "DescribeLogGroups" => Some(|logs, input| run(logs, input, groups::describe)),
        "DescribeLogStreams" => Some(|logs, input| run(logs, input, streams::describe)),
        "GetLogEvents" => Some(|logs, input| run(logs, input, events::get)),
        "FilterLogEvents" => Some(|logs, input| run(logs, input, events::filter)),
        "DeleteLogGroup" => Some(|logs, input| {
            let input = parsed(input)?;
            groups::delete(logs, &input)?;
            Ok(Vec::new())
        }),
        _ => None,
    }
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

fn response(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
