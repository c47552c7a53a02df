//! Errors as the wire has them: status, name and body of each, in one table.
//!
//! The name travels in the header `x-amzn-ErrorType`. Whether the message's member has a capital, and
//! whether there is a `Type`, differs from error to error, as AWS answers them.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value};

use super::refused::{About, RefusedAnswer};
use crate::domain::{Growing, Refusal, Throttle};

pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The reason of whoever sends more than its key may.
const CALLER_RATE: &str = "CallerRateLimitExceeded";

/// An error on its way to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WireError {
    code: ErrorCode,
    message: Option<String>,
    reason: Option<&'static str>,
    fault: Fault,
    closes_connection: bool,
    /// Whether it answers a request of the JSON 1.1 protocol.
    is_json_1_1: bool,
    /// What is known of a request that is refused for who sends it.
    pub(super) about: Option<Box<About>>,
}

/// The errors that this host answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorCode {
    AccessDenied,
    CodeSigningConfigNotFound,
    CodeStorageExceeded,
    InvalidParameterValue,
    InvalidRequestContent,
    MalformedHttpRequest,
    PolicyLengthExceeded,
    PreconditionFailed,
    ProvisionedConcurrencyConfigNotFound,
    RequestEntityTooLarge,
    RequestTimeout,
    ResourceConflict,
    ResourceNotFound,
    Serialization,
    Service,
    ServiceUnavailable,
    SnapStartNotReady,
    TooManyRequests,
    /// Who sends a request is not believed to be whom it says, for the reason of this name.
    Unbelieved(&'static str),
    UnknownOperation,
    Validation,
}

/// The member `Type` of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Absent,
    Null,
    User,
    Service,
}

/// What is the same for all errors of one name.
struct Shape {
    status: StatusCode,
    name: &'static str,
    message_member: &'static str,
    fault: Fault,
}

impl ErrorCode {
    fn shape(self) -> Shape {
        let shape = |status, name, message_member, fault| Shape {
            status,
            name,
            message_member,
            fault,
        };
        let lower = "message";
        let upper = "Message";
        match self {
            Self::AccessDenied => shape(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                upper,
                Fault::Absent,
            ),
            Self::CodeSigningConfigNotFound => shape(
                StatusCode::NOT_FOUND,
                "CodeSigningConfigNotFoundException",
                upper,
                Fault::User,
            ),
            Self::CodeStorageExceeded => shape(
                StatusCode::BAD_REQUEST,
                "CodeStorageExceededException",
                lower,
                Fault::User,
            ),
            Self::InvalidParameterValue => shape(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                lower,
                Fault::User,
            ),
            Self::InvalidRequestContent => shape(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                lower,
                Fault::User,
            ),
            Self::MalformedHttpRequest => shape(
                StatusCode::BAD_REQUEST,
                "MalformedHttpRequestException",
                lower,
                Fault::Absent,
            ),
            Self::PolicyLengthExceeded => shape(
                StatusCode::BAD_REQUEST,
                "PolicyLengthExceededException",
                lower,
                Fault::User,
            ),
            Self::PreconditionFailed => shape(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailedException",
                lower,
                Fault::User,
            ),
            Self::ProvisionedConcurrencyConfigNotFound => shape(
                StatusCode::NOT_FOUND,
                "ProvisionedConcurrencyConfigNotFoundException",
                lower,
                Fault::User,
            ),
            Self::RequestEntityTooLarge => shape(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                upper,
                Fault::Absent,
            ),
            Self::RequestTimeout => shape(
                StatusCode::REQUEST_TIMEOUT,
                "RequestTimeoutException",
                lower,
                Fault::Absent,
            ),
            Self::ResourceConflict => shape(
                StatusCode::CONFLICT,
                "ResourceConflictException",
                lower,
                Fault::User,
            ),
            Self::ResourceNotFound => shape(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                upper,
                Fault::User,
            ),
            Self::Serialization => shape(
                StatusCode::BAD_REQUEST,
                "SerializationException",
                upper,
                Fault::Absent,
            ),
            Self::Service => shape(
                StatusCode::INTERNAL_SERVER_ERROR,
                "ServiceException",
                upper,
                Fault::Service,
            ),
            Self::ServiceUnavailable => shape(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                lower,
                Fault::Absent,
            ),
            Self::SnapStartNotReady => shape(
                StatusCode::CONFLICT,
                "SnapStartNotReadyException",
                upper,
                Fault::User,
            ),
            Self::TooManyRequests => shape(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                lower,
                Fault::User,
            ),
            Self::Unbelieved(name) => shape(StatusCode::FORBIDDEN, name, lower, Fault::Absent),
            Self::UnknownOperation => shape(
                StatusCode::NOT_FOUND,
                "UnknownOperationException",
                lower,
                Fault::Absent,
            ),
            Self::Validation => shape(
                StatusCode::BAD_REQUEST,
                "ValidationException",
                lower,
                Fault::Absent,
            ),
        }
    }
}

impl WireError {
    /// The error of this name with this text.
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
            reason: None,
            fault: code.shape().fault,
            closes_connection: false,
            is_json_1_1: false,
            about: None,
        }
    }

    /// A rule of the service is broken.
    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// A function, version or alias does not exist.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceNotFound, message)
    }

    /// The event is not JSON, or the request id is not a UUID.
    pub(super) fn invalid_content(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequestContent, message)
    }

    /// A defect of this host: its own log says what is wrong, and the caller learns nothing of it.
    pub(super) fn internal(defect: impl fmt::Display) -> Self {
        tracing::error!(%defect, "a request could not be answered for a defect of this host");
        Self::new(ErrorCode::Service, "Internal server error")
    }

    /// What this host shows may be older than what another has answered already.
    pub(super) fn outdated(reason: impl fmt::Display) -> Self {
        tracing::error!(%reason, "a request was not answered, since what is shown of functions may be outdated");
        Self::new(
            ErrorCode::ServiceUnavailable,
            "What this host knows of functions may be outdated: it could not be compared with the store that it \
             shares with other hosts. Send the request again; if that does not help, this host's log says why.",
        )
    }

    /// The client context is not base64 of a JSON object; the only error with a null `Type`.
    pub(super) fn invalid_client_context() -> Self {
        let text = "Client context must be a valid Base64-encoded JSON object.";
        Self {
            fault: Fault::Null,
            ..Self::invalid_content(text)
        }
    }

    /// The body is larger than `limit_bytes`. The connection ends, since the rest is not read.
    pub(super) fn body_too_large(limit_bytes: usize, operation: &str) -> Self {
        let text = format!(
            "Request must be smaller than {limit_bytes} bytes for the {operation} operation"
        );
        Self::new(ErrorCode::RequestEntityTooLarge, text).closing()
    }

    /// The event is larger than an asynchronous one may be.
    pub(super) fn event_too_large(bytes: usize, limit_bytes: usize) -> Self {
        let text = format!(
            "{bytes} byte payload is too large for the Event invocation type (limit {limit_bytes} \
             bytes)"
        );
        Self::new(ErrorCode::RequestEntityTooLarge, text)
    }

    /// The function belongs to another account; AWS gives no text here.
    pub(super) fn other_account() -> Self {
        Self::without_text(ErrorCode::AccessDenied)
    }

    fn without_text(code: ErrorCode) -> Self {
        let message = None;
        Self {
            message,
            ..Self::new(code, "")
        }
    }

    /// No operation has this path and method.
    pub(super) fn unknown_operation() -> Self {
        Self::without_text(ErrorCode::UnknownOperation)
    }

    /// The same error, after which the connection ends.
    pub(super) fn closing(self) -> Self {
        Self {
            closes_connection: true,
            ..self
        }
    }

    /// The same error, as the JSON 1.1 protocol has it.
    pub(super) fn in_json_1_1(self) -> Self {
        Self {
            is_json_1_1: true,
            ..self
        }
    }

    /// The caller sends more than its key may.
    pub(super) fn caller_rate_exceeded() -> Self {
        Self {
            reason: Some(CALLER_RATE),
            ..Self::new(ErrorCode::TooManyRequests, "Rate exceeded")
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.code.shape().name
    }

    /// Its name, where it refuses a request for who sends it.
    pub(super) fn refuses_sender(&self) -> Option<&'static str> {
        let code = self.code;
        let is_about_sender = matches!(code, ErrorCode::AccessDenied | ErrorCode::Unbelieved(_));
        (is_about_sender || self.reason == Some(CALLER_RATE)).then(|| self.name())
    }

    /// What is wrong, as it is told.
    pub(super) fn text(self) -> String {
        self.message.unwrap_or_default()
    }

    /// The status of its answer.
    pub(super) fn status(&self) -> StatusCode {
        let status = self.code.shape().status;
        match self.is_json_1_1 && status == StatusCode::FORBIDDEN {
            true => StatusCode::BAD_REQUEST,
            false => status,
        }
    }

    /// The body of its answer.
    pub(super) fn body(&self) -> String {
        if self.code == ErrorCode::UnknownOperation {
            return "{}".into();
        }
        let mut body = Map::new();
        if self.is_json_1_1 {
            body.insert("__type".into(), self.name().into());
        }
        if let Some(reason) = self.reason {
            body.insert("Reason".into(), reason.into());
        }
        let fault = match self.fault {
            Fault::Absent => None,
            Fault::Null => Some(Value::Null),
            Fault::User => Some("User".into()),
            Fault::Service => Some("Service".into()),
        };
        if let Some(fault) = fault {
            body.insert("Type".into(), fault);
        }
        body.insert(
            self.code.shape().message_member.into(),
            self.message.clone().into(),
        );
        Value::Object(body).to_string()
    }
}

impl IntoResponse for WireError {
    fn into_response(mut self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        if let Some(reason) = self.refuses_sender() {
            let refused = RefusedAnswer::of(reason, self.about.take());
            response.extensions_mut().insert(refused);
        }
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.name()));
        // AWS sends none where a function has used up what is reserved for it.
        let is_reserved = self.reason == Some(throttle_reason(Throttle::Reserved));
        if self.code == ErrorCode::TooManyRequests && !is_reserved {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.closes_connection {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Clients come back with events; code has an error of its own, and nothing else has.
fn no_room(growing: Growing) -> ErrorCode {
    match growing {
        Growing::Code => ErrorCode::CodeStorageExceeded,
        Growing::Configuration => ErrorCode::ServiceUnavailable,
        Growing::Events => ErrorCode::TooManyRequests,
    }
}

/// The API's word for the bound that an invocation met.
pub(super) fn throttle_reason(throttle: Throttle) -> &'static str {
    match throttle {
        Throttle::Account => "ConcurrentInvocationLimitExceeded",
        Throttle::Reserved => "ReservedFunctionConcurrentInvocationLimitExceeded",
    }
}

impl From<Refusal> for WireError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::FunctionNotFound(_) => Self::not_found(text),
            Refusal::FunctionExists(_)
            | Refusal::FunctionNotActive { .. }
            | Refusal::UpdateInProgress(_) => Self::new(ErrorCode::ResourceConflict, text),
            Refusal::SnapshotNotReady => Self::new(ErrorCode::SnapStartNotReady, text),
            Refusal::Conflict(_) => Self::new(ErrorCode::ResourceConflict, text),
            Refusal::RevisionMismatch | Refusal::PolicyRevisionMismatch => {
                Self::new(ErrorCode::PreconditionFailed, text)
            }
            Refusal::NotFound(_) => Self::not_found(text),
            Refusal::ProvisionedConcurrencyNotFound => {
                Self::new(ErrorCode::ProvisionedConcurrencyConfigNotFound, text)
            }
            Refusal::PolicyTooLong { .. } => Self::new(ErrorCode::PolicyLengthExceeded, text),
            Refusal::InvalidParameter(_) => Self::invalid_parameter(text),
            Refusal::InvalidParameterUntyped(_) => Self {
                fault: Fault::Absent,
                ..Self::invalid_parameter(text)
            },
            Refusal::PackageTooLarge { .. } => Self::new(ErrorCode::RequestEntityTooLarge, text),
            Refusal::CodeStorageExceeded => Self::new(ErrorCode::CodeStorageExceeded, text),
            Refusal::NoRoom(growing, _) => Self::new(no_room(growing), text),
            Refusal::TooManyEvents { .. } | Refusal::TooManyEventsOfAccount { .. } => {
                Self::new(ErrorCode::TooManyRequests, text)
            }
            Refusal::TooManyInvocations(throttle) => Self {
                reason: Some(throttle_reason(throttle)),
                ..Self::new(ErrorCode::TooManyRequests, text)
            },
            Refusal::ShuttingDown => Self::new(ErrorCode::ServiceUnavailable, text).closing(),
            Refusal::Busy(_) => Self::new(ErrorCode::ServiceUnavailable, text),
            Refusal::Internal => Self::new(ErrorCode::Service, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_members_that_each_error_has_on_the_wire() {
        let not_found = WireError::not_found("gone");
        assert_eq!(not_found.body(), r#"{"Message":"gone","Type":"User"}"#);
        let throttled = WireError::from(Refusal::TooManyInvocations(Throttle::Account));
        assert_eq!(
            throttled.body(),
            r#"{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
        );
        let (events, bytes) = (2, 7);
        let full = WireError::from(Refusal::TooManyEvents { events, bytes });
        let response = full.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(WireError::other_account().body(), r#"{"Message":null}"#);
        assert_eq!(WireError::unknown_operation().body(), "{}");
        assert_eq!(
            WireError::invalid_client_context().body(),
            r#"{"Type":null,"message":"Client context must be a valid Base64-encoded JSON object."}"#
        );
        let invalid = WireError::new(ErrorCode::Validation, "no").body();
        assert_eq!(invalid, r#"{"message":"no"}"#);
    }

    #[test]
    fn the_name_travels_in_a_header_and_a_throttled_caller_learns_when_to_retry() {
        let error = WireError::from(Refusal::TooManyInvocations(Throttle::Account));
        let response = error.into_response();
        let headers = response.headers();
        assert_eq!(response.status(), 429);
        assert_eq!(headers["x-amzn-errortype"], "TooManyRequestsException");
        assert_eq!(headers["retry-after"], "1");
    }
}
