//! What all answers have in common.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::error::WireError;
use super::headers::REQUEST_ID;
use crate::domain::RequestId;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer whose body is a value as JSON.
pub(super) struct Json<T> {
    status: StatusCode,
    value: T,
}

impl<T: Serialize> Json<T> {
    /// What was asked for.
    pub(super) fn of(value: T) -> Self {
        Self {
            status: StatusCode::OK,
            value,
        }
    }

    /// What was made.
    pub(super) fn created(value: T) -> Self {
        Self {
            status: StatusCode::CREATED,
            value,
        }
    }

    /// What is being done.
    pub(super) fn accepted(value: T) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            value,
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.value) {
            Ok(text) => json_text(self.status, text.into()),
            Err(error) => WireError::internal(error).into_response(),
        }
    }
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

/// The answer to what cannot be carried out, as bytes of HTTP/1.1, where no server stands between.
pub(super) fn in_http(refused: WireError, id: RequestId) -> String {
    let body = refused.body();
    let mut answer = refused.into_response();
    identify(&mut answer, id);
    let (head, _) = answer.into_parts();
    let mut text = format!("HTTP/1.1 {}\r\n", head.status);
    for (name, value) in &head.headers {
        // Those of errors are words.
        text += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    text + &format!("content-length: {}\r\n\r\n{body}", body.len())
}
