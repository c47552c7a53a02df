//! The text format: START, the guest's output as it is, END and REPORT.

use std::io::Write as _;

use super::{Initialization, Ran, billed, megabytes, milliseconds, whole_milliseconds};
use crate::domain::{FunctionError, Outcome};

/// More than the platform's own lines take.
const PLATFORM_BYTES: usize = 576;

/// The log, and how long its START line is.
pub(super) fn render(ran: &Ran<'_>) -> (Vec<u8>, usize) {
    let Ran {
        request_id,
        version,
        report,
        ..
    } = ran;
    let mut log = Vec::with_capacity(report.log.len() + PLATFORM_BYTES);
    // Writing to a vector cannot fail, neither here nor below.
    let _ = writeln!(log, "START RequestId: {request_id} Version: {}", version.id);
    let head_bytes = log.len();
    log.extend_from_slice(&report.log);
    if !report.log.is_empty() && !report.log.ends_with(b"\n") {
        log.push(b'\n');
    }
    let _ = writeln!(log, "END RequestId: {request_id}");
    let _ = write!(
        log,
        "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {} ms\t\
         Memory Size: {} MB\tMax Memory Used: {} MB\t",
        milliseconds(report.duration),
        whole_milliseconds(billed(report)),
        version.settings.memory_mb,
        megabytes(report.memory_bytes_peak),
    );
    if let Some(init) = report.init_duration {
        let _ = write!(log, "Init Duration: {:.2} ms\t", milliseconds(init));
    }
    if let Some(restore) = report.restore_duration {
        let _ = write!(
            log,
            "Restore Duration: {:.2} ms\tBilled Restore Duration: {} ms\t",
            milliseconds(restore),
            whole_milliseconds(restore)
        );
    }
    log.extend_from_slice(status(&report.outcome).as_bytes());
    log.push(b'\n');
    (log, head_bytes)
}

/// The log of an initialization for a snapshot.
pub(super) fn render_initialization(initialized: &Initialization<'_>) -> Vec<u8> {
    let mut log = initialized.log.as_bytes().to_vec();
    if !log.is_empty() && !log.ends_with(b"\n") {
        log.push(b'\n');
    }
    let _ = writeln!(
        log,
        "INIT_REPORT Init Duration: {:.2} ms\tPhase: init\tStatus: {}",
        milliseconds(initialized.duration),
        initialized.status,
    );
    if let Some(remark) = initialized.remark {
        let _ = writeln!(log, "SNAPSTART {remark}");
    }
    log
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
