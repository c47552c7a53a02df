//! From a request as a plain value to one that the engine hands to a guest: nothing of it may be refused
//! later, when it would look like a failure of the host.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use http_body_util::Full;
use http_body_util::combinators::MapErr;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;

use crate::domain::WebRequest;
use crate::limits::GUEST_HTTP_FIELDS_BYTES_MAX;

/// What a request that names no host was sent to.
const NO_AUTHORITY: &str = "localhost";

/// A body that is there, as the engine takes it.
pub(super) type Body = MapErr<Full<Bytes>, fn(Infallible) -> Error>;

/// The request, and its scheme.
///
/// # Errors
/// With what is wrong with it, in a sentence.
pub(super) fn checked(request: WebRequest) -> Result<(Scheme, Request<Body>), String> {
    let (scheme, scheme_name) = match request.is_secure {
        true => (Scheme::Https, "https"),
        false => (Scheme::Http, "http"),
    };
    let authority = match request.authority.as_str() {
        "" => NO_AUTHORITY,
        authority => authority,
    };
    let uri = Uri::builder()
        .scheme(scheme_name)
        .authority(authority)
        .path_and_query(request.target.as_str())
        .build()
        .map_err(|error| {
            format!(
                "The request has no valid address: {error}, in the host '{}' or the path '{}'.",
                shown(authority),
                shown(&request.target)
            )
        })?;
    let mut checked = Request::new(body(request.body));
    *checked.method_mut() = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| format!("'{}' is no method of HTTP.", shown(&request.method)))?;
    *checked.uri_mut() = uri;
    *checked.headers_mut() = headers(request.headers)?;
    Ok((scheme, checked))
}

fn body(body: Bytes) -> Body {
    let never: fn(Infallible) -> Error = |never| match never {};
    Full::new(body).map_err(never)
}

fn headers(fields: Vec<(String, Vec<u8>)>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let mut room = GUEST_HTTP_FIELDS_BYTES_MAX;
    for (name, value) in fields {
        let too_large = || {
            format!(
                "The request's headers have more than {GUEST_HTTP_FIELDS_BYTES_MAX} bytes, which is the \
                 most that a guest is given."
            )
        };
        room = room
            .checked_sub(name.len() + value.len())
            .ok_or_else(too_large)?;
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("'{}' is no name of a header.", shown(&name)))?;
        let value = HeaderValue::try_from(value).map_err(|_| {
            format!("The header '{parsed}' has a character that none may have in its value.")
        })?;
        headers.try_append(parsed, value).map_err(|_| too_large())?;
    }
    Ok(headers)
}

/// The beginning of a text from outside, for a sentence.
fn shown(text: &str) -> &str {
    const BYTES_MAX: usize = 100;
    &text[..text.floor_char_boundary(BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> WebRequest {
        WebRequest {
            method: "GET".into(),
            target: "/".into(),
            authority: "a.example:80".into(),
            ..WebRequest::default()
        }
    }

    #[track_caller]
    fn refused(request: WebRequest) -> String {
        match checked(request) {
            Ok(_) => panic!("it is refused"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn a_request_keeps_its_path_its_query_and_headers_that_are_there_twice() {
        let value = |text: &str| ("x-a".to_owned(), text.as_bytes().to_vec());
        let (scheme, checked) = checked(WebRequest {
            target: "/a%20b//c?d=%2F&d".into(),
            headers: vec![value("1"), value("2")],
            is_secure: true,
            ..request()
        })
        .expect("it is fine");
        assert!(matches!(scheme, Scheme::Https));
        let target = checked.uri().path_and_query().expect("a path").as_str();
        assert_eq!(target, "/a%20b//c?d=%2F&d");
        assert_eq!(checked.uri().authority().expect("a host"), "a.example:80");
        let values: Vec<_> = checked.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
    }

    #[test]
    fn a_request_without_a_host_has_one_all_the_same() {
        let (_, checked) = checked(WebRequest {
            authority: String::new(),
            ..request()
        })
        .expect("it is fine");
        assert_eq!(checked.uri().authority().expect("a host"), NO_AUTHORITY);
    }

    #[test]
    fn what_no_request_can_have_is_named() {
        let with_header = |name: &str, value: &str| WebRequest {
            headers: vec![(name.into(), value.into())],
            ..request()
        };
        let method = "G ET".into();
        assert!(
            refused(WebRequest {
                method,
                ..request()
            })
            .contains("'G ET' is no method")
        );
        let authority = "a b".into();
        assert!(
            refused(WebRequest {
                authority,
                ..request()
            })
            .contains("the host 'a b'")
        );
        let target = "/a b".into();
        assert!(
            refused(WebRequest {
                target,
                ..request()
            })
            .contains("the path '/a b'")
        );
        let target = format!("/{}", "é".repeat(70_000));
        assert!(
            refused(WebRequest {
                target,
                ..request()
            })
            .len()
                < 400
        );
        assert!(refused(with_header("a b", "")).contains("'a b' is no name"));
        assert!(refused(with_header("a", "b\r\nc")).contains("The header 'a'"));
        let long = "x".repeat(GUEST_HTTP_FIELDS_BYTES_MAX);
        assert!(refused(with_header("a", &long)).contains("more than 65536 bytes"));
        let many = (0..40_000)
            .map(|n| (format!("{n:x}"), Vec::new()))
            .collect();
        let many = WebRequest {
            headers: many,
            ..request()
        };
        assert!(refused(many).contains("more than 65536 bytes"));
    }
}
