//! Status and headers of a guest's response.
//!
//! They go on as a prelude, the form in which functions begin responses for HTTP: a JSON object with
//! `statusCode`, `headers` and `cookies`, then eight NUL bytes. Values of one name are joined, as HTTP has
//! it, except for cookies, which cannot be.

use std::collections::BTreeMap;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, SET_COOKIE, TE, TRAILER};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::limits::URL_PRELUDE_BYTES_MAX;

/// What separates the prelude from the body.
const SEPARATOR: [u8; 8] = [0; 8];

/// Headers that whoever sends the response writes, for the connection that it has.
const OF_SENDER: [HeaderName; 4] = [CONTENT_LENGTH, DATE, TE, TRAILER];

/// Everything of a response but its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: HeaderMap,
}

/// A head, as the prelude of a body.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::sandbox) struct PlainHead {
    status_code: u16,
    /// A content type that is null says that there is none, rather than the one for bytes.
    headers: BTreeMap<String, Option<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

impl Head {
    /// The head of a response.
    ///
    /// # Errors
    /// With what is wrong with it, in a sentence.
    pub(super) fn of(parts: Parts) -> Result<Self, String> {
        let status = parts.status.as_u16();
        match (200..600).contains(&status) {
            true => Ok(Self {
                status,
                headers: parts.headers,
            }),
            false => Err(format!(
                "The guest answered with status {status}. The status of a response is a number from 200 \
                 to 599."
            )),
        }
    }

    /// What the body is, as far as it is said.
    pub(super) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Each name with all its values, without what the sender of the response writes.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&HeaderName, Vec<String>)> {
        let names = self.headers.keys().filter(|name| !OF_SENDER.contains(name));
        names.map(|name| {
            let values = self.headers.get_all(name).iter();
            (name, values.map(text).collect())
        })
    }

    /// Names with their values joined, and the cookies.
    pub(super) fn joined(&self) -> (BTreeMap<String, String>, Vec<String>) {
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

    /// The prelude.
    ///
    /// # Errors
    /// Where it is larger than one may be.
    pub(super) fn prelude(&self) -> Result<Vec<u8>, String> {
        let (headers, cookies) = self.joined();
        let mut headers: BTreeMap<_, _> = headers
            .into_iter()
            .map(|(name, value)| (name, Some(value)))
            .collect();
        headers.entry(CONTENT_TYPE.to_string()).or_insert(None);
        let prelude = PlainHead {
            status_code: self.status,
            headers,
            cookies,
        };
        let prelude = prelude.into_prelude();
        match prelude.len() > URL_PRELUDE_BYTES_MAX {
            true => Err(format!(
                "The guest answered with headers of {} bytes; {URL_PRELUDE_BYTES_MAX} are the most.",
                prelude.len()
            )),
            false => Ok(prelude),
        }
    }
}

impl PlainHead {
    /// The head of a response that is fine.
    pub(in crate::sandbox) fn ok(content_type: &str) -> Self {
        let content_type = (CONTENT_TYPE.to_string(), Some(content_type.to_owned()));
        Self {
            status_code: 200,
            headers: [content_type].into(),
            cookies: Vec::new(),
        }
    }

    /// The head, and what separates it from the body.
    pub(in crate::sandbox) fn into_prelude(self) -> Vec<u8> {
        let mut prelude = serde_json::to_vec(&self).expect("texts and numbers have a JSON form");
        prelude.extend(SEPARATOR);
        prelude
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    fn parts(status: u16, headers: &[(&'static str, &[u8])]) -> Parts {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(()).expect("a response").into_parts().0
    }

    fn prelude(status: u16, headers: &[(&'static str, &[u8])]) -> String {
        let head = Head::of(parts(status, headers)).expect("a head");
        let mut prelude = head.prelude().expect("it is small");
        let body = prelude.split_off(prelude.len() - SEPARATOR.len());
        assert_eq!(body, SEPARATOR);
        String::from_utf8(prelude).expect("JSON is UTF-8")
    }

    #[test]
    fn a_prelude_has_what_the_guest_said_and_no_more() {
        assert_eq!(
            prelude(204, &[]),
            r#"{"statusCode":204,"headers":{"content-type":null}}"#
        );
        let headers: &[(&str, &[u8])] = &[
            ("set-cookie", b"a=1"),
            ("vary", b"x"),
            ("content-type", b"text/html"),
            ("set-cookie", b"b=2"),
            ("vary", b"y"),
            ("content-length", b"7"),
            ("date", b"today"),
            ("trailer", b"x"),
            ("x-bytes", b"\xff"),
        ];
        assert_eq!(
            prelude(200, headers),
            r#"{"statusCode":200,"headers":{"content-type":"text/html","vary":"x, y","x-bytes":"�"},"cookies":["a=1","b=2"]}"#
        );
    }

    #[test]
    fn a_status_that_ends_no_exchange_is_refused() {
        for status in [100, 103, 199, 600, 999] {
            let reason = Head::of(parts(status, &[])).expect_err("no status");
            assert!(reason.contains(&format!("status {status}.")), "{reason}");
        }
    }

    #[test]
    fn a_prelude_is_bounded() {
        let value = vec![b'"'; URL_PRELUDE_BYTES_MAX / 2];
        let head = Head::of(parts(200, &[("x", &value)])).expect("a head");
        assert!(head.prelude().expect_err("too large").contains("131072"));
    }
}
