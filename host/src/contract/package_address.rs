//! Addresses from which packages can be downloaded for some minutes, and the download itself.
//!
//! An address carries its expiry and a signature over both digest and expiry, made with a key that
//! only the hosts know which share their functions. So nobody can make one up, and none works for long.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri};
use sha2::Sha256;

use super::error::{ErrorCode, WireError};
use super::{Api, query};
use crate::deployer::CompileGuest;
use crate::domain::Digest;
use crate::limits::DOWNLOAD_ADDRESS_DURATION;

/// Where packages are, below the origin.
pub(super) const PATH: &str = "/_sparkler/packages/{digest}";

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Longest host and port of an address: a name of 253 characters, and the port.
const AUTHORITY_BYTES_MAX: usize = 260;

/// The key that signs addresses.
#[derive(Clone)]
pub struct DownloadKey([u8; 32]);

impl DownloadKey {
    /// A key that nobody can guess.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The address of a package, below `origin`.
    pub(super) fn address(&self, origin: &str, package: Digest) -> String {
        let expires = seconds(SystemTime::now() + DOWNLOAD_ADDRESS_DURATION);
        let signature = hex(&self.mac(package, expires).finalize().into_bytes());
        format!("{origin}/_sparkler/packages/{package}?expires={expires}&signature={signature}")
    }

    fn mac(&self, package: Digest, expires: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length");
        mac.update(&package.0);
        mac.update(&expires.to_be_bytes());
        mac
    }

    /// Whether an address is one of ours and still good. Compares in constant time.
    fn check(&self, package: Digest, address: &Uri, now: SystemTime) -> Result<(), Denial> {
        let expires = query::value(address, "expires")
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or(Denial::Forged)?;
        let signature = query::value(address, "signature")
            .and_then(|text| Digest::parse_hex(&text))
            .ok_or(Denial::Forged)?;
        self.mac(package, expires)
            .verify_slice(&signature.0)
            .map_err(|_| Denial::Forged)?;
        match seconds(now) <= expires {
            true => Ok(()),
            false => Err(Denial::Expired),
        }
    }
}

/// Why an address gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denial {
    Forged,
    Expired,
    Gone,
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "The signature of this address is not valid. Call GetFunction for a new address.\n",
            ),
            Self::Expired => (
                StatusCode::FORBIDDEN,
                "This address has expired. Call GetFunction for a new address.\n",
            ),
            Self::Gone => (
                StatusCode::NOT_FOUND,
                "No function has this package any more. Call GetFunction for the present one.\n",
            ),
        };
        (status, text).into_response()
    }
}

/// `GET /_sparkler/packages/{digest}?expires=…&signature=…`
pub(super) async fn download<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    params: RawPathParams,
    uri: Uri,
) -> Result<Response, Response> {
    let digest = params
        .iter()
        .next()
        .and_then(|(_, text)| Digest::parse_hex(text))
        .ok_or_else(|| Denial::Forged.into_response())?;
    api.downloads
        .check(digest, &uri, SystemTime::now())
        .map_err(IntoResponse::into_response)?;
    let package = api
        .deployer
        .package(digest)
        .await
        .map_err(|refusal| WireError::from(refusal).into_response())?
        .ok_or_else(|| Denial::Gone.into_response())?;
    let kind = if package.starts_with(b"\0asm") {
        "application/wasm"
    } else {
        "application/zip"
    };
    let mut response = Response::new(Body::from(package));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// Scheme, host and port under which the client reached this host, from its request.
///
/// # Errors
/// Where the request names no host, or what it names is none: it would end up in an address.
pub(super) fn origin(headers: &HeaderMap) -> Result<String, WireError> {
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

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: Digest = Digest([7; 32]);

    fn address(key: &DownloadKey) -> String {
        key.address("http://localhost:9001", PACKAGE)
    }

    fn check(key: &DownloadKey, address: &str, now: SystemTime) -> Result<(), Denial> {
        key.check(PACKAGE, &address.parse().expect("an address"), now)
    }

    #[test]
    fn an_address_is_good_for_ten_minutes() {
        let key = DownloadKey::new([1; 32]);
        let address = address(&key);
        let expected = format!("http://localhost:9001/_sparkler/packages/{PACKAGE}?expires=");
        assert!(address.starts_with(&expected));
        let now = SystemTime::now();
        assert_eq!(check(&key, &address, now), Ok(()));
        let later = now + DOWNLOAD_ADDRESS_DURATION + Duration::from_secs(2);
        assert_eq!(check(&key, &address, later), Err(Denial::Expired));
    }

    #[test]
    fn a_made_up_address_gives_nothing() {
        let (key, other) = (DownloadKey::new([1; 32]), DownloadKey::new([2; 32]));
        let now = SystemTime::now();
        assert_eq!(check(&other, &address(&key), now), Err(Denial::Forged));
        let prolonged = address(&key).replace("expires=", "expires=9");
        assert_eq!(check(&key, &prolonged, now), Err(Denial::Forged));
        for address in ["/", "/?expires=1&signature=2", "/?signature=ü"] {
            let uri = Uri::try_from(address).unwrap_or_default();
            assert_eq!(key.check(PACKAGE, &uri, now), Err(Denial::Forged));
        }
        let uri: Uri = address(&key).parse().expect("an address");
        assert_eq!(key.check(Digest([8; 32]), &uri, now), Err(Denial::Forged));
    }

    #[test]
    fn the_origin_is_what_the_client_asked_for_if_it_is_a_host() {
        let origin = |host: &'static str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            origin(&headers).ok()
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
        assert!(super::origin(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_proxy_may_say_that_it_speaks_tls() {
        let headers = HeaderMap::from_iter([
            (HOST, HeaderValue::from_static("host")),
            (FORWARDED_PROTO, HeaderValue::from_static("https")),
        ]);
        assert_eq!(origin(&headers).as_deref(), Ok("https://host"));
    }
}
