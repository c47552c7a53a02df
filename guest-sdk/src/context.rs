//! What a handler is told about its invocation.

use std::time::{Duration, SystemTime};

use crate::client_context::{ClientContext, CognitoIdentity};
use crate::env_config::RefConfig;
use crate::error::FunctionError;

/// What a handler is told about its invocation.
///
/// [`Context::default`] is the one of a unit test; its members can be set:
///
/// ```
/// use sparkler_guest::Context;
///
/// let mut context = Context::default();
/// context.tenant_id = Some("blue".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// The id of this invocation: a lower-case UUID, the same in the answer and in the log.
    pub request_id: String,
    /// When the invocation is stopped, as Unix time in milliseconds.
    pub deadline: u64,
    /// The ARN as the caller asked for it, with the qualifier if there was one.
    pub invoked_function_arn: String,
    /// The version that runs: `$LATEST` or a number.
    pub function_version: String,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub xray_trace_id: Option<String>,
    /// What the caller sent as client context.
    pub client_context: Option<ClientContext>,
    /// The caller's Amazon Cognito identity: always `None`, since Sparkler has no Cognito.
    pub identity: Option<CognitoIdentity>,
    /// The tenant that the caller named, for functions with tenant isolation.
    pub tenant_id: Option<String>,
    /// What is fixed for a version of the function: read from the environment on first use.
    pub env_config: RefConfig,
}

impl Context {
    /// When the invocation is stopped.
    pub fn deadline(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.deadline)
    }

    /// The time that is left to this invocation; zero when its deadline has passed.
    pub fn remaining_time(&self) -> Duration {
        self.remaining_time_at(SystemTime::now())
    }

    fn remaining_time_at(&self, now: SystemTime) -> Duration {
        self.deadline().duration_since(now).unwrap_or_default()
    }
}

/// The context as it crosses the boundary: made into a [`Context`] only for a handler that asks.
#[derive(Clone, Debug, Default)]
#[expect(
    missing_docs,
    reason = "the members are those of the WIT record, where they are described"
)]
pub struct RawContext {
    pub request_id: String,
    pub invoked_function_arn: String,
    pub function_version: String,
    pub deadline_ms: u64,
    pub trace_id: Option<String>,
    pub client_context: Option<String>,
    pub tenant_id: Option<String>,
}

impl TryFrom<RawContext> for Context {
    type Error = FunctionError;

    fn try_from(raw: RawContext) -> Result<Self, FunctionError> {
        let client_context = match &raw.client_context {
            Some(text) if !text.is_empty() => Some(ClientContext::parse(text)?),
            _ => None,
        };
        Ok(Self {
            request_id: raw.request_id,
            deadline: raw.deadline_ms,
            invoked_function_arn: raw.invoked_function_arn,
            function_version: raw.function_version,
            xray_trace_id: raw.trace_id,
            client_context,
            identity: None,
            tenant_id: raw.tenant_id,
            env_config: RefConfig::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remaining_time_shrinks_to_zero_and_stays_there() {
        let context = Context {
            deadline: 10_000,
            ..Context::default()
        };
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(context.deadline(), at(10_000));
        assert_eq!(
            context.remaining_time_at(at(8_500)),
            Duration::from_millis(1_500)
        );
        assert_eq!(context.remaining_time_at(at(10_000)), Duration::ZERO);
        assert_eq!(context.remaining_time_at(at(11_000)), Duration::ZERO);
        assert_eq!(Context::default().remaining_time(), Duration::ZERO);
    }

    #[test]
    fn every_member_of_the_record_arrives() {
        let raw = RawContext {
            request_id: "id".into(),
            invoked_function_arn: "arn:f".into(),
            function_version: "7".into(),
            deadline_ms: 1_234,
            trace_id: Some("Root=1".into()),
            client_context: Some(r#"{"custom":{"a":"b"}}"#.into()),
            tenant_id: Some("blue".into()),
        };
        let context = Context::try_from(raw).expect("a valid context");
        assert_eq!(context.request_id, "id");
        assert_eq!(context.invoked_function_arn, "arn:f");
        assert_eq!(context.function_version, "7");
        assert_eq!(context.deadline, 1_234);
        assert_eq!(context.xray_trace_id.as_deref(), Some("Root=1"));
        assert_eq!(context.client_context.expect("one").custom["a"], "b");
        assert_eq!(context.tenant_id.as_deref(), Some("blue"));
    }

    #[test]
    fn a_client_context_of_another_shape_is_a_named_error() {
        let raw = RawContext {
            client_context: Some("[1]".into()),
            ..RawContext::default()
        };
        let error = Context::try_from(raw).expect_err("not an object");
        assert_eq!(error.error_type, "Runtime.InvalidClientContext");
    }
}
