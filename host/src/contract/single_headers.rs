//! Headers that stand in a request once: of two values one would have to be chosen, and whoever is in front of
//! this host might choose the other.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderMap, HeaderName, ORIGIN};

use super::cloudwatch::target::TARGET;
use super::error::{ErrorCode, WireError};
use super::headers::{REQUEST_ID, TRACE_ID};
use super::invoke_headers;
use super::operations::Operation;
use super::web_page::SEC_FETCH_SITE;

/// What a request is to have once, whatever it is for: where it goes, and which page asks.
static OF_ALL: [HeaderName; 4] = [HOST, ORIGIN, SEC_FETCH_SITE, ACCESS_CONTROL_REQUEST_METHOD];

/// What a request for the API is to have once. In one for a function these are the function's.
static OF_THE_API: [HeaderName; 8] = [
    HeaderName::from_static(invoke_headers::INVOCATION_TYPE),
    HeaderName::from_static(invoke_headers::LOG_TYPE),
    HeaderName::from_static(invoke_headers::CLIENT_CONTEXT),
    HeaderName::from_static(invoke_headers::TENANT_ID),
    HeaderName::from_static(invoke_headers::DURABLE_EXECUTION_NAME),
    REQUEST_ID,
    TRACE_ID,
    TARGET,
];

/// Refuses a request that has such a header more than once.
///
/// # Errors
/// With the name of the header: as malformed HTTP, or as AWS refuses what a request says of its call.
pub(super) fn check(operation: Option<Operation>, headers: &HeaderMap) -> Result<(), WireError> {
    // Most requests have no name twice, and that is one comparison.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    if let Some(name) = doubled(&OF_ALL, headers) {
        let text = format!("The request has the header {name} more than once.");
        return Err(WireError::new(ErrorCode::MalformedHttpRequest, text));
    }
    if operation == Some(Operation::InvokeFunctionUrl) {
        return Ok(());
    }
    match doubled(&OF_THE_API, headers) {
        Some(name) => Err(WireError::invalid_content(format!(
            "The request has the header {name} more than once: it can have one value."
        ))),
        None => Ok(()),
    }
}

fn doubled<'a>(names: &'a [HeaderName], headers: &HeaderMap) -> Option<&'a HeaderName> {
    let is_doubled = |name: &HeaderName| headers.get_all(name).into_iter().nth(1).is_some();
    names.iter().find(|name| is_doubled(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(names: &[&HeaderName]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(*name, HeaderValue::from_static("1"));
        }
        headers
    }

    fn refusal(operation: Option<Operation>, headers: &HeaderMap) -> Option<String> {
        check(operation, headers)
            .err()
            .map(|error| format!("{error:?}"))
    }

    #[test]
    fn each_of_them_may_stand_once() {
        for name in OF_ALL.iter().chain(&OF_THE_API) {
            for operation in [None, Some(Operation::Invoke), Some(Operation::GetFunction)] {
                assert_eq!(refusal(operation, &with(&[name])), None);
                let text = refusal(operation, &with(&[name, name])).expect("it is doubled");
                assert!(text.contains(name.as_str()), "{text}");
            }
        }
    }

    #[test]
    fn two_hosts_are_malformed_and_two_tenants_invalid() {
        let refusal = |name: &HeaderName| refusal(Some(Operation::Invoke), &with(&[name, name]));
        let malformed = refusal(&HOST).expect("it is doubled");
        assert!(malformed.contains("MalformedHttpRequest"), "{malformed}");
        let invalid =
            refusal(&HeaderName::from_static(invoke_headers::TENANT_ID)).expect("it is doubled");
        assert!(invalid.contains("InvalidRequestContent"), "{invalid}");
    }

    #[test]
    fn all_other_headers_may_stand_as_often_as_they_like() {
        let accept = http::header::ACCEPT;
        assert_eq!(refusal(None, &with(&[&accept, &accept])), None);
    }

    #[test]
    fn what_a_function_is_asked_is_the_functions_to_read() {
        let visit = Some(Operation::InvokeFunctionUrl);
        for name in &OF_THE_API {
            assert_eq!(refusal(visit, &with(&[name, name])), None);
        }
        assert!(refusal(visit, &with(&[&HOST, &HOST])).is_some());
    }
}
