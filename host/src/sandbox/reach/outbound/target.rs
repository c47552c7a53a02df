//! What of a guest's request goes over the wire, and where to.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, header};
use wasmtime_wasi_http::Error;

use crate::domain::{Host, Origin, Scheme};

/// Where a request goes.
///
/// # Errors
/// Where that is no place, or no request for one.
pub(super) fn origin(parts: &Parts) -> Result<Origin, Error> {
    // It asks for a tunnel, through which anything could go.
    if parts.method == Method::CONNECT {
        return Err(Error::HttpRequestMethodInvalid);
    }
    let scheme = parts.uri.scheme_str().and_then(Scheme::parse);
    let scheme = scheme.ok_or(Error::HttpRequestUriInvalid)?;
    let authority = parts.uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    if authority.as_str().contains('@') {
        return Err(Error::HttpRequestUriInvalid);
    }
    let host = Host::parse(authority.host()).ok_or(Error::HttpRequestUriInvalid)?;
    let after_host = &authority.as_str()[authority.host().len()..];
    let port = match after_host.strip_prefix(':') {
        None | Some("") => scheme.default_port(),
        Some(port) => port.parse().map_err(|_| Error::HttpRequestUriInvalid)?,
    };
    if port == 0 {
        return Err(Error::HttpRequestUriInvalid);
    }
    Ok(Origin { scheme, host, port })
}

/// Makes of a request what is sent to its server: the path and the query alone, and the server's name as the host
/// understood it.
pub(super) fn address_to_server(parts: &mut Parts, origin: &Origin) -> Result<(), Error> {
    let target = parts.uri.path_and_query();
    let target = target.map_or("/", PathAndQuery::as_str);
    // A guest may leave the path out, and then the first line of the request would have none.
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target = PathAndQuery::try_from([slash, target].concat());
    parts.uri = target.map_err(|_| Error::HttpRequestUriInvalid)?.into();
    let host = HeaderValue::try_from(origin.authority());
    let host = host.map_err(|_| Error::HttpRequestUriInvalid)?;
    parts.headers.insert(header::HOST, host);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, uri: &str) -> Parts {
        let request = http::Request::builder().method(method).uri(uri).body(());
        request.expect("a request").into_parts().0
    }

    #[test]
    fn a_request_goes_to_one_origin_however_it_is_spelled() {
        for (uri, expected) in [
            ("https://API.example.com/x?y", "https://api.example.com"),
            ("https://api.example.com.:443/", "https://api.example.com"),
            ("http://api.example.com:/", "http://api.example.com"),
            ("http://0x7f.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            let origin = origin(&parts("GET", uri)).expect(uri);
            assert_eq!(origin.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for uri in [
            "http://user@api.example.com/",
            "http://api.example.com@127.0.0.1/",
            "http://1.2.3.4.5/",
            "http://a..b/",
            "http://a.example:0/",
            "/path",
        ] {
            let refused = origin(&parts("GET", uri)).expect_err(uri);
            assert!(matches!(refused, Error::HttpRequestUriInvalid), "{uri}");
        }
        let tunnel = origin(&parts("CONNECT", "http://a.example/"));
        assert!(matches!(tunnel, Err(Error::HttpRequestMethodInvalid)));
    }

    #[test]
    fn a_server_is_sent_the_path_and_its_own_name() {
        let mut parts = parts("GET", "http://A.example.:81/x?y=z");
        let origin = origin(&parts).expect("an origin");
        address_to_server(&mut parts, &origin).expect("a request");
        assert_eq!(parts.uri, "/x?y=z");
        assert_eq!(parts.headers["host"], "a.example:81");
    }

    #[test]
    fn what_is_sent_begins_with_a_slash_whatever_the_guest_left_out() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("?", "/?"),
            ("?x=y", "/?x=y"),
            ("/x?y", "/x?y"),
        ] {
            let mut parts = parts("GET", "http://a.example/");
            // As the engine makes it of what a guest has set.
            let uri = http::Uri::builder().scheme("http").authority("a.example");
            parts.uri = uri.path_and_query(path).build().expect("an address");
            let origin = origin(&parts).expect("an origin");
            address_to_server(&mut parts, &origin).expect("a request");
            assert_eq!(parts.uri.to_string(), expected, "{path}");
        }
    }
}
