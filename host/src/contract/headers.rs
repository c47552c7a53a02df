//! The names of headers that more than one place of the API reads or writes.

use http::header::HeaderName;

/// The id of a request, in the request and in the answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The trace that a request belongs to, in the request, for the function and in the answer.
pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
