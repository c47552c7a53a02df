//! Web pages are kept out: what the browser of a developer shows must not drive a server on the
//! same machine.
//!
//! A browser sends simple requests to any address without asking first, and a name that is pointed
//! at this machine makes a foreign page look like one of its own; pages of functions may even have the
//! origin of the API. But a browser says where a request comes from, in headers that a page can neither
//! set nor remove; clients of the API send none of them.

use http::header::{HeaderMap, HeaderName, ORIGIN};

use super::error::{ErrorCode, WireError};
use super::operations::Operation;

pub(super) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that a web page makes, unless it is for what pages may ask.
///
/// # Errors
/// Where the request has an origin, or says that it comes from a page of whatever site; an address that
/// the user typed comes from none.
pub(super) fn check(operation: Option<Operation>, headers: &HeaderMap) -> Result<(), WireError> {
    // To look through all headers, few as they are, costs less than to look for each of two by its name.
    let is_from_page = headers.iter().any(|(name, value)| {
        name == ORIGIN || name == SEC_FETCH_SITE && !value.as_bytes().eq_ignore_ascii_case(b"none")
    });
    if is_from_page && !operation.is_some_and(Operation::is_for_web_pages) {
        return Err(WireError::new(
            ErrorCode::AccessDenied,
            "This host takes no requests from web pages: the request has the header Origin, or the \
             header Sec-Fetch-Site. Use the AWS CLI, an AWS SDK or another client \
             outside the browser.",
        ));
    }
    Ok(())
}
