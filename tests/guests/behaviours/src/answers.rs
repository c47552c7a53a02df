//! Behaviours that only answer.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sparkler_guest::Context;

/// A string whose JSON has `bytes` bytes.
pub(crate) fn text_of(bytes: usize) -> Value {
    Value::String("x".repeat(bytes.saturating_sub(2)))
}

pub(crate) fn environment() -> Value {
    env::vars()
        .map(|(name, value)| (name, Value::String(value)))
        .collect()
}

pub(crate) fn context(context: &Context) -> Value {
    json!({
        "request_id": context.request_id,
        "deadline": context.deadline,
        "remaining_ms": u64::try_from(context.remaining_time().as_millis()).unwrap_or(u64::MAX),
        "invoked_function_arn": context.invoked_function_arn,
        "function_version": context.function_version,
        "xray_trace_id": context.xray_trace_id,
        "client_context": context.client_context,
        "identity": context.identity,
        "tenant_id": context.tenant_id,
        "env_config": {
            "function_name": context.env_config.function_name,
            "memory": context.env_config.memory,
            "version": context.env_config.version,
            "log_stream": context.env_config.log_stream,
            "log_group": context.env_config.log_group,
        },
    })
}

pub(crate) fn remember() -> Value {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    json!(CALLS.fetch_add(1, Ordering::Relaxed) + 1)
}

pub(crate) fn clock() -> Value {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    json!({ "unix_ms": u64::try_from(now.as_millis()).unwrap_or(u64::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_size_that_was_asked_for() {
        assert_eq!(text_of(2).to_string().len(), 2);
        assert_eq!(text_of(100).to_string().len(), 100);
    }

    #[test]
    fn the_context_is_answered_whole() {
        let answer = context(&Context::default());
        assert_eq!(answer["deadline"], 0);
        assert_eq!(answer["client_context"], Value::Null);
        assert_eq!(answer["env_config"]["memory"], 0);
    }
}
