//! The bodies of answers of functions that failed, as the platform and runtimes of AWS write them.
//!
//! The order of members is AWS's: the type first, except in Python and where the answer was too large.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

use crate::domain::language::Language;
use crate::domain::{FunctionError, RequestId};

/// The error object of a handler, as runtimes post it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HandlerError<'a> {
    error_type: &'a str,
    error_message: &'a str,
    /// Left out where there is none, as the runtimes without traces do.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stack_trace: &'a [String],
}

/// The same, as the runtimes for Node post it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeError<'a> {
    error_type: &'a str,
    error_message: &'a str,
    trace: &'a [String],
}

/// The same, as the runtimes for Python post it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PythonError<'a> {
    error_message: &'a str,
    error_type: &'a str,
    request_id: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stack_trace: &'a [String],
}

/// The error object of the platform.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlatformError<'a> {
    error_type: Option<&'static str>,
    error_message: &'a str,
}

/// The one error object of the platform that begins with the message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TooLarge<'a> {
    error_message: &'a str,
    error_type: Option<&'static str>,
}

/// The body for `error` of the invocation `id`, of a function whose sources are in `language`, where it is of such.
pub(crate) fn body(error: &FunctionError, id: RequestId, language: Option<Language>) -> Bytes {
    let error_message = &*message(error, id);
    match error {
        FunctionError::Handler {
            error_type,
            message: _,
            stack_trace,
        } => match language {
            None => text(&HandlerError {
                error_type,
                error_message,
                stack_trace,
            }),
            Some(Language::JavaScript) => text(&NodeError {
                error_type,
                error_message,
                trace: stack_trace,
            }),
            Some(Language::Python) => text(&PythonError {
                error_message,
                error_type,
                request_id: id.to_string(),
                stack_trace,
            }),
        },
        FunctionError::ResponseTooLarge { .. } => text(&TooLarge {
            error_message,
            error_type: error.platform_type(),
        }),
        FunctionError::TimedOut { .. }
        | FunctionError::OutOfMemory { .. }
        | FunctionError::Exited { .. }
        | FunctionError::Trapped { .. }
        | FunctionError::InitFailed { .. } => text(&PlatformError {
            error_type: error.platform_type(),
            error_message,
        }),
    }
}

/// What the body says in its member `errorMessage`.
pub(crate) fn message(error: &FunctionError, id: RequestId) -> Cow<'_, str> {
    let what: Cow<'_, str> = match error {
        FunctionError::Handler { message, .. } => return message.into(),
        FunctionError::ResponseTooLarge { limit_bytes } => {
            return format!(
                "Response payload size exceeded maximum allowed payload size ({limit_bytes} bytes)."
            )
            .into();
        }
        FunctionError::TimedOut { timeout } => {
            format!("Task timed out after {:.2} seconds", timeout.as_secs_f64()).into()
        }
        FunctionError::OutOfMemory { .. } => "Runtime exited with error: signal: killed".into(),
        FunctionError::Exited { status: 0 } => "Runtime exited without providing a reason".into(),
        FunctionError::Exited { status } => {
            format!("Runtime exited with error: exit status {status}").into()
        }
        FunctionError::Trapped { description, .. } => {
            format!("Runtime exited with error: {description}").into()
        }
        FunctionError::InitFailed { description, .. } => description.into(),
    };
    format!("RequestId: {id} Error: {what}").into()
}

fn text(error: &impl Serialize) -> Bytes {
    serde_json::to_vec(error)
        .expect("strings and lists of strings have a JSON form")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[track_caller]
    fn assert_body(error: &FunctionError, expected: &str) {
        assert_body_in(None, error, expected);
    }

    #[track_caller]
    fn assert_body_in(language: Option<Language>, error: &FunctionError, expected: &str) {
        let id = RequestId::random();
        let body = body(error, id, language);
        let text = std::str::from_utf8(&body).expect("JSON is UTF-8");
        assert_eq!(text.replace(&id.to_string(), "ID"), expected);
    }

    #[test]
    fn each_failure_has_the_body_that_aws_gives_it() {
        assert_body(
            &FunctionError::Handler {
                error_type: "BadName".into(),
                message: "no \"such\" name".into(),
                stack_trace: vec!["greet".into()],
            },
            r#"{"errorType":"BadName","errorMessage":"no \"such\" name","stackTrace":["greet"]}"#,
        );
        assert_body(
            &FunctionError::TimedOut {
                timeout: Duration::from_secs(3),
            },
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ID Error: Task timed out after 3.00 seconds"}"#,
        );
        assert_body(
            &FunctionError::OutOfMemory { limit_bytes: 1 },
            r#"{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: ID Error: Runtime exited with error: signal: killed"}"#,
        );
        assert_body(
            &FunctionError::Exited { status: 0 },
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited without providing a reason"}"#,
        );
        assert_body(
            &FunctionError::Exited { status: 127 },
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 127"}"#,
        );
        assert_body(
            &FunctionError::Trapped {
                description: "unreachable".into(),
                stack_trace: vec![],
            },
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: unreachable"}"#,
        );
        assert_body(
            &FunctionError::InitFailed {
                description: "no memory".into(),
                stack_trace: vec![],
            },
            r#"{"errorType":"Runtime.InitError","errorMessage":"RequestId: ID Error: no memory"}"#,
        );
        assert_body(
            &FunctionError::ResponseTooLarge {
                limit_bytes: 6_291_556,
            },
            r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#,
        );
    }

    #[test]
    fn errors_of_sources_are_written_as_the_runtimes_of_their_language_do() {
        let error = FunctionError::Handler {
            error_type: "KeyError".into(),
            message: "'a'".into(),
            stack_trace: vec!["line 1".into()],
        };
        assert_body_in(
            Some(Language::Python),
            &error,
            r#"{"errorMessage":"'a'","errorType":"KeyError","requestId":"ID","stackTrace":["line 1"]}"#,
        );
        assert_body_in(
            Some(Language::JavaScript),
            &error,
            r#"{"errorType":"KeyError","errorMessage":"'a'","trace":["line 1"]}"#,
        );
    }
}
