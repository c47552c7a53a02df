//! From a function's answer to the response, in the invoke mode `RESPONSE_STREAM`.
//!
//! The answer is the body as it is. It may begin with a [`prelude`], as AWS's runtimes write it, which is small
//! and comes first, so that a response can begin before its body has ended.

use axum::response::Response;
use bytes::{Bytes, BytesMut};

use super::head::{self, HeadMembers, Malformed, response};
use crate::domain::{WebHead, prelude};

/// What a body is that nothing is said about.
const BYTES: &str = "application/octet-stream";

/// The response for what a function returned.
///
/// # Errors
/// Where a prelude is there, and is no head of a response.
pub(super) fn streamed(answer: Bytes) -> Result<Response, Malformed> {
    let (head, body) = begun(answer)?;
    Ok(response(head, body))
}

/// The head of the response that an answer begins, and what is there of the body.
///
/// # Errors
/// As [`streamed`].
pub(super) fn begun(answer: Bytes) -> Result<(WebHead, Bytes), Malformed> {
    match prelude::split(&answer) {
        None => Ok((head::read(&HeadMembers::default(), BYTES)?, answer)),
        Some((prelude, body)) => Ok((begun_by(prelude)?, answer.slice_ref(body))),
    }
}

/// The head that a prelude is.
///
/// # Errors
/// Where it is none.
pub(super) fn begun_by(prelude: &[u8]) -> Result<WebHead, Malformed> {
    let members = serde_json::from_slice(prelude)
        .map_err(|_| Malformed("its prelude is not a JSON object"))?;
    head::read(&members, BYTES)
}

/// The beginning of an answer, until it is known whether it has a prelude.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    bytes: BytesMut,
    /// How many of them have been looked through.
    searched: usize,
}

impl Beginning {
    pub(super) fn add(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
    }

    /// Whether what is there is enough to tell.
    pub(super) fn is_decided(&mut self) -> bool {
        match self.bytes.first() {
            None => return false,
            Some(b'{') if self.bytes.len() < prelude::DECIDING_BYTES => {}
            Some(_) => return true,
        }
        let ends = prelude::has_ended(&self.bytes, self.searched);
        self.searched = self.bytes.len();
        ends
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::URL_PRELUDE_BYTES_MAX;
    use http_body_util::BodyExt as _;

    async fn answered(answer: &[u8]) -> Option<(u16, String, Bytes)> {
        let response = streamed(Bytes::copy_from_slice(answer)).ok()?;
        let kind = response.headers()["content-type"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("in memory");
        Some((status, kind, body.to_bytes()))
    }

    #[tokio::test]
    async fn an_answer_without_a_prelude_is_the_body_as_it_is() {
        for answer in [
            &b""[..],
            b"hello",
            br#""hello""#,
            br#"{"statusCode": 201, "body": "x"}"#,
            b"\0\0\0\0\0\0\0\0x",
            b"{\0\0\0\0\0\0\0",
        ] {
            let expected = (200, BYTES.to_owned(), Bytes::copy_from_slice(answer));
            assert_eq!(answered(answer).await, Some(expected), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_prelude_gives_status_and_headers() {
        let answer = b"{\"statusCode\":201,\"headers\":{\"Content-Type\":\"text/html\"}}\0\0\0\0\0\0\0\0<p>\0";
        let expected = (201, "text/html".to_owned(), Bytes::from_static(b"<p>\0"));
        assert_eq!(answered(answer).await, Some(expected));
        let expected = (200, BYTES.to_owned(), Bytes::new());
        assert_eq!(answered(b"{}\0\0\0\0\0\0\0\0").await, Some(expected));
    }

    #[tokio::test]
    async fn a_prelude_that_is_no_head_is_refused() {
        assert_eq!(answered(b"{]\0\0\0\0\0\0\0\0").await, None);
        let injected = b"{\"headers\":{\"x\":\"a\\r\\nb: c\"}}\0\0\0\0\0\0\0\0";
        assert_eq!(answered(injected).await, None);
    }

    #[test]
    fn a_beginning_is_decided_as_soon_as_it_can_be() {
        let decided_after = |pieces: &[&[u8]]| {
            let mut beginning = Beginning::default();
            pieces.iter().position(|piece| {
                beginning.add(piece);
                beginning.is_decided()
            })
        };
        assert_eq!(decided_after(&[b"", b"h"]), Some(1));
        assert_eq!(
            decided_after(&[b"{", b"}", b"\0\0\0", b"\0\0\0\0", b"\0"]),
            Some(4)
        );
        assert_eq!(decided_after(&[b"{}\0\0\0\0\0\0\0", b"x"]), None);
        let long = vec![b' '; URL_PRELUDE_BYTES_MAX];
        assert_eq!(decided_after(&[b"{", &long, b"1234567"]), Some(2));
    }

    #[tokio::test]
    async fn only_the_beginning_is_searched_for_a_prelude() {
        let mut answer = b"{}".to_vec();
        answer.resize(URL_PRELUDE_BYTES_MAX + 1, b' ');
        answer.extend([0; 8]);
        let (_, _, body) = answered(&answer).await.expect("bytes");
        assert_eq!(body.len(), answer.len());
    }
}
