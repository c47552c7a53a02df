//! From a request to one that the engine hands to a guest: nothing of it may be refused later, when it would
//! look like a failure of the host.

use std::fmt::Display;

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;

use crate::domain::{self, WebRequest, web};
use crate::limits::GUEST_HTTP_FIELDS_BYTES_MAX;

/// What a request that names no host was sent to.
const NO_AUTHORITY: HeaderValue = HeaderValue::from_static("localhost");

/// A request that the engine takes as it is, and its scheme.
///
/// # Errors
/// With what is wrong with it, in a sentence.
pub(super) fn checked(mut request: WebRequest) -> Result<(Scheme, WebRequest), String> {
    let headers = request.headers();
    let mut room = Room::default();
    for (name, value) in headers {
        room.take(name.as_str(), value.as_bytes())?;
    }
    let scheme = match web::scheme(headers) {
        domain::Scheme::Https => Scheme::Https,
        domain::Scheme::Http => Scheme::Http,
    };
    match headers.get(HOST) {
        Some(host) if !host.is_empty() => {
            Authority::try_from(host.as_bytes())
                .map_err(|error| no_address(&error, host, &request.uri()))?;
        }
        // Of a request without a host, the engine would not make one.
        _ => drop(request.headers_mut().insert(HOST, NO_AUTHORITY)),
    }
    Ok((scheme, request))
}

/// What is wrong with a request whose address is none.
pub(super) fn no_address(error: &dyn Display, host: &HeaderValue, target: &dyn Display) -> String {
    format!(
        "The request has no valid address: {error}, in the host '{}' or the path '{}'.",
        shown(&String::from_utf8_lossy(host.as_bytes())),
        shown(&target.to_string())
    )
}

/// Headers that are made from texts.
#[derive(Default)]
pub(super) struct Fields {
    headers: HeaderMap,
    room: Room,
}

impl Fields {
    /// Adds a value under a name.
    ///
    /// # Errors
    /// Where it can be no header, or one too many.
    pub(super) fn append(&mut self, name: &str, value: String) -> Result<(), String> {
        self.room.take(name, value.as_bytes())?;
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("'{}' is no name of a header.", shown(name)))?;
        let value = HeaderValue::try_from(value).map_err(|_| {
            format!("The header '{parsed}' has a character that none may have in its value.")
        })?;
        let appended = self.headers.try_append(parsed, value);
        appended.map(drop).map_err(|_| too_large())
    }

    pub(super) fn into_headers(self) -> HeaderMap {
        self.headers
    }
}

/// How many bytes of headers a guest is still given.
struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(GUEST_HTTP_FIELDS_BYTES_MAX)
    }
}

impl Room {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), String> {
        let left = self.0.checked_sub(name.len() + value.len());
        self.0 = left.ok_or_else(too_large)?;
        Ok(())
    }
}

fn too_large() -> String {
    format!(
        "The request's headers have more than {GUEST_HTTP_FIELDS_BYTES_MAX} bytes, which is the most that a \
         guest is given."
    )
}

/// The beginning of a text from outside, for a sentence.
pub(super) fn shown(text: &str) -> &str {
    const BYTES_MAX: usize = 100;
    &text[..text.floor_char_boundary(BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::WebBody;
    use http_body_util::BodyExt as _;

    fn request(headers: &[(&'static str, &[u8])]) -> WebRequest {
        let mut request = WebRequest::default();
        *request.uri_mut() = "/a%20b//c?d=%2F&d".parse().expect("a target");
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value).expect("a value");
            request.headers_mut().append(*name, value);
        }
        request
    }

    #[track_caller]
    fn refused(request: WebRequest) -> String {
        match checked(request) {
            Ok(_) => panic!("it is refused"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn a_request_keeps_its_path_its_query_and_its_headers() {
        let headers: &[(&str, &[u8])] = &[
            ("host", b"a.example:80"),
            ("x-forwarded-proto", b"https"),
            ("x-a", b"1"),
            ("x-a", b"\x80\xff"),
        ];
        let (scheme, checked) = checked(request(headers)).expect("it is fine");
        assert!(matches!(scheme, Scheme::Https));
        assert_eq!(checked.uri(), "/a%20b//c?d=%2F&d");
        let values = checked.headers().get_all("x-a").iter();
        let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [&b"1"[..], b"\x80\xff"]);
        assert_eq!(checked.headers()["host"], "a.example:80");
    }

    #[tokio::test]
    async fn trailers_come_behind_the_body() {
        let trailers: HeaderMap = [(HeaderName::from_static("x-end"), NO_AUTHORITY)]
            .into_iter()
            .collect();
        for bytes in ["", "body"] {
            let mut request = request(&[]);
            *request.body_mut() = WebBody {
                bytes: bytes.into(),
                trailers: Some(trailers.clone()),
            };
            let (_, checked) = checked(request).expect("it is fine");
            let body = checked.into_body().collect().await.expect("it is there");
            assert_eq!(body.trailers(), Some(&trailers));
            assert_eq!(body.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_request_without_a_host_has_one_all_the_same() {
        for headers in [&[][..], &[("host", &b""[..])]] {
            let (scheme, checked) = checked(request(headers)).expect("it is fine");
            assert!(matches!(scheme, Scheme::Http));
            assert_eq!(checked.headers()["host"], "localhost");
        }
    }

    #[test]
    fn what_no_request_can_have_is_named() {
        let no_host = refused(request(&[("host", b"a b")]));
        assert!(no_host.contains("the host 'a b'"), "{no_host}");
        let append = |name: &str, value: &str| Fields::default().append(name, value.into());
        let refused = |name: &str, value: &str| append(name, value).expect_err("no header");
        assert!(refused("a b", "").contains("'a b' is no name"));
        assert!(refused("a", "b\r\nc").contains("The header 'a'"));
        assert!(refused(&"é".repeat(70), "").len() < 200);
    }

    #[test]
    fn the_headers_of_a_request_are_bounded() {
        let long = vec![b'x'; GUEST_HTTP_FIELDS_BYTES_MAX];
        assert!(refused(request(&[("a", &long)])).contains("more than 65536 bytes"));
        let mut fields = Fields::default();
        let refused =
            (0..40_000).find_map(|n| fields.append(&format!("{n:x}"), String::new()).err());
        assert!(refused.expect("too many").contains("more than 65536 bytes"));
    }
}
