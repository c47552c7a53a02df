//! The errors of CloudWatch Logs, as the JSON 1.1 protocol has them.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::answer;
use crate::contract::constraint::{Broken, Violations};
use crate::logs::ReadError;

/// An error on its way to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::contract) struct LogsError {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Internal,
    InvalidParameter,
    ResourceNotFound,
    Serialization,
    UnknownOperation,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Internal => "ServiceUnavailableException",
            Self::InvalidParameter => "InvalidParameterException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::Serialization => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::InvalidParameter
            | Self::ResourceNotFound
            | Self::Serialization
            | Self::UnknownOperation => StatusCode::BAD_REQUEST,
        }
    }
}

impl LogsError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A member says what cannot be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParameter, message)
    }

    /// What `make` makes of what was asked for, where nothing of it breaks the model's constraints.
    pub(super) fn settled<T>(
        violations: Violations,
        make: impl FnOnce() -> Result<T, Broken>,
    ) -> Result<T, Self> {
        violations.settled_as(make, Self::invalid)
    }

    /// There is no such stream.
    pub(super) fn no_stream() -> Self {
        let text = "The specified log stream does not exist.";
        Self::new(Kind::ResourceNotFound, text)
    }

    /// The body is not the JSON that was expected.
    pub(super) fn serialization(error: &serde_json::Error) -> Self {
        let text = format!("The body of the request is not the JSON that was expected: {error}.");
        Self::new(Kind::Serialization, text)
    }

    /// CloudWatch Logs has many operations, and this host those that read.
    pub(super) fn unknown_operation(name: &str) -> Self {
        let hint = match name {
            "StartLiveTail" => {
                " Follow a log with FilterLogEvents instead, as `aws logs tail --follow` does."
            }
            _ => "",
        };
        let text = format!(
            "This host has no operation {name:?} of CloudWatch Logs. It has DescribeLogGroups, \
             DescribeLogStreams, GetLogEvents, FilterLogEvents and DeleteLogGroup.{hint}"
        );
        Self::new(Kind::UnknownOperation, text)
    }

    /// A defect of this host, or of its disk.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a log could not be read");
        let text = "The log could not be read. The host's own log says why.";
        Self::new(Kind::Internal, text)
    }
}

impl From<ReadError> for LogsError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NoSuchGroup => Self::new(
                Kind::ResourceNotFound,
                "The specified log group does not exist.",
            ),
            ReadError::Storage(error) => Self::internal(&error),
        }
    }
}

impl IntoResponse for LogsError {
    fn into_response(self) -> Response {
        let body = json!({ "__type": self.kind.name(), "message": self.message });
        answer::json_text(self.kind.status(), body.to_string().into())
    }
}
