//! In which of AWS's forms a request asks for something, and is answered.

use axum::response::{IntoResponse as _, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use super::cloudwatch::target::TARGET;
use super::error::WireError;
use super::operations::{Address, Operation};
use super::{query, sts};
use crate::domain::RequestId;
use crate::domain::event_text::media_type;

/// What bodies of forms are called.
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameter that names an operation.
pub(super) const ACTION: &str = "Action";

/// In which form a request asks for something. Each service speaks one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// By method and path, with JSON: that of Lambda.
    RestJson,
    /// By a header, with JSON: that of CloudWatch Logs.
    Json11,
    /// By parameters, answered in XML: that of the Security Token Service.
    Query,
}

impl Protocol {
    /// That of a request for `operation`; where that is not known, what the request looks like.
    pub(super) fn of(operation: Option<Operation>, parts: &Parts) -> Self {
        match operation.map(Operation::address) {
            Some(Address::Path(..) | Address::FunctionUrl) => Self::RestJson,
            Some(Address::Target) => Self::Json11,
            Some(Address::Action) => Self::Query,
            None if parts.uri.path() != "/" => Self::RestJson,
            None if parts.headers.contains_key(TARGET) => Self::Json11,
            None if has_action(parts) => Self::Query,
            None => Self::RestJson,
        }
    }

    /// The service that speaks it, as signatures name it.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::RestJson => "lambda",
            Self::Json11 => "logs",
            Self::Query => "sts",
        }
    }

    /// The answer to the request `id`, which was refused.
    pub(super) fn refused(self, error: WireError, id: RequestId) -> Response {
        match self {
            Self::RestJson | Self::Json11 => error.into_response(),
            Self::Query => sts::refused(error, id),
        }
    }
}

/// Whether a request may name its operation in a parameter.
fn has_action(parts: &Parts) -> bool {
    let is_in_query = || query::value(&parts.uri, ACTION).is_some();
    match parts.method {
        Method::GET => is_in_query(),
        Method::POST => is_form(parts) || is_in_query(),
        _ => false,
    }
}

/// Whether the body is a form.
pub(super) fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    media_type(kind) == FORM
}
