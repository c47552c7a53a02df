//! The addresses of functions on the web, as they are shown and as they come in.
//!
//! A function has a host name, `ID.lambda-url.REGION.` and any domain behind it. For clients that
//! cannot resolve such names there is also a path, `/lambda-url/ID/`, at every name of this host.

use std::net::IpAddr;

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};

use crate::contract::host_names::{LOCAL_DOMAIN, is_local};

/// The second label of the host names.
const LABEL: &str = "lambda-url.";
/// What the paths begin with.
const PATH: &str = "/lambda-url/";

/// How a request named the function that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By a host name of the function's own.
    Host,
    /// By a path, so under an origin that it shares with the API and with other functions.
    Path,
}

/// The function that a request is for, and what of its address is left for it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::contract) struct Addressed {
    pub(super) form: Form,
    /// May be the id of no function.
    pub(in crate::contract) id: String,
    /// Where in the path the function's own begins.
    path_start: usize,
}

impl Addressed {
    /// The path and the query for the function, as they were sent; begins with a slash.
    pub(super) fn target(&self, uri: Uri) -> PathAndQuery {
        let target = uri.into_parts().path_and_query;
        let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if self.path_start == 0 {
            return target;
        }
        let left = &target.as_str()[self.path_start..];
        let slash = if left.starts_with('/') { "" } else { "/" };
        PathAndQuery::try_from([slash, left].concat()).unwrap_or(target)
    }
}

/// The address of the function with this id, for a caller that reached the host under `origin`.
///
/// On the machine itself, names below `localhost` resolve. Elsewhere nobody can know whether names below
/// that of the host do, so the path is shown.
pub(in crate::contract) fn shown(origin: &str, id: &str, region: &str) -> String {
    match local(origin) {
        Some((scheme, port)) => format!("{scheme}://{id}.{LABEL}{region}.{LOCAL_DOMAIN}{port}/"),
        None => format!("{origin}{PATH}{id}/"),
    }
}

/// Scheme and port of an origin on this machine.
fn local(origin: &str) -> Option<(String, String)> {
    let uri: Uri = origin.parse().ok()?;
    let host = uri.host()?;
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    let is_here = is_local(host) || address.is_ok_and(|address| address.is_loopback());
    let port = uri
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    is_here.then(|| (uri.scheme_str().unwrap_or("http").to_owned(), port))
}

/// The function that a request is for; `None` where it is for the API, which a look at the host and at the
/// start of the path tells.
pub(in crate::contract) fn addressed(
    uri: &Uri,
    headers: &HeaderMap,
    region: &str,
) -> Option<Addressed> {
    let host = host(uri, headers);
    if is_host_of_function(host) {
        // Host names of another region lead to no function of this host, nor to the API.
        let id = id_in_host(host, region).unwrap_or_default();
        return Some(Addressed {
            form: Form::Host,
            id: id.to_ascii_lowercase(),
            path_start: 0,
        });
    }
    let rest = uri.path().strip_prefix(PATH)?;
    let id = rest.split('/').next().unwrap_or_default();
    Some(Addressed {
        form: Form::Path,
        id: id.to_ascii_lowercase(),
        path_start: PATH.len() + id.len(),
    })
}

/// The host of a request and its port, as the client named them, for the header of that name. What is no
/// text is none.
pub(in crate::contract) fn host_header(uri: &Uri, headers: &HeaderMap) -> HeaderValue {
    let host = match uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => headers.get(HOST).cloned(),
    };
    host.filter(|host| host.to_str().is_ok())
        .unwrap_or(HeaderValue::from_static(""))
}

fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default(),
    }
}

fn is_host_of_function(host: &str) -> bool {
    let Some(dot) = host.bytes().position(|byte| byte == b'.') else {
        return false;
    };
    let rest = &host.as_bytes()[dot + 1..];
    rest.get(..LABEL.len())
        .is_some_and(|label| label.eq_ignore_ascii_case(LABEL.as_bytes()))
}

/// The id in `ID.lambda-url.REGION.ANYTHING`.
fn id_in_host<'a>(host: &'a str, region: &str) -> Option<&'a str> {
    let mut labels = host.splitn(4, '.');
    let (id, _, named) = (labels.next()?, labels.next()?, labels.next()?);
    let behind = labels.next()?;
    (named.eq_ignore_ascii_case(region) && !behind.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const ID: &str = "0123456789abcdefghijklmnopqrstuv";

    #[track_caller]
    fn read(host: &str, target: &str) -> Option<(Form, String, String)> {
        let request = Request::builder().uri(target).header(HOST, host);
        let request = request.body(()).expect("a request");
        let (uri, headers) = (request.uri(), request.headers());
        let addressed = addressed(uri, headers, "us-east-1")?;
        let target = addressed.target(uri.clone()).to_string();
        Some((addressed.form, addressed.id, target))
    }

    #[test]
    fn a_function_has_host_names_below_any_domain() {
        for behind in ["localhost", "localhost:9001", "on.aws", "a.b.example:80"] {
            let host = format!("{ID}.lambda-url.us-east-1.{behind}");
            let expected = (Form::Host, ID.to_owned(), "/a%20b?c".to_owned());
            assert_eq!(read(&host, "/a%20b?c"), Some(expected.clone()), "{host}");
            let spelt = host.replace("lambda-url.us-east", "Lambda-URL.US-East");
            assert_eq!(read(&spelt, "/a%20b?c"), Some(expected));
        }
        let target = format!("http://{ID}.lambda-url.us-east-1.localhost/x");
        assert_eq!(
            read("127.0.0.1", &target),
            Some((Form::Host, ID.into(), "/x".into()))
        );
    }

    #[test]
    fn a_host_name_that_leads_to_no_function_does_not_lead_to_the_api() {
        for host in [
            "x.lambda-url.eu-west-1.localhost",
            "x.lambda-url.us-east-1",
            "x.lambda-url.us-east-1.",
            "x.lambda-url.",
        ] {
            assert_eq!(
                read(host, "/2015-03-31/functions").expect("a function").1,
                "",
                "{host}"
            );
        }
    }

    #[test]
    fn a_path_names_a_function_at_every_name_of_the_host() {
        for (sent, target) in [
            ("/", "/"),
            ("", "/"),
            ("?c", "/?c"),
            ("/a/b?c=/", "/a/b?c=/"),
            ("//a", "//a"),
        ] {
            let path = format!("/lambda-url/{}{sent}", ID.to_uppercase());
            let found = read("10.0.0.1:9001", &path);
            assert_eq!(found, Some((Form::Path, ID.into(), target.into())));
        }
    }

    #[test]
    fn all_else_is_for_the_api() {
        for host in [
            "",
            "localhost",
            "127.0.0.1:9001",
            "lambda-url.us-east-1.localhost",
            "é.x",
        ] {
            assert_eq!(read(host, "/2015-03-31/functions"), None, "{host}");
        }
        assert_eq!(read("localhost", "/lambda-url"), None);
    }

    #[test]
    fn the_address_that_is_shown_leads_to_the_host_that_showed_it() {
        let shown = |origin| shown(origin, ID, "us-east-1");
        for (origin, expected) in [
            (
                "http://127.0.0.1:9001",
                "http://ID.lambda-url.us-east-1.localhost:9001/",
            ),
            (
                "http://[::1]:9001",
                "http://ID.lambda-url.us-east-1.localhost:9001/",
            ),
            (
                "https://localhost",
                "https://ID.lambda-url.us-east-1.localhost/",
            ),
            (
                "http://10.0.0.1:9001",
                "http://10.0.0.1:9001/lambda-url/ID/",
            ),
            (
                "https://lambda.example",
                "https://lambda.example/lambda-url/ID/",
            ),
        ] {
            assert_eq!(shown(origin), expected.replace("ID", ID));
        }
    }
}
