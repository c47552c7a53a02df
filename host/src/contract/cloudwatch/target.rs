//! By what a request names an operation of CloudWatch Logs.

use http::header::HeaderName;
use http::{HeaderMap, Method, Uri};

use super::error::LogsError;
use crate::contract::operations::{Address, Operation};

pub(in crate::contract) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const PREFIX: &str = "Logs_20140328.";

/// The operation that the header of a request to `/` names.
pub(in crate::contract) fn operation(method: &Method, headers: &HeaderMap) -> Option<Operation> {
    Operation::named(&Address::Target, name(method, headers)?)
}

/// What is answered to a request that names an operation of CloudWatch Logs which this host does not have.
pub(in crate::contract) fn unknown(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<LogsError> {
    let name = name(method, headers).filter(|_| uri.path() == "/")?;
    Some(LogsError::unknown_operation(name))
}

fn name<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
    let target = headers.get(TARGET).filter(|_| *method == Method::POST)?;
    target.to_str().ok()?.strip_prefix(PREFIX)
}
