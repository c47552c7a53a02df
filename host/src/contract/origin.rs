//! Where a client reached this host: what addresses that it is shown begin with.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{HOST, HeaderMap};
use http::request::Parts;
use http::uri::Authority;

use super::api::Api;
use super::error::{ErrorCode, WireError};
use super::passage::Passage;
use crate::domain::Scheme;

/// Longest host and port of an address: a name of 253 characters, and the port.
const AUTHORITY_BYTES_MAX: usize = 260;

/// Scheme, host and port under which a client reached this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin(String);

impl Origin {
    /// The origin that a request shows which came by this scheme.
    ///
    /// # Errors
    /// Where the request names no host, or what it names is none: it would end up in an address.
    fn of(scheme: Scheme, headers: &HeaderMap) -> Result<Self, WireError> {
        let authority = headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .filter(|host| host.len() <= AUTHORITY_BYTES_MAX && !host.contains('@'))
            .and_then(|host| host.parse::<Authority>().ok())
            .ok_or_else(|| {
                WireError::new(
                    ErrorCode::MalformedHttpRequest,
                    "The Host header of the request is not a host with an optional port.",
                )
            })?;
        Ok(Self(format!("{}://{authority}", scheme.name())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<G: Send + Sync> FromRequestParts<Arc<Api<G>>> for Origin {
    type Rejection = WireError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api<G>>) -> Result<Self, WireError> {
        let passage = Passage::in_request(&parts.extensions)?;
        Self::of(passage.caller.scheme, &parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderValue;

    #[test]
    fn the_origin_is_what_the_client_asked_for_if_it_is_a_host() {
        let origin = |scheme, host: &'static str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            Origin::of(scheme, &headers).ok().map(|origin| origin.0)
        };
        for (scheme, host, expected) in [
            (Scheme::Http, "127.0.0.1:4242", "http://127.0.0.1:4242"),
            (Scheme::Http, "[::1]:4242", "http://[::1]:4242"),
            (Scheme::Https, "lambda.example", "https://lambda.example"),
        ] {
            assert_eq!(origin(scheme, host).as_deref(), Some(expected));
        }
        for host in ["", "user@host", "host/path", "a b", "host\"", "host?x"] {
            assert_eq!(origin(Scheme::Http, host), None, "{host}");
        }
        assert!(Origin::of(Scheme::Http, &HeaderMap::new()).is_err());
    }
}
