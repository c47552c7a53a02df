//! What all answers have in common.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::error::{ErrorCode, WireError};
use super::headers::REQUEST_ID;
use crate::domain::RequestId;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer whose body is `value` as JSON.
///
/// # Errors
/// Where `value` has no JSON form: a defect of this host.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, WireError> {
    let text = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        WireError::new(ErrorCode::Service, "Internal server error")
    })?;
    Ok(json_text(status, text.into()))
}

/// An answer whose body is JSON text already.
pub(super) fn json_text(status: StatusCode, text: Bytes) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Adds the id of the request.
pub(super) fn identify(response: &mut Response, id: RequestId) {
    let mut text = uuid::Uuid::encode_buffer();
    let text = id.0.hyphenated().encode_lower(&mut text);
    let value = HeaderValue::from_str(text).expect("a UUID is ASCII");
    response.headers_mut().insert(REQUEST_ID, value);
}

/// Adds a new id to an answer that has none yet.
pub(super) async fn identified(mut response: Response) -> Response {
    if !response.headers().contains_key(REQUEST_ID) {
        identify(&mut response, RequestId::random());
    }
    response
}
