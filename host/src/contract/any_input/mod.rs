//! What holds of what is read of requests, whatever they are.

mod certificates;
mod headers;
mod paths;
mod request;
mod signatures;
mod streams;

use bytes::Bytes;

use super::function_url::any_input::described as described_by;
use crate::domain::WebRequest;

pub(crate) use super::cloudwatch::any_input::{filter_pattern, wildcards};
pub(crate) use super::function_url::any_input::reply;
pub(crate) use super::reference::any_input::function_name;
pub(crate) use super::sts::any_input::form;
pub(crate) use certificates::certificate;
pub(crate) use headers::{client_context, forwarded, host_name, trace_header};
pub(crate) use paths::path;
pub use request::request_of;
pub(crate) use signatures::signature;
pub(crate) use streams::event_stream;

/// The request that a function is told of, and the event that describes it, where a request for a function is spelled.
pub(crate) fn described(data: &[u8]) -> Option<(WebRequest, Bytes)> {
    described_by(request_of(data)?)
}
