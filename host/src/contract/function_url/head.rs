//! Status, headers and cookies of a response, as functions give them.
//!
//! What a function says is checked before it reaches the wire: a status that is one, headers that end
//! no line, and no header that is the host's to send.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, SET_COOKIE, TE, TRAILER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::contract::callers::{LINE_BYTES, wire_bytes};
use crate::domain::web::OF_CONNECTION;
use crate::domain::{WebBody, WebHead, WebResponse};
use crate::limits::{
    URL_RESPONSE_HEAD_BYTES_MAX, URL_RESPONSE_HEADERS_MAX, URL_RESPONSE_KEPT_BYTES_MAX,
};

/// A function's own headers that tell of the connection, or of the answer as it is sent, come out under
/// names with this in front, as AWS remaps them.
const REMAPPED_PREFIX: &str = "x-amzn-remapped-";
const REMAPPED: [HeaderName; 2] = [CONTENT_LENGTH, DATE];

/// What hyper makes room for with each header, however small it is.
const RESERVED_BYTES: usize = 30;

/// The function's answer is no response; the text says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// What a client takes of a response, besides its head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takes {
    /// It asked for more than the head.
    pub(super) body: bool,
    /// It said that trailers may follow the body.
    pub(super) trailers: bool,
}

impl Takes {
    /// What the client of this request takes.
    pub(super) fn of(request: &Parts) -> Self {
        let mut lines = request.headers.get_all(TE).into_iter();
        Self {
            body: request.method != Method::HEAD,
            trailers: lines.any(names_trailers),
        }
    }
}

fn names_trailers(line: &HeaderValue) -> bool {
    let mut codings = line.as_bytes().split(|byte| *byte == b',');
    codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// The members that make the head of a response. Others may be there as well.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct HeadMembers<'a> {
    #[serde(borrow)]
    pub(super) status_code: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) cookies: Option<&'a RawValue>,
}

/// Reads the members; `content_type` is that of a function that says nothing about it. One that says
/// null has none.
pub(super) fn read(
    members: &HeadMembers<'_>,
    content_type: &'static str,
) -> Result<WebHead, Malformed> {
    let mut head = WebHead {
        status: members.status_code.map_or(Ok(StatusCode::OK), status)?,
        headers: HeaderMap::new(),
    };
    let mut room = URL_RESPONSE_HEAD_BYTES_MAX;
    let mut says_no_type = false;
    if let Some(headers) = members.headers {
        says_no_type = add_headers(&mut head.headers, headers, &mut room)?;
    }
    if let Some(cookies) = members.cookies {
        add_cookies(&mut head.headers, cookies, &mut room)?;
    }
    if !says_no_type {
        let content_type = HeaderValue::from_static(content_type);
        head.headers.entry(CONTENT_TYPE).or_insert(content_type);
    }
    Ok(head)
}

/// Whether a response with this head has no body.
pub(super) fn is_bodiless(head: &WebHead) -> bool {
    matches!(
        head.status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// The response that a server for HTTP gave. Trailers follow it where it announced them and `takes` has them.
pub(super) fn given(mut response: WebResponse, takes: Takes) -> Response {
    let is_announced = response.head.headers.contains_key(TRAILER);
    if !(is_announced && takes.trailers && takes.body) {
        response.body.trailers = None;
    }
    if response.body.trailers.is_none() {
        response.head.headers.remove(TRAILER);
    }
    whole(response.head, response.body)
}

/// A response that is there.
pub(super) fn response(head: WebHead, body: Bytes) -> Response {
    whole(head, body.into())
}

/// Where its status allows no body, a response has none.
fn whole(head: WebHead, body: WebBody) -> Response {
    let body = match is_bodiless(&head) {
        true => Body::empty(),
        false => Body::new(body),
    };
    begun(head, body)
}

/// The response with this head.
pub(super) fn begun(head: WebHead, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

/// A response that has too many headers is none.
pub(super) fn bound(response: &mut Response) {
    if response.headers().len() > URL_RESPONSE_HEADERS_MAX {
        tracing::debug!("what a function returned is no response: it has too many headers");
        *response = failed();
    }
}

/// Has the connection end behind a response whose head is large, with the buffer that it is written from.
pub(super) fn end_behind(response: &mut Response) {
    let headers = response.headers_mut();
    let room = wire_bytes(headers).max(headers.len() * RESERVED_BYTES);
    if room > URL_RESPONSE_KEPT_BYTES_MAX {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// The response where the function failed, or answered with what is no response.
pub(super) fn failed() -> Response {
    (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response()
}

/// Says whether the content type is named as none.
fn add_headers(
    to: &mut HeaderMap,
    headers: &RawValue,
    room: &mut usize,
) -> Result<bool, Malformed> {
    let mut says_no_type = false;
    let headers: BTreeMap<String, Value> =
        serde_json::from_str(headers.get()).map_err(|_| Malformed("headers is not an object"))?;
    for (name, value) in headers {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            Value::Null => {
                says_no_type |= name.eq_ignore_ascii_case(CONTENT_TYPE.as_str());
                continue;
            }
            Value::Array(_) | Value::Object(_) => {
                return Err(Malformed("the value of a header is not a string"));
            }
        };
        take(room, name.len() + text.len())?;
        to.insert(header_name(&name)?, header_value(text)?);
    }
    Ok(says_no_type)
}

fn add_cookies(to: &mut HeaderMap, cookies: &RawValue, room: &mut usize) -> Result<(), Malformed> {
    let cookies: Vec<String> = serde_json::from_str(cookies.get())
        .map_err(|_| Malformed("cookies is not a list of strings"))?;
    for cookie in cookies {
        take(room, SET_COOKIE.as_str().len() + cookie.len())?;
        to.append(SET_COOKIE, header_value(cookie)?);
    }
    Ok(())
}

/// A number, or a string of digits.
fn status(raw: &RawValue) -> Result<StatusCode, Malformed> {
    let number = match serde_json::from_str(raw.get()) {
        Ok(Value::Number(number)) => number.as_u64(),
        Ok(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        // What is below is no answer, only the promise of one.
        .filter(|number| (200..600).contains(number))
        .and_then(|number| StatusCode::from_u16(number).ok())
        .ok_or(Malformed("statusCode is not a number from 200 to 599"))
}

/// Takes the bytes of one header out of what is left.
fn take(room: &mut usize, bytes: usize) -> Result<(), Malformed> {
    *room = room
        .checked_sub(bytes + LINE_BYTES)
        .ok_or(Malformed("its headers are too large"))?;
    Ok(())
}

fn header_name(name: &str) -> Result<HeaderName, Malformed> {
    let malformed = |_| Malformed("the name of a header has a character that none may have");
    let parsed = HeaderName::try_from(name).map_err(malformed)?;
    match REMAPPED.contains(&parsed) || OF_CONNECTION.contains(&parsed) {
        true => HeaderName::try_from(format!("{REMAPPED_PREFIX}{parsed}")).map_err(malformed),
        false => Ok(parsed),
    }
}

fn header_value(text: String) -> Result<HeaderValue, Malformed> {
    HeaderValue::try_from(text.into_bytes())
        .map_err(|_| Malformed("the value of a header has a character that none may have"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(members: &Value) -> Result<WebHead, Malformed> {
        let text = members.to_string();
        super::read(&serde_json::from_str(&text).expect("members"), "a/b")
    }

    #[test]
    fn a_status_is_a_number_or_its_digits() {
        let status = |value: Value| read(&json!({ "statusCode": value })).map(|head| head.status);
        assert_eq!(status(json!(418)), Ok(StatusCode::IM_A_TEAPOT));
        assert_eq!(status(json!("418")), Ok(StatusCode::IM_A_TEAPOT));
        for wrong in [
            json!(100),
            json!(101),
            json!(199),
            json!(600),
            json!(-200),
            json!(200.5),
            json!(65_736),
            json!("ok"),
            json!(""),
            json!([200]),
            json!({}),
            json!(true),
        ] {
            assert!(status(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_are_strings_and_what_reads_as_one() {
        let headers =
            json!({"X-A": "ü", "x-b": 7, "x-c": true, "x-d": null, "Content-Type": "c/d"});
        let head = read(&json!({ "headers": headers })).expect("it is fine");
        assert_eq!(head.headers["x-a"], "ü".as_bytes());
        assert_eq!(
            (&head.headers["x-b"], &head.headers["x-c"]),
            (
                &"7".parse().expect("ASCII"),
                &"true".parse().expect("ASCII")
            )
        );
        assert!(!head.headers.contains_key("x-d"));
        assert_eq!(head.headers["content-type"], "c/d");
        assert_eq!(
            read(&json!({})).expect("it is fine").headers["content-type"],
            "a/b"
        );
    }

    #[test]
    fn a_content_type_that_is_null_is_none() {
        let head = read(&json!({"headers": {"Content-Type": null}})).expect("it is fine");
        assert!(head.headers.is_empty());
    }

    #[test]
    fn each_cookie_is_a_header_of_its_own() {
        let head =
            read(&json!({"headers": {"set-cookie": "a=1"}, "cookies": ["b=2; Secure", "c=3"]}));
        let headers = head.expect("it is fine").headers;
        let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2; Secure", "c=3"]);
    }

    #[test]
    fn no_line_can_be_added_to_a_response() {
        for members in [
            json!({"headers": {"x": "a\r\nset-cookie: b"}}),
            json!({"headers": {"x": "a\nb"}}),
            json!({"headers": {"x": "a\u{0}"}}),
            json!({"headers": {"x\r\ny": "a"}}),
            json!({"headers": {"x y": "a"}}),
            json!({"headers": {"": "a"}}),
            json!({"headers": {"x": ["a"]}}),
            json!({"headers": ["x"]}),
            json!({"cookies": ["a=1\r\nx: y"]}),
            json!({"cookies": "a=1"}),
            json!({"cookies": [1]}),
        ] {
            assert!(read(&members).is_err(), "{members}");
        }
    }

    #[test]
    fn what_is_the_hosts_to_send_comes_under_another_name() {
        for name in [
            "Content-Length",
            "transfer-encoding",
            "Connection",
            "DATE",
            "upgrade",
        ] {
            let head = read(&json!({"headers": {name: "1"}})).expect("it is fine");
            let remapped = format!("x-amzn-remapped-{}", name.to_lowercase());
            assert_eq!(head.headers[&remapped], "1");
            assert!(!head.headers.contains_key(name));
        }
    }

    #[test]
    fn the_head_of_a_response_is_bounded() {
        let with = |bytes: usize| read(&json!({"headers": {"x": "a".repeat(bytes)}}));
        let most = URL_RESPONSE_HEAD_BYTES_MAX - LINE_BYTES - 1;
        assert!(with(most).is_ok());
        assert!(with(most + 1).is_err());
        let many: BTreeMap<String, &str> = (0..40_000).map(|n| (format!("h{n}"), "")).collect();
        assert!(read(&json!({ "headers": many })).is_err());
        assert!(read(&json!({ "cookies": vec![""; 40_000] })).is_err());
    }

    #[test]
    fn behind_a_large_head_the_connection_ends_and_one_of_too_many_headers_is_none() {
        let bounded = |members: Value| {
            let mut bounded = response(read(&members).expect("it is fine"), Bytes::new());
            bound(&mut bounded);
            end_behind(&mut bounded);
            let closes = bounded.headers().contains_key(CONNECTION);
            (bounded.status().as_u16(), closes)
        };
        let long = |bytes: usize| json!({"headers": {"x": "a".repeat(bytes)}});
        assert_eq!(bounded(long(7 * 1024)), (200, false));
        assert_eq!(bounded(long(8 * 1024)), (200, true));
        let cookies = |count: usize| json!({"cookies": vec!["a"; count]});
        assert_eq!(bounded(cookies(200)), (200, false));
        assert_eq!(bounded(cookies(300)), (200, true));
        assert_eq!(bounded(cookies(URL_RESPONSE_HEADERS_MAX)), (502, false));
    }
}
