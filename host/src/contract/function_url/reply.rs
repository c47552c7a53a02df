//! From a function's answer to the response, in the invoke mode `BUFFERED`.
//!
//! | The answer | The response |
//! |---|---|
//! | an object with `statusCode` | what its members say |
//! | a string | its text |
//! | any other JSON | that JSON, without spaces |
//! | a prelude and a body, as in the mode `RESPONSE_STREAM` | what the prelude says, and the body as it is |
//!
//! The last is how whoever streams answers. No JSON looks like it: it has no NUL.

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::compact::compact;
use super::head::{self, HeadMembers, Malformed, response};
use super::stream_reply;
use crate::domain::prelude;

const JSON: &str = "application/json";

/// The members of an object that may be a response.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Members<'a> {
    #[serde(borrow)]
    status_code: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    cookies: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    is_base64_encoded: Option<&'a RawValue>,
}

/// The response for what a function returned.
///
/// # Errors
/// Where it is not JSON, or an object with `statusCode` whose other members are no response.
pub(super) fn buffered(answer: Bytes) -> Result<Response, Malformed> {
    if let Some((prelude, body)) = prelude::split(&answer) {
        return stream_reply::begun_by(prelude).map(|head| response(head, answer.slice_ref(body)));
    }
    let text = std::str::from_utf8(&answer).map_err(|_| Malformed("it is not in UTF-8"))?;
    match text.trim_start().bytes().next() {
        None => plain(Vec::new()),
        Some(b'{') => object(text),
        Some(b'"') => plain(string(text)?.into_bytes()),
        Some(_) => plain(json(text)?),
    }
}

fn object(text: &str) -> Result<Response, Malformed> {
    let members = match serde_json::from_str::<Members<'_>>(text) {
        Ok(members) => members,
        // Nothing says that it is a response, so it may have any member as often as it likes.
        Err(_) if is_without_status(text) => Members::default(),
        Err(_) => {
            return Err(Malformed(
                "it is not JSON, or has a member of a response twice",
            ));
        }
    };
    if members.status_code.is_none() {
        // It has just been read as JSON.
        return plain(compact(text));
    }
    let head = HeadMembers {
        status_code: members.status_code,
        headers: members.headers,
        cookies: members.cookies,
    };
    let head = head::read(&head, JSON)?;
    Ok(response(head, body(&members)?.into()))
}

/// Whether a text is a JSON object without a status.
fn is_without_status(text: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status<'a> {
        #[serde(borrow)]
        status_code: Option<&'a RawValue>,
    }
    serde_json::from_str::<Status<'_>>(text).is_ok_and(|object| object.status_code.is_none())
}

fn body(members: &Members<'_>) -> Result<Vec<u8>, Malformed> {
    let Some(body) = members.body else {
        return Ok(Vec::new());
    };
    if !body.get().starts_with('"') {
        return Ok(compact(body.get()));
    }
    let text = string(body.get())?;
    match members.is_base64_encoded.map(RawValue::get) {
        Some("true") => BASE64_STANDARD
            .decode(text)
            .map_err(|_| Malformed("its body is not in base64")),
        _ => Ok(text.into_bytes()),
    }
}

fn plain(body: Vec<u8>) -> Result<Response, Malformed> {
    let head = head::read(&HeadMembers::default(), JSON)?;
    Ok(response(head, body.into()))
}

fn string(text: &str) -> Result<String, Malformed> {
    serde_json::from_str(text).map_err(|_| Malformed("it is not JSON"))
}

fn json(text: &str) -> Result<Vec<u8>, Malformed> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(compact(text)),
        Err(_) => Err(Malformed("it is not JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    async fn answered(answer: &str) -> Option<(u16, String, Bytes)> {
        let response = buffered(Bytes::copy_from_slice(answer.as_bytes())).ok()?;
        let kind = response.headers()["content-type"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("in memory");
        Some((status, kind, body.to_bytes()))
    }

    #[tokio::test]
    async fn json_without_a_status_is_the_body() {
        for (answer, body) in [
            (r#"{"hello": "world"}"#, r#"{"hello":"world"}"#),
            (r#"{"z": 1.50, "a": 2}"#, r#"{"z":1.50,"a":2}"#),
            (r#"["hello", 3, true]"#, r#"["hello",3,true]"#),
            (r#""hel\nlo""#, "hel\nlo"),
            ("3.1", "3.1"),
            ("true", "true"),
            (" null ", "null"),
            ("", ""),
            (
                r#"{"statusCode": null, "body": "x"}"#,
                r#"{"statusCode":null,"body":"x"}"#,
            ),
            (
                r#"{"body": 1, "body": 2, "headers": 3}"#,
                r#"{"body":1,"body":2,"headers":3}"#,
            ),
        ] {
            let expected = (200, JSON.to_owned(), Bytes::from(body));
            assert_eq!(answered(answer).await, Some(expected), "{answer}");
        }
    }

    #[tokio::test]
    async fn an_object_with_a_status_is_a_response() {
        for (answer, status, body) in [
            (r#"{"statusCode":200,"body":"body123"}"#, 200, "body123"),
            (r#"{"statusCode":"404"}"#, 404, ""),
            (
                r#"{"statusCode":200,"body":"YQ==","isBase64Encoded":true}"#,
                200,
                "a",
            ),
            (
                r#"{"statusCode":200,"body":"YQ==","isBase64Encoded":false}"#,
                200,
                "YQ==",
            ),
            (
                r#"{"statusCode":200,"body":{"z": 1, "a": [ ]}}"#,
                200,
                r#"{"z":1,"a":[]}"#,
            ),
            (r#"{"statusCode":200,"body":null}"#, 200, ""),
            (r#"{"statusCode":204,"body":"x"}"#, 204, ""),
            (r#"{"statusCode":304,"body":"x"}"#, 304, ""),
        ] {
            let expected = (status, JSON.to_owned(), Bytes::from(body));
            assert_eq!(answered(answer).await, Some(expected), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_prelude_gives_status_and_headers_here_too() {
        let separator = "\0".repeat(8);
        let prelude = r#"{"statusCode":201,"headers":{"content-type":"a/b"}}"#;
        let expected = (201, "a/b".to_owned(), Bytes::from("body\0"));
        let answer = format!("{prelude}{separator}body\0");
        assert_eq!(answered(&answer).await, Some(expected));
        assert_eq!(answered(&format!("{{]{separator}")).await, None);
    }

    #[tokio::test]
    async fn what_is_no_response_is_refused() {
        for answer in [
            "{",
            "hello",
            r#""open"#,
            "1 2",
            r#"{"statusCode":99}"#,
            r#"{"statusCode":200,"statusCode":201}"#,
            r#"{"statusCode":200,"body":"1","body":"2"}"#,
            r#"{"statusCode":200,"headers":7}"#,
            r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#,
        ] {
            assert_eq!(answered(answer).await, None, "{answer}");
        }
        assert!(buffered(Bytes::from_static(b"\"\xff\"")).is_err());
    }
}
