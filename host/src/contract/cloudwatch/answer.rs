//! What all answers of CloudWatch Logs have in common.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// An answer whose body is JSON text already.
pub(super) fn json_text(status: StatusCode, text: Bytes) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
