//! What holds of requests in the query protocol, whatever they are.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::BodyExt as _;

use super::parameters::Parameters;
use crate::contract::any_input::request_of;
use crate::domain::RequestId;

/// A request, taken for a form: its parameters are those that another reader finds, each once; and what is wrong with
/// them is told in XML that has no element of theirs.
pub(crate) fn form(data: &[u8]) {
    let Some(mut request) = request_of(data) else {
        return;
    };
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let plainly: Vec<_> = plainly(query.as_bytes()).chain(plainly(&body)).collect();
    match Parameters::read(&parts, &body) {
        Ok(mut read) => {
            if let Err(error) = read.operation() {
                check_answer(error.answer(RequestId::random()));
            }
            for (name, value) in &plainly {
                if !name.starts_with("X-Amz-") {
                    assert_eq!(read.take(name).as_ref(), Some(value), "{name:?}");
                }
            }
            assert_eq!(read.left(), None);
        }
        Err(error) => check_answer(error.answer(RequestId::random())),
    }
}

/// Parameters by the description of forms alone.
fn plainly(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    let pairs = text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = pair.split_at(end.unwrap_or(pair.len()));
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    })
}

fn decoded(text: &[u8]) -> String {
    let text: Vec<_> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&text).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The elements are those of every answer, and there is no character that XML cannot have.
fn check_answer(response: Response) {
    let mut body = pin!(response.into_body().collect());
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(body)) = body.as_mut().poll(&mut context) else {
        panic!("an answer is there at once");
    };
    let body = body.to_bytes();
    let text = str::from_utf8(&body).expect("XML in UTF-8");
    let elements = text.split('<').skip(1).map(|rest| {
        let name = rest.split(['>', ' ']).next().unwrap_or_default();
        name.trim_start_matches('/')
    });
    let known = [
        "ErrorResponse",
        "Error",
        "Type",
        "Code",
        "Message",
        "RequestId",
    ];
    let strange = elements.into_iter().find(|name| !known.contains(name));
    assert_eq!(strange, None, "{text}");
    let is_bad = |c: char| c < ' ' && !['\t', '\n'].contains(&c);
    assert!(!text.contains(is_bad), "{text:?}");
}
