//! The prelude: how functions that write bytes begin a response for HTTP. A JSON object with `statusCode`,
//! `headers` and `cookies`, then eight NUL bytes, then the body.

use std::collections::BTreeMap;

use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::web::WebHead;
use crate::limits::URL_PRELUDE_BYTES_MAX;

/// What separates the prelude from the body.
const SEPARATOR: [u8; 8] = [0; 8];

/// So many bytes decide whether there is a prelude.
pub(crate) const DECIDING_BYTES: usize = URL_PRELUDE_BYTES_MAX + SEPARATOR.len();

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    /// A content type that is null says that there is none, rather than the one for bytes.
    headers: BTreeMap<String, Option<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

/// A head as the prelude that says the same, with what separates it from a body: for those who read a
/// response to an event along.
pub(crate) fn of(head: &WebHead) -> Vec<u8> {
    let (headers, cookies) = head.joined();
    let headers = headers.into_iter();
    let mut headers: BTreeMap<_, _> = headers.map(|(name, value)| (name, Some(value))).collect();
    headers.entry(CONTENT_TYPE.to_string()).or_insert(None);
    let prelude = Prelude {
        status_code: head.status.as_u16(),
        headers,
        cookies,
    };
    let mut prelude = serde_json::to_vec(&prelude).expect("texts and numbers have a JSON form");
    prelude.extend(SEPARATOR);
    prelude
}

/// The prelude of what a function wrote, without what separates it, and the body; `None` where it begins with
/// none.
pub(crate) fn split(written: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = &written[..written.len().min(DECIDING_BYTES)];
    if start.first() != Some(&b'{') {
        return None;
    }
    let end = separator_in(start, 0)?;
    Some((&written[..end], &written[end + SEPARATOR.len()..]))
}

/// Whether a prelude has ended in `written`, of which `searched` bytes were looked through before.
pub(crate) fn has_ended(written: &[u8], searched: usize) -> bool {
    // What separates it may have begun in them.
    let from = searched.saturating_sub(SEPARATOR.len() - 1);
    separator_in(written, from).is_some()
}

fn separator_in(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == 0)?;
        let run = bytes[at..].iter().take(SEPARATOR.len());
        let run = run.take_while(|byte| **byte == 0).count();
        if run == SEPARATOR.len() {
            return Some(at);
        }
        from = at + run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    fn written(status: StatusCode, headers: &[(&'static str, &[u8])]) -> String {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).expect("a value");
            (HeaderName::from_static(name), value)
        });
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        let mut prelude = of(&WebHead {
            status,
            headers: map,
        });
        let end = prelude.split_off(prelude.len() - SEPARATOR.len());
        assert_eq!(end, SEPARATOR);
        String::from_utf8(prelude).expect("JSON is UTF-8")
    }

    #[test]
    fn it_has_what_the_head_says_as_text() {
        assert_eq!(
            written(StatusCode::NO_CONTENT, &[]),
            r#"{"statusCode":204,"headers":{"content-type":null}}"#
        );
        let headers: &[(&str, &[u8])] = &[
            ("set-cookie", b"a=1"),
            ("vary", b"x"),
            ("content-type", b"text/html"),
            ("set-cookie", b"b=2"),
            ("vary", b"y"),
            ("x-bytes", b"\xff"),
        ];
        assert_eq!(
            written(StatusCode::OK, headers),
            r#"{"statusCode":200,"headers":{"content-type":"text/html","vary":"x, y","x-bytes":"�"},"cookies":["a=1","b=2"]}"#
        );
    }

    #[test]
    fn it_ends_at_the_first_eight_bytes_of_zero() {
        let split = |bytes: &'static [u8]| split(bytes);
        assert_eq!(split(b"{}\0\0\0\0\0\0\0\0"), Some((&b"{}"[..], &b""[..])));
        let body = &b"\0\0body\0\0\0\0\0\0\0\0"[..];
        assert_eq!(
            split(b"{}\0\0\0\0\0\0\0\0\0\0body\0\0\0\0\0\0\0\0"),
            Some((&b"{}"[..], body))
        );
        let longer = &b"{\0\0\0\0\0\0\0}"[..];
        assert_eq!(
            split(b"{\0\0\0\0\0\0\0}\0\0\0\0\0\0\0\0"),
            Some((longer, &b""[..]))
        );
        for none in [
            &b""[..],
            b"{",
            b"{}\0\0\0\0\0\0\0",
            b"x{}\0\0\0\0\0\0\0\0",
            b"\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(super::split(none), None, "{none:?}");
        }
    }

    #[test]
    fn only_the_beginning_is_searched() {
        let mut written = vec![b'{'];
        written.resize(URL_PRELUDE_BYTES_MAX, b' ');
        let mut longer = written.clone();
        longer.push(b' ');
        written.extend(SEPARATOR);
        longer.extend(SEPARATOR);
        assert!(split(&written).is_some());
        assert!(split(&longer).is_none());
    }
}
