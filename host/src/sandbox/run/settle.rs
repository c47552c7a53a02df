//! What becomes of a guest that has ended: its outcome, and whether its sandbox goes on.

use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::guest_run::Ended;
use super::record::Record;
use super::shift::Lost;
use crate::domain::{FunctionError, Outcome, Report};
use crate::invoker::HostFailure;
use crate::limits;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::{self, Bounds, not_started, timed_out};
use crate::sandbox::kinds::answer::Answer;
use crate::sandbox::reach::failure::handler_error;
use crate::sandbox::vitals::Vitals;

/// A guest that has ended, settled.
pub(super) struct Settled {
    pub(super) outcome: Outcome,
    /// Its sandbox, where that may serve once more.
    pub(super) sandbox: Option<Sandbox>,
}

/// Settles a guest whose sandbox may serve `reuse_max` invocations, or that was lost. What is left of one that ran
/// elsewhere is cleaned there.
///
/// # Errors
/// Where it is the host that failed.
pub(super) fn settle(
    ended: Result<Ended, Lost>,
    record: &Record,
    reuse_max: u32,
    elsewhere: &Handle,
) -> Result<Settled, HostFailure> {
    let failed = |error| {
        Ok(Settled {
            outcome: Outcome::Failed(error),
            sandbox: None,
        })
    };
    match ended {
        Ok(ended) => settle_ended(ended, record, reuse_max, elsewhere),
        Err(Lost::TimedOut) => failed(timed_out(&record.bounds)),
        Err(Lost::Unread) => failed(unread(&record.vitals)),
        Err(Lost::Panicked) => Err(HostFailure::Panicked),
    }
}

fn settle_ended(
    ended: Ended,
    record: &Record,
    reuse_max: u32,
    elsewhere: &Handle,
) -> Result<Settled, HostFailure> {
    let Record {
        vitals,
        bounds,
        deadline,
        ..
    } = record;
    let Ended {
        answer,
        is_begun,
        remains,
        admission,
        ..
    } = ended;
    drop(admission);
    // A single host call may have carried it over its deadline.
    let is_late = Instant::now() >= *deadline;
    let elsewhere = vitals.ticked.load(Ordering::Relaxed).then_some(elsewhere);
    let sandbox = match reuse_max > 1 && !is_late && is_healthy(&answer, vitals) {
        true => still_fresh(remains.into_sandbox(), reuse_max, elsewhere),
        false => {
            clean(remains, elsewhere);
            None
        }
    };
    if is_late {
        return Ok(Settled {
            outcome: Outcome::Failed(timed_out(bounds)),
            sandbox: None,
        });
    }
    Ok(Settled {
        outcome: outcome(answer, is_begun, vitals, bounds)?,
        sandbox,
    })
}

/// Cleans what a short guest leaves right here: handing it to another task costs more than the cleaning, on the cores
/// that the next invocation wants. One that took long may have touched all of a large memory, which holds a thread.
fn clean(remains: impl Send + 'static, elsewhere: Option<&Handle>) {
    match elsewhere {
        Some(elsewhere) => drop(elsewhere.spawn(async move { drop(remains) })),
        None => drop(remains),
    }
}

/// Whether the handler came back, with an answer or an error of its own, and was refused nothing. Of
/// any other guest nobody knows in which state it is.
fn is_healthy(answer: &wasmtime::Result<Answer>, vitals: &Vitals) -> bool {
    let came_back = match answer {
        Ok(Ok(returned)) => returned.bytes() <= limits::RESPONSE_BYTES_MAX,
        Ok(Err(_)) => true,
        Err(_) => false,
    };
    came_back && !vitals.budget().is_spent() && !vitals.budget().is_host_spent()
}

fn still_fresh(
    mut sandbox: Sandbox,
    reuse_max: u32,
    elsewhere: Option<&Handle>,
) -> Option<Sandbox> {
    if sandbox.count_invocation() < reuse_max {
        return Some(sandbox);
    }
    clean(sandbox, elsewhere);
    None
}

fn outcome(
    answer: wasmtime::Result<Answer>,
    is_begun: bool,
    vitals: &Vitals,
    bounds: &Bounds,
) -> Result<Outcome, HostFailure> {
    let error = match answer {
        Ok(Ok(returned)) if returned.bytes() <= limits::RESPONSE_BYTES_MAX => {
            return Ok(returned.into_outcome());
        }
        Ok(Ok(_)) => FunctionError::ResponseTooLarge {
            limit_bytes: limits::RESPONSE_BYTES_MAX,
        },
        Ok(Err(error)) => handler_error(error),
        Err(error) => match (trap::host_shortage(&error, vitals), is_begun) {
            (Some(shortage), _) => {
                tracing::warn!(%error, %shortage, "a guest ended for want of room");
                return Err(shortage);
            }
            (None, true) => trap::classify(&error, vitals, bounds),
            (None, false) => not_started(&error, vitals, bounds),
        },
    };
    if let Some(lines) = trap::log_lines(&error) {
        vitals.write_log_lines(&lines);
    }
    Ok(Outcome::Failed(error))
}

/// The end of an invocation whose function asks for what this host does not grant: nothing of it ran.
pub(super) fn not_granted(error: FunctionError) -> Report {
    Report {
        log: trap::log_lines(&error).unwrap_or_default().into(),
        ..Report::of(Outcome::Failed(error))
    }
}

/// The error of a guest whose response nobody reads any more.
fn unread(vitals: &Vitals) -> FunctionError {
    let error = FunctionError::Trapped {
        description: "the caller left before the response had ended".into(),
        stack_trace: Vec::new(),
    };
    if let Some(lines) = trap::log_lines(&error) {
        vitals.write_log_lines(&lines);
    }
    error
}
