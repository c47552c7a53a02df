//! What becomes of a guest that has ended: its outcome, and whether its sandbox goes on.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::guest_run::{End, Ended};
use crate::domain::{FunctionError, Outcome, Report};
use crate::invoker::HostFailure;
use crate::limits;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::{self, Bounds};
use crate::sandbox::vitals::Vitals;

/// A guest that has ended, settled.
pub(in crate::sandbox) struct Settled {
    pub(in crate::sandbox) outcome: Outcome,
    /// Its sandbox, where that may serve once more.
    pub(in crate::sandbox) sandbox: Option<Sandbox>,
}

/// Settles a guest whose sandbox may serve `reuse_max` invocations.
///
/// What is left of a sandbox that goes is cleaned right here: handing it to another task costs more
/// than the cleaning, on the cores that the next invocation wants.
pub(in crate::sandbox) fn settle(
    ended: Ended,
    vitals: &Vitals,
    bounds: &Bounds,
    deadline: Instant,
    reuse_max: u32,
) -> Result<Settled, HostFailure> {
    let Ended {
        end,
        remains,
        admission,
        ..
    } = ended;
    drop(admission);
    let sandbox = match reuse_max > 1 && is_healthy(&end, vitals) {
        true => Some(remains.into_sandbox()),
        false => {
            drop(remains);
            None
        }
    };
    // A single instruction may have carried it over its deadline.
    if Instant::now() >= deadline {
        return Ok(Settled {
            outcome: Outcome::Failed(timed_out(bounds)),
            sandbox: None,
        });
    }
    Ok(Settled {
        outcome: outcome(end, vitals, bounds)?,
        sandbox: sandbox.and_then(|sandbox| still_fresh(sandbox, reuse_max)),
    })
}

/// Whether the handler came back, with an answer or an error of its own, and was refused nothing. Of
/// any other guest nobody knows in which state it is.
fn is_healthy(end: &End, vitals: &Vitals) -> bool {
    let came_back = match end {
        End::Answered(Ok(answer)) => answer.len() <= limits::RESPONSE_BYTES_MAX,
        End::Answered(Err(_)) => true,
        End::Broken(_) | End::NotStarted(_) => false,
    };
    came_back && !vitals.memory_refused() && !vitals.host_memory_refused()
}

fn still_fresh(mut sandbox: Sandbox, reuse_max: u32) -> Option<Sandbox> {
    (sandbox.count_invocation() < reuse_max).then_some(sandbox)
}

fn outcome(end: End, vitals: &Vitals, bounds: &Bounds) -> Result<Outcome, HostFailure> {
    let error = match end {
        End::Answered(Ok(answer)) if answer.len() <= limits::RESPONSE_BYTES_MAX => {
            return Ok(Outcome::Returned(Bytes::from(answer)));
        }
        End::Answered(Ok(_)) => FunctionError::ResponseTooLarge {
            limit_bytes: limits::RESPONSE_BYTES_MAX,
        },
        End::Answered(Err(error)) => trap::handler_error(error),
        End::Broken(error) | End::NotStarted(error) if trap::is_host_shortage(&error, vitals) => {
            tracing::warn!(%error, "the host has no memory or no place for one more guest");
            return Err(HostFailure::NoCapacity);
        }
        End::Broken(error) => trap::classify(&error, vitals, bounds),
        End::NotStarted(error) => not_started(&error, vitals, bounds),
    };
    if let Some(lines) = trap::log_lines(&error) {
        vitals.write_log_lines(&lines);
    }
    Ok(Outcome::Failed(error))
}

/// The error of a guest that was still running at its deadline.
pub(in crate::sandbox) fn timed_out(bounds: &Bounds) -> FunctionError {
    FunctionError::TimedOut {
        timeout: bounds.timeout,
    }
}

/// The end of an invocation whose function asks for what this host does not grant: nothing of it ran.
pub(in crate::sandbox) fn not_granted(error: FunctionError) -> Report {
    Report {
        log: trap::log_lines(&error).unwrap_or_default().into(),
        outcome: Outcome::Failed(error),
        duration: Duration::ZERO,
        init_duration: None,
        restore_duration: None,
        preparation: None,
        memory_bytes_peak: 0,
    }
}

/// The error of a guest whose response nobody reads any more.
pub(in crate::sandbox) fn unread(vitals: &Vitals) -> FunctionError {
    let error = FunctionError::Trapped {
        description: "the caller left before the response had ended".into(),
        stack_trace: Vec::new(),
    };
    if let Some(lines) = trap::log_lines(&error) {
        vitals.write_log_lines(&lines);
    }
    error
}

/// Setting up runs guest code too, so it can fail in all the ways in which a handler can; what is
/// left is named as what it is.
pub(in crate::sandbox) fn not_started(
    error: &wasmtime::Error,
    vitals: &Vitals,
    bounds: &Bounds,
) -> FunctionError {
    match trap::classify(error, vitals, bounds) {
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
