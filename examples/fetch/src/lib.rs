//! Fetches the page that its event names, and says what came back.

use serde::{Deserialize, Serialize};
use sparkler_guest::{FunctionError, handler};
use wstd::http::error::ErrorCode;
use wstd::http::{Body, Client, Error, Request};
use wstd::runtime::block_on;

/// What to fetch.
#[derive(Deserialize)]
pub struct Fetch {
    /// Where it is, such as `https://example.com/`.
    pub url: String,
}

/// What came back.
#[derive(Debug, Serialize)]
pub struct Fetched {
    /// The status, such as 200. A redirect is not followed: that is for the function to decide.
    pub status: u16,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The size of the body.
    pub bytes: usize,
}

/// Sends a GET and reads its response.
#[handler]
pub fn fetch(event: Fetch) -> Result<Fetched, FunctionError> {
    let request = Request::get(&event.url).body(Body::empty());
    let request = request.map_err(|error| {
        let message = format!("{} is no address: {error}.", event.url);
        FunctionError::new("BadAddress", message)
    })?;
    block_on(send(request)).map_err(|error| failed(&event.url, &error))
}

async fn send(request: Request<Body>) -> Result<Fetched, Error> {
    let mut response = Client::new().send(request).await?;
    let location = response.headers().get("location");
    let location = location.and_then(|value| value.to_str().ok().map(str::to_owned));
    Ok(Fetched {
        status: response.status().as_u16(),
        location,
        bytes: response.body_mut().contents().await?.len(),
    })
}

/// An error that a caller can match on.
fn failed(url: &str, error: &Error) -> FunctionError {
    match error.downcast_ref::<ErrorCode>() {
        Some(ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited) => {
            FunctionError::new(
                "NotAllowed",
                format!(
                    "{url} may not be fetched: the function's log names the rule that is missing."
                ),
            )
        }
        _ => FunctionError::new("NotFetched", format!("{url} was not fetched: {error}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_a_typed_error() {
        let url = "no address".to_owned();
        let error = fetch(Fetch { url }).expect_err("there is a blank in it");
        assert_eq!(error.error_type, "BadAddress");
    }

    #[test]
    fn a_request_that_is_not_allowed_is_told_from_one_that_failed() {
        let failed = |code: ErrorCode| failed("http://a.example/", &code.into()).error_type;
        assert_eq!(failed(ErrorCode::HttpRequestDenied), "NotAllowed");
        assert_eq!(failed(ErrorCode::ConnectionRefused), "NotFetched");
    }
}
