//! The lines that the platform writes around a guest's own: START, END and REPORT.
//!
//! Their form is AWS's, tabs and all, since tools parse it.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use time::OffsetDateTime;

use crate::domain::{FunctionError, Outcome, Report, RequestId, Version};
use crate::limits::LOG_TAIL_BYTES_MAX;

/// The last [`LOG_TAIL_BYTES_MAX`] bytes of an invocation's log: START, what the guest wrote, END and
/// REPORT.
pub fn tail(request_id: RequestId, version: &Version, report: &Report) -> Bytes {
    let mut log = Vec::with_capacity(report.log.len() + 512);
    log.extend_from_slice(start_line(request_id, version).as_bytes());
    log.extend_from_slice(&report.log);
    if !report.log.is_empty() && !report.log.ends_with(b"\n") {
        log.push(b'\n');
    }
    log.extend_from_slice(end_line(request_id).as_bytes());
    log.extend_from_slice(report_line(request_id, version, report).as_bytes());
    let surplus = log.len().saturating_sub(LOG_TAIL_BYTES_MAX);
    Bytes::from(log).slice(surplus..)
}

/// The name of the log stream of a version on a day: `YYYY/MM/DD/[VERSION]<32 hex>`.
pub fn stream(version: &Version, now: SystemTime) -> String {
    let today = OffsetDateTime::from(now).date();
    format!(
        "{}/{:02}/{:02}/[{}]{}",
        today.year(),
        u8::from(today.month()),
        today.day(),
        version.id,
        version.revision.simple()
    )
}

fn start_line(request_id: RequestId, version: &Version) -> String {
    format!("START RequestId: {request_id} Version: {}\n", version.id)
}

fn end_line(request_id: RequestId) -> String {
    format!("END RequestId: {request_id}\n")
}

fn report_line(request_id: RequestId, version: &Version, report: &Report) -> String {
    let billed = report.duration + report.init_duration.unwrap_or_default();
    let mut line = format!(
        "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {} ms\t\
         Memory Size: {} MB\tMax Memory Used: {} MB\t",
        milliseconds(report.duration),
        whole_milliseconds(billed),
        version.settings.memory_mb,
        megabytes(report.memory_bytes_peak),
    );
    if let Some(init) = report.init_duration {
        // Writing to a string cannot fail.
        let _ = write!(line, "Init Duration: {:.2} ms\t", milliseconds(init));
    }
    line.push_str(&status(&report.outcome));
    line.push('\n');
    line
}

/// What is appended for an invocation that the platform had to end. An error that the handler
/// returned is its own business.
fn status(outcome: &Outcome) -> String {
    let Outcome::Failed(error) = outcome else {
        return String::new();
    };
    match error {
        FunctionError::Handler { .. } => String::new(),
        FunctionError::TimedOut { .. } => "Status: timeout".into(),
        FunctionError::OutOfMemory { .. }
        | FunctionError::Exited { .. }
        | FunctionError::Trapped { .. }
        | FunctionError::ResponseTooLarge { .. }
        | FunctionError::InitFailed { .. } => {
            format!(
                "Status: error\tError Type: {}",
                error.platform_type().unwrap_or("Runtime.Unknown")
            )
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Rounded up, as it is billed.
fn whole_milliseconds(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000)
}

/// Rounded up, so that what was used is never shown as nothing.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}
