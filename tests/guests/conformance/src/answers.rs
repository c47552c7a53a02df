//! Behaviours of functions that are invoked, as opposed to those behind a URL.

use std::thread;

use serde_json::{Value, json};

use crate::call::{Answer, Call, Failure, answer, seconds, unfit};
use crate::log;

/// Why the environment was started: `on-demand` or `provisioned-concurrency`.
pub(crate) const INITIALIZATION_TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// Logs the event and gives it back, both byte by byte.
pub(crate) fn echo(call: &Call) -> Answer {
    log::line(&call.event)?;
    Ok(call.event.clone())
}

/// Logs the event.
pub(crate) fn none(call: &Call) -> Answer {
    log::line(&call.event)?;
    null(call)
}

pub(crate) fn null(_call: &Call) -> Answer {
    answer(&Value::Null)
}

/// A string of `bytenum` letters.
pub(crate) fn size(call: &Call) -> Answer {
    let event = call.value()?;
    let letters = event["bytenum"].as_u64().map(usize::try_from);
    let Some(Ok(letters)) = letters else {
        return Err(unfit("`bytenum` is not a number of letters".into()));
    };
    Ok(format!("\"{}\"", "a".repeat(letters)).into_bytes())
}

/// Sleeps for `wait` seconds, and says so before and after.
pub(crate) fn timeout(call: &Call) -> Answer {
    let wait = seconds(&call.value()?["wait"])?;
    log::line(b"starting wait")?;
    thread::sleep(wait);
    log::line(b"done waiting")?;
    null(call)
}

pub(crate) fn request_id(call: &Call) -> Answer {
    log::info(call, "RequestId log message")?;
    answer(&json!(call.context.request_id))
}

/// Logs in both ways, and gives back the event and the context.
pub(crate) fn forward(call: &Call) -> Answer {
    log::line(b"Lambda log message - print function")?;
    log::info(call, "Lambda log message - logging module")?;
    answer(&json!({
        "event": call.value()?,
        "context": {
            "invoked_function_arn": call.context.invoked_function_arn,
            "function_version": call.context.function_version,
            "function_name": variable("AWS_LAMBDA_FUNCTION_NAME"),
            "memory_limit_in_mb": variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            "aws_request_id": call.context.request_id,
            "log_group_name": variable("AWS_LAMBDA_LOG_GROUP_NAME"),
            "log_stream_name": variable("AWS_LAMBDA_LOG_STREAM_NAME"),
            "client_context": call.client_context()?,
        },
    }))
}

/// The context under the names of Lambda's Node.js runtime.
pub(crate) fn context(call: &Call) -> Answer {
    answer(&json!({
        "context": {
            "functionVersion": call.context.function_version,
            "functionName": variable("AWS_LAMBDA_FUNCTION_NAME"),
            "memoryLimitInMB": variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            "logGroupName": variable("AWS_LAMBDA_LOG_GROUP_NAME"),
            "logStreamName": variable("AWS_LAMBDA_LOG_STREAM_NAME"),
            "clientContext": call.client_context()?,
            "invokedFunctionArn": call.context.invoked_function_arn,
            "awsRequestId": call.context.request_id,
        },
    }))
}

pub(crate) fn fail(_call: &Call) -> Answer {
    Err(Failure::new("Exception", "Handler fails"))
}

pub(crate) fn exit(_call: &Call) -> Answer {
    std::process::exit(0)
}

pub(crate) fn initialization_type(_call: &Call) -> Answer {
    answer(&variable(INITIALIZATION_TYPE))
}

pub(crate) fn env(_call: &Call) -> Answer {
    answer(&json!({ "Hello": variable("Hello") }))
}

pub(crate) fn environ(_call: &Call) -> Answer {
    let variables: Value = std::env::vars()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    answer(&json!({ "environment": variables }))
}

/// Which of two functions the configured handler, such as `file.handler_two`, names.
pub(crate) fn two_handlers(_call: &Call) -> Answer {
    let configured = std::env::var("_HANDLER").unwrap_or_default();
    answer(&json!({ "handler": one_of_two(&configured) }))
}

fn one_of_two(configured: &str) -> &'static str {
    match configured.rsplit('.').next() {
        Some("handler_two") => "handler_two",
        _ => "handler",
    }
}

/// Sleeps for `sleep_seconds`, then tells which configuration of the function ran. Variables of a
/// started environment never change, so when this one is read makes no difference.
pub(crate) fn variant(call: &Call) -> Answer {
    let event = call.value()?;
    thread::sleep(seconds(&event["sleep_seconds"])?);
    answer(&json!({
        "function_version": call.context.function_version,
        "request_id": call.context.request_id,
        "request_prefix": event["request_prefix"],
        "function_variant": variable("FUNCTION_VARIANT"),
    }))
}

pub(crate) fn version(id: &str, call: &Call) -> Answer {
    answer(&json!({
        "version_id": id,
        "invoked_arn": call.context.invoked_function_arn,
        "version_from_ctx": call.context.function_version,
    }))
}

/// An environment variable; `null` where it is not set.
fn variable(name: &str) -> Value {
    std::env::var(name).map_or(Value::Null, Value::String)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(event: &str) -> Call {
        Call {
            event: event.into(),
            ..Call::default()
        }
    }

    #[test]
    fn an_echo_keeps_every_byte() {
        let event = "{ \"b\": 1.0,\"a\":[ ] }";
        assert_eq!(echo(&call(event)), Ok(event.into()));
    }

    #[test]
    fn a_size_is_that_of_the_string_without_its_quotes() {
        assert_eq!(size(&call("{\"bytenum\":3}")), Ok("\"aaa\"".into()));
        assert!(size(&call("{}")).is_err());
        assert!(size(&call("{\"bytenum\":-1}")).is_err());
    }

    #[test]
    fn a_client_context_of_any_shape_is_passed_on() {
        let mut call = call("{}");
        call.context.client_context = Some("{\"client\":{\"snap\":[1]}}".into());
        let bytes = context(&call).expect("an answer");
        let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(
            answer["context"]["clientContext"],
            json!({ "client": { "snap": [1] } })
        );
    }

    #[test]
    fn the_configured_handler_decides_between_two() {
        assert_eq!(one_of_two("file.handler_two"), "handler_two");
        assert_eq!(one_of_two("folder/file.handler"), "handler");
        assert_eq!(one_of_two(""), "handler");
    }
}
