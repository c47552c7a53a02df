//! How a guest's end becomes an outcome: which of its failures a trap, an exit or a refusal is.

use std::time::Duration;

use wasmtime::{FrameInfo, OutOfMemory, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::domain::FunctionError;
use crate::invoker::HostFailure;
use crate::limits;
use crate::sandbox::engine::compiled::ADDED_FUNCTION;
use crate::sandbox::engine::engines::is_of_system;
use crate::sandbox::kinds::lifecycle::GaveUp;
use crate::sandbox::reach::failure::handler_error;
use crate::sandbox::reach::output::TooLarge;
use crate::sandbox::vitals::Vitals;

/// What a guest was held to, as far as its error needs to name it.
pub(in crate::sandbox) struct Bounds {
    pub(in crate::sandbox) timeout: Duration,
    pub(in crate::sandbox) memory_bytes_max: u64,
}

/// What the host had no more of to give, which is not the function's fault; `None` where it is.
pub(in crate::sandbox) fn host_shortage(
    error: &wasmtime::Error,
    vitals: &Vitals,
) -> Option<HostFailure> {
    if error.is::<PoolConcurrencyLimitError>() {
        return Some(HostFailure::NoCapacity);
    }
    let is_memory =
        vitals.budget().is_host_spent() || error.is::<OutOfMemory>() || is_of_system(error);
    is_memory.then_some(HostFailure::NoMemory)
}

/// Why a guest ended without an answer.
pub(in crate::sandbox) fn classify(
    error: &wasmtime::Error,
    vitals: &Vitals,
    bounds: &Bounds,
) -> FunctionError {
    if let Some(Trap::Interrupt) = error.downcast_ref::<Trap>() {
        return FunctionError::TimedOut {
            timeout: bounds.timeout,
        };
    }
    if let Some(TooLarge { limit_bytes }) = error.downcast_ref::<TooLarge>() {
        return FunctionError::ResponseTooLarge {
            limit_bytes: *limit_bytes,
        };
    }
    if let Some(GaveUp(error)) = error.downcast_ref::<GaveUp>() {
        return handler_error(error.clone());
    }
    if vitals.budget().is_spent() {
        return FunctionError::OutOfMemory {
            limit_bytes: bounds.memory_bytes_max,
        };
    }
    if let Some(reported) = vitals.take_reported_failure() {
        return reported;
    }
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return FunctionError::Exited { status: *status };
    }
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let cause = error.root_cause().to_string();
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        return copied_too_much(backtrace);
    }
    FunctionError::Trapped {
        description: describe(error, &cause),
        stack_trace: backtrace.map(frames).unwrap_or_default(),
    }
}

/// The error of a guest that was still running at its deadline.
pub(in crate::sandbox) fn timed_out(bounds: &Bounds) -> FunctionError {
    FunctionError::TimedOut {
        timeout: bounds.timeout,
    }
}

/// Setting up runs guest code too, so it can fail in all the ways in which a handler can; what is
/// left is named as what it is.
pub(in crate::sandbox) fn not_started(
    error: &wasmtime::Error,
    vitals: &Vitals,
    bounds: &Bounds,
) -> FunctionError {
    match classify(error, vitals, bounds) {
        FunctionError::Trapped {
            description,
            stack_trace,
        } => FunctionError::InitFailed {
            description,
            stack_trace,
        },
        other => other,
    }
}

/// The bound on what one call copies out of the guest was reached: by the answer, if no guest code
/// was running any more, otherwise by a call to the host.
fn copied_too_much(backtrace: Option<&WasmBacktrace>) -> FunctionError {
    match backtrace.map(frames) {
        Some(stack_trace) if !stack_trace.is_empty() => FunctionError::Trapped {
            description: format!(
                "the guest handed more than {} bytes to the host in one call",
                limits::HOSTCALL_BYTES_MAX
            ),
            stack_trace,
        },
        _ => FunctionError::ResponseTooLarge {
            limit_bytes: limits::RESPONSE_BYTES_MAX,
        },
    }
}

fn describe(error: &wasmtime::Error, cause: &str) -> String {
    let hint = match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => "; the function recurses too deeply",
        Some(Trap::MemoryOutOfBounds) => {
            "; where the function recurses deeply or keeps large values on its stack, raise \
             stack-bytes in [package.metadata.sparkler] and build it again"
        }
        _ => "",
    };
    format!("{}{hint}", cause.replace('\n', " "))
}

/// What the log says of a guest that broke: AWS's answer has no place for where it happened.
pub(in crate::sandbox) fn log_lines(error: &FunctionError) -> Option<String> {
    let (FunctionError::Trapped {
        description,
        stack_trace,
    }
    | FunctionError::InitFailed {
        description,
        stack_trace,
    }) = error
    else {
        return None;
    };
    let frames: String = stack_trace
        .iter()
        .map(|frame| format!("  at {frame}\n"))
        .collect();
    Some(format!("{description}\n{frames}"))
}

/// The guest's frames, innermost first, but for those of functions that it does not have.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let names = backtrace.frames().iter().map(FrameInfo::func_name);
    names
        .filter(|name| *name != Some(ADDED_FUNCTION))
        .map(|name| name.unwrap_or("<unnamed function>").to_owned())
        .collect()
}
