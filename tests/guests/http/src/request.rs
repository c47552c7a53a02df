//! A request, read to its end.

use serde_json::{Value, json};
use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, Method, Scheme};
use wasip2::io::streams::StreamError;

/// What a guest is asked.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) query: String,
    request: IncomingRequest,
}

impl Request {
    pub(crate) fn new(request: IncomingRequest) -> Self {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Self {
            path: path.to_owned(),
            query: query.to_owned(),
            request,
        }
    }

    /// The number in the query, `?7` for example.
    pub(crate) fn number(&self) -> usize {
        self.query.parse().expect("a number in the query")
    }

    pub(crate) fn header(&self, name: &str) -> Option<Vec<u8>> {
        self.request.headers().get(name).into_iter().next()
    }

    /// The body, read in pieces as they come.
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = self.request.consume().expect("a body");
        read(&body)
    }

    /// The body, and the headers that came behind it.
    pub(crate) fn body_and_trailers(&self) -> (Vec<u8>, Option<Fields>) {
        let body = self.request.consume().expect("a body");
        let bytes = read(&body);
        let trailers = IncomingBody::finish(body);
        trailers.subscribe().block();
        let trailers = trailers.get().expect("they have come");
        let trailers = trailers.expect("they are taken once");
        (bytes, trailers.expect("the request ended well"))
    }

    /// Everything of it but its body.
    pub(crate) fn shown(&self) -> Value {
        let entries = self.request.headers().entries().into_iter();
        let headers: Vec<_> = entries
            .map(|(name, value)| json!([name, String::from_utf8_lossy(&value)]))
            .collect();
        json!({
            "method": match self.request.method() {
                Method::Get => "GET".to_owned(),
                Method::Post => "POST".to_owned(),
                Method::Options => "OPTIONS".to_owned(),
                Method::Other(method) => method,
                other => format!("{other:?}"),
            },
            "target": self.request.path_with_query(),
            "authority": self.request.authority(),
            "scheme": match self.request.scheme() {
                Some(Scheme::Http) => "http",
                Some(Scheme::Https) => "https",
                _ => "another",
            },
            "headers": headers,
        })
    }
}

fn read(body: &IncomingBody) -> Vec<u8> {
    let stream = body.stream().expect("the stream of a body");
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(piece) => bytes.extend(piece),
            Err(StreamError::Closed) => return bytes,
            Err(error) => panic!("{error}"),
        }
    }
}
