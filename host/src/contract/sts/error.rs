//! Errors as the query protocol has them: names without `Exception`, in XML, and some with other statuses than those of
//! the protocols with JSON.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::xml::{self, Element};
use crate::contract::error::{ERROR_TYPE, WireError};
use crate::domain::RequestId;

/// An error of the service's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::contract) struct StsError {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AccessDenied,
    InvalidAction,
    MalformedPolicyDocument,
    MissingAction,
    Validation,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::InvalidAction => "InvalidAction",
            Self::MalformedPolicyDocument => "MalformedPolicyDocument",
            Self::MissingAction => "MissingAction",
            Self::Validation => "ValidationError",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::InvalidAction
            | Self::MalformedPolicyDocument
            | Self::MissingAction
            | Self::Validation => StatusCode::BAD_REQUEST,
        }
    }
}

impl StsError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Whoever asks may not.
    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(Kind::AccessDenied, message)
    }

    /// There is no such operation.
    pub(super) fn invalid_action(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidAction, message)
    }

    /// The policy of a session is none.
    pub(super) fn malformed_policy(message: impl Into<String>) -> Self {
        Self::new(Kind::MalformedPolicyDocument, message)
    }

    /// No operation is named.
    pub(super) fn missing_action() -> Self {
        let text =
            "The request names no operation: send the parameter Action, such as GetCallerIdentity.";
        Self::new(Kind::MissingAction, text)
    }

    /// A parameter says what cannot be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Validation, message)
    }

    /// The answer to the request `id`.
    pub(in crate::contract) fn answer(&self, id: RequestId) -> Response {
        document(self.kind.status(), self.kind.name(), &self.message, id)
    }
}

/// The answer to the request `id`, which was refused as any request may be.
pub(in crate::contract) fn refused(error: WireError, id: RequestId) -> Response {
    let (name, status) = named(error.name(), error.status());
    let text = match name {
        "MissingAuthenticationToken" => "Request is missing Authentication Token".to_owned(),
        _ => error.clone().text(),
    };
    let (shape, body) = document(status, name, &text, id).into_parts();
    // What the answer says of the connection, and of when to come back, stays.
    let mut response = error.into_response();
    response.headers_mut().remove(ERROR_TYPE);
    response.headers_mut().extend(shape.headers);
    *response.status_mut() = shape.status;
    *response.body_mut() = body;
    response
}

/// What the query protocol calls an error of the others, and the status that it gives it.
fn named(name: &'static str, status: StatusCode) -> (&'static str, StatusCode) {
    match name {
        "UnrecognizedClientException" => ("InvalidClientTokenId", status),
        "InvalidSignatureException" => ("SignatureDoesNotMatch", status),
        "IncompleteSignatureException" => ("IncompleteSignature", StatusCode::BAD_REQUEST),
        "TooManyRequestsException" => ("Throttling", StatusCode::BAD_REQUEST),
        "ServiceException" => ("InternalFailure", status),
        "ValidationException" => ("ValidationError", status),
        other => (other.strip_suffix("Exception").unwrap_or(other), status),
    }
}

fn document(status: StatusCode, name: &str, text: &str, id: RequestId) -> Response {
    let kind = match status.is_server_error() {
        true => "Receiver",
        false => "Sender",
    };
    let error = Element::of(
        "Error",
        vec![
            Element::text("Type", kind),
            Element::text("Code", name),
            Element::text("Message", text),
        ],
    );
    let id = Element::text("RequestId", id.to_string());
    xml::document(status, &Element::of("ErrorResponse", vec![error, id]))
}
