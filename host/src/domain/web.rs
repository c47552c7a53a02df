//! Calls from the web, as HTTP has them: from the socket to a guest for HTTP and back, nothing of them takes
//! another form. What is told here is told in the plain types of the crate `http`, which are values as all of
//! the domain's are.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body::{Frame, SizeHint};

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

/// Headers that come behind a body.
pub(crate) type WebTrailers = HeaderMap;

/// The body of a request or of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebBody {
    /// All of it.
    pub bytes: Bytes,
    /// What comes behind it.
    pub trailers: Option<WebTrailers>,
}

/// Everything of a response but its body. Its status ends an exchange, and none of its headers is one that
/// whoever sends it writes, but for the one that announces trailers.
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
    pub body: WebBody,
}

impl From<Bytes> for WebBody {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes,
            trailers: None,
        }
    }
}

impl http_body::Body for WebBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if !self.bytes.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.bytes)))));
        }
        let trailers = self.trailers.take();
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && self.trailers.is_none()
    }

    /// Nothing exact where trailers follow: what is sent with its length has no place for them.
    fn size_hint(&self) -> SizeHint {
        let bytes = self.bytes.len() as u64;
        match self.trailers {
            Some(_) => {
                let mut at_least = SizeHint::new();
                at_least.set_lower(bytes);
                at_least
            }
            None => SizeHint::with_exact(bytes),
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

    /// Each name with all its values, as texts: for forms that have no bytes and no trailers.
    pub fn fields(&self) -> impl Iterator<Item = (&HeaderName, Vec<String>)> {
        let names = self.headers.keys().filter(|name| **name != TRAILER);
        names.map(|name| {
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
