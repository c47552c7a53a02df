//! Where a client reached this host: what addresses that it is shown begin with.

use http::header::{HOST, HeaderMap, HeaderValue};
use http::uri::Authority;

use super::error::{ErrorCode, WireError};
use crate::domain::web::FORWARDED_PROTO;

/// Longest host and port of an address: a name of 253 characters, and the port.
const AUTHORITY_BYTES_MAX: usize = 260;

/// Scheme, host and port under which the client reached this host, from its request.
///
/// # Errors
/// Where the request names no host, or what it names is none: it would end up in an address.
pub(super) fn of(headers: &HeaderMap) -> Result<String, WireError> {
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
    // A proxy that ends TLS says so; the word only decides what this client gets to see.
    let scheme = match headers.get(FORWARDED_PROTO).map(HeaderValue::as_bytes) {
        Some(b"https") => "https",
        _ => "http",
    };
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_what_the_client_asked_for_if_it_is_a_host() {
        let origin = |host: &'static str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            of(&headers).ok()
        };
        assert_eq!(
            origin("127.0.0.1:4242").as_deref(),
            Some("http://127.0.0.1:4242")
        );
        assert_eq!(origin("[::1]:4242").as_deref(), Some("http://[::1]:4242"));
        assert_eq!(
            origin("lambda.example").as_deref(),
            Some("http://lambda.example")
        );
        for host in ["", "user@host", "host/path", "a b", "host\"", "host?x"] {
            assert_eq!(origin(host), None, "{host}");
        }
        assert!(of(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_proxy_may_say_that_it_speaks_tls() {
        let headers = HeaderMap::from_iter([
            (HOST, HeaderValue::from_static("host")),
            (FORWARDED_PROTO, HeaderValue::from_static("https")),
        ]);
        assert_eq!(of(&headers).as_deref(), Ok("https://host"));
    }
}
