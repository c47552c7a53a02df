//! One call of the host, and what can come of it.

use std::time::Duration;

use serde_json::Value;

/// One call of the host.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// JSON text.
    pub event: Vec<u8>,
    /// What is told about the invocation.
    pub context: Context,
}

/// What is told about the invocation, as far as a behaviour looks at it.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The id of the invocation.
    pub request_id: String,
    /// The ARN as the caller asked for it.
    pub invoked_function_arn: String,
    /// The version that runs.
    pub function_version: String,
    /// JSON text of any shape.
    pub client_context: Option<String>,
}

/// The bytes of an answer, which need not be JSON.
pub type Answer = Result<Vec<u8>, Failure>;

/// A failure that the function reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its `errorType`.
    pub error_type: String,
    /// Its `errorMessage`.
    pub error_message: String,
}

impl Failure {
    /// A failure.
    pub fn new(error_type: &str, error_message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error_message.into(),
        }
    }
}

impl Call {
    /// The event as a value.
    pub(crate) fn value(&self) -> Result<Value, Failure> {
        parsed(&self.event, "event")
    }

    /// The client context as a value; `null` where there is none.
    pub(crate) fn client_context(&self) -> Result<Value, Failure> {
        match &self.context.client_context {
            Some(text) => parsed(text.as_bytes(), "client context"),
            None => Ok(Value::Null),
        }
    }
}

/// A value as the bytes of an answer.
pub(crate) fn answer(value: &Value) -> Answer {
    Ok(value.to_string().into_bytes())
}

/// A number of seconds, such as `1` or `0.5`; nothing is no time.
pub(crate) fn seconds(value: &Value) -> Result<Duration, Failure> {
    if value.is_null() {
        return Ok(Duration::ZERO);
    }
    value
        .as_f64()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| unfit(format!("{value} is not a number of seconds")))
}

/// The failure of an event that the behaviour cannot work with.
pub(crate) fn unfit(reason: String) -> Failure {
    Failure::new("Runtime.UnmarshalError", reason)
}

fn parsed(text: &[u8], what: &str) -> Result<Value, Failure> {
    serde_json::from_slice(text).map_err(|error| unfit(format!("The {what} is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_may_have_fractions_and_are_never_negative() {
        assert_eq!(seconds(&json!(2)), Ok(Duration::from_secs(2)));
        assert_eq!(seconds(&json!(0.25)), Ok(Duration::from_millis(250)));
        assert_eq!(seconds(&Value::Null), Ok(Duration::ZERO));
        for not_one in [json!(-1), json!("2"), json!(1e300)] {
            let failure = seconds(&not_one).expect_err("no number of seconds");
            assert_eq!(failure.error_type, "Runtime.UnmarshalError");
        }
    }
}
