//! The answer of an invocation: status 200 where it ran, whether the function returned or failed, and 202
//! where it runs later.

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};

use super::answer;
use super::headers::TRACE_ID;
use crate::domain::{RequestId, VersionId};
use crate::invoker::{Completion, error_object as function_error};

pub(super) const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
/// Said of every answer, as AWS says it.
const REMAPPED_CONTENT_LENGTH: HeaderName =
    HeaderName::from_static("x-amzn-remapped-content-length");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// The answer for `completion`.
pub(super) fn rendered(completion: Completion, id: RequestId, trace: HeaderValue) -> Response {
    let (body, failed) = match completion.report.outcome.into_answer() {
        Ok(body) => (body, false),
        Err(error) => (function_error::body(&error, id, completion.language), true),
    };
    let mut response = answer::json_text(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(REMAPPED_CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(EXECUTED_VERSION, version(completion.executed));
    headers.insert(TRACE_ID, trace);
    if failed {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    if let Some(tail) = completion.log_tail {
        let text = BASE64_STANDARD.encode(tail);
        let value = HeaderValue::try_from(text).expect("base64 is ASCII");
        headers.insert(LOG_RESULT, value);
    }
    response
}

/// The answer when an event is kept, to run later.
pub(super) fn accepted(trace: Option<HeaderValue>) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    let headers = response.headers_mut();
    headers.insert(REMAPPED_CONTENT_LENGTH, HeaderValue::from_static("0"));
    if let Some(trace) = trace {
        headers.insert(TRACE_ID, trace);
    }
    response
}

pub(super) fn version(version: VersionId) -> HeaderValue {
    match version {
        VersionId::Latest => HeaderValue::from_static("$LATEST"),
        VersionId::Number(number) => number.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FunctionError, Outcome, Report};
    use bytes::Bytes;
    use http_body_util::BodyExt as _;

    fn reply(outcome: Outcome, log_tail: Option<&'static str>) -> Response {
        let completion = Completion {
            executed: VersionId::Number(7),
            language: None,
            report: Report::of(outcome),
            log_tail: log_tail.map(Bytes::from),
        };
        let trace = HeaderValue::from_static("root=1");
        rendered(completion, RequestId::random(), trace)
    }

    #[tokio::test]
    async fn what_the_function_returned_is_the_body_byte_for_byte() {
        let response = reply(Outcome::Returned("{\"a\": 1 }".into()), None);
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["x-amzn-remapped-content-length"], "0");
        assert_eq!(headers["x-amz-executed-version"], "7");
        assert_eq!(headers["x-amzn-trace-id"], "root=1");
        assert!(!headers.contains_key("x-amz-function-error"));
        assert!(!headers.contains_key("x-amz-log-result"));
        let body = response
            .into_body()
            .collect()
            .await
            .expect("the body is in memory");
        assert_eq!(body.to_bytes(), "{\"a\": 1 }");
    }

    #[test]
    fn a_failure_is_a_200_that_says_so_and_the_log_comes_in_base64() {
        let failed = Outcome::Failed(FunctionError::Exited { status: 1 });
        let response = reply(failed, Some("START\n"));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
        assert_eq!(response.headers()["x-amz-log-result"], "U1RBUlQK");
    }
}
