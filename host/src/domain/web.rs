//! Calls from the web, as HTTP has them: from the socket to a guest for HTTP and back, nothing of them takes
//! another form. What is told here is told in the plain types of the crate `http`, which are values as all of
//! the domain's are.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};

use super::origin::Scheme;

/// Headers that concern one connection, and end with it.
pub(crate) const OF_CONNECTION: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The scheme by which a client came, as a proxy or the host tells it.
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The scheme that [`FORWARDED_PROTO`] names, as whoever has made the request into one for a function has set it.
pub(crate) fn scheme(headers: &HeaderMap) -> Scheme {
    let mut told = headers.get_all(FORWARDED_PROTO).into_iter();
    let scheme = told.next().and_then(|scheme| scheme.to_str().ok());
    match (scheme.and_then(Scheme::parse), told.next()) {
        (Some(scheme), None) => scheme,
        _ => Scheme::Http,
    }
}

/// A request for a function, read to its end. Its address is a path and a query: the header `host` names the
/// host that its client asked for, and [`FORWARDED_PROTO`] the scheme.
pub(crate) type WebRequest = Request<WebBody>;

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebBody {
    /// All of it.
    pub bytes: Bytes,
    /// Headers that came behind it.
    pub trailers: Option<HeaderMap>,
}

/// Everything of a response but its body. Its status ends an exchange, and none of its headers is one that
/// whoever sends it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebHead {
    /// From 200 to 599.
    pub status: StatusCode,
    /// A name that was set twice is there twice.
    pub headers: HeaderMap,
}

/// A response to a request from the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebResponse {
    /// All but the body.
    pub head: WebHead,
    /// All of it.
    pub body: Bytes,
}

impl From<Bytes> for WebBody {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes,
            trailers: None,
        }
    }
}

impl WebHead {
    /// The head of a response that is fine.
    pub fn ok(content_type: &'static str) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self {
            status: StatusCode::OK,
            headers: [(CONTENT_TYPE, content_type)].into_iter().collect(),
        }
    }

    /// What the body is, as far as it is said.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Each name with all its values, as texts: for forms that have no bytes.
    pub fn fields(&self) -> impl Iterator<Item = (&HeaderName, Vec<String>)> {
        self.headers.keys().map(|name| {
            let values = self.headers.get_all(name).iter();
            (name, values.map(text).collect())
        })
    }

    /// Names with their values joined, as HTTP has it, and the cookies, which cannot be joined.
    pub fn joined(&self) -> (BTreeMap<String, String>, Vec<String>) {
        let (mut headers, mut cookies) = (BTreeMap::new(), Vec::new());
        for (name, values) in self.fields() {
            match *name == SET_COOKIE {
                true => cookies.extend(values),
                false => {
                    headers.insert(name.to_string(), values.join(", "));
                }
            }
        }
        (headers, cookies)
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
