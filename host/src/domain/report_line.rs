//! What the REPORT line of a log says of an invocation: its figures, and how it ended.
//!
//! The host writes them, as text and as JSON, and the program reads them: both go through [`ReportFigure::ALL`].

use std::time::Duration;

use super::named::named;
use super::outcome::{FunctionError, Outcome, Report};

/// A figure of the REPORT line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFigure {
    /// From the start of the sandbox to its end, without loading.
    Duration,
    /// What is billed of that, and of loading.
    BilledDuration,
    /// What the function may use.
    MemorySize,
    /// What it used.
    MaxMemoryUsed,
    /// What loading took, where this invocation had to wait for it.
    InitDuration,
    /// What it took to restore a snapshot, where this invocation had to wait for it.
    RestoreDuration,
    /// What is billed of that.
    BilledRestoreDuration,
}

/// How much a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A time, shown in milliseconds with what is behind the point.
    Exact(Duration),
    /// So many of the unit.
    Whole(u64),
}

impl ReportFigure {
    /// All of them, in the order of the line.
    pub const ALL: [Self; 7] = [
        Self::Duration,
        Self::BilledDuration,
        Self::MemorySize,
        Self::MaxMemoryUsed,
        Self::InitDuration,
        Self::RestoreDuration,
        Self::BilledRestoreDuration,
    ];

    /// Its name in the text format.
    pub fn label(self) -> &'static str {
        match self {
            Self::Duration => "Duration",
            Self::BilledDuration => "Billed Duration",
            Self::MemorySize => "Memory Size",
            Self::MaxMemoryUsed => "Max Memory Used",
            Self::InitDuration => "Init Duration",
            Self::RestoreDuration => "Restore Duration",
            Self::BilledRestoreDuration => "Billed Restore Duration",
        }
    }

    /// Its name among the metrics of the JSON format.
    pub fn member(self) -> &'static str {
        match self {
            Self::Duration => "durationMs",
            Self::BilledDuration => "billedDurationMs",
            Self::MemorySize => "memorySizeMB",
            Self::MaxMemoryUsed => "maxMemoryUsedMB",
            Self::InitDuration => "initDurationMs",
            Self::RestoreDuration => "restoreDurationMs",
            Self::BilledRestoreDuration => "billedRestoreDurationMs",
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::MemorySize | Self::MaxMemoryUsed => "MB",
            Self::Duration
            | Self::BilledDuration
            | Self::InitDuration
            | Self::RestoreDuration
            | Self::BilledRestoreDuration => "ms",
        }
    }

    /// How much it is in an invocation of a function that may use so much memory; `None` where the line does
    /// not have it.
    pub fn amount(self, report: &Report, memory_mb: u32) -> Option<Amount> {
        match self {
            Self::Duration => Some(Amount::Exact(report.duration)),
            Self::BilledDuration => {
                // Loading the function counts too.
                let billed = report.duration + report.init_duration.unwrap_or_default();
                Some(Amount::Whole(whole_milliseconds(billed)))
            }
            Self::MemorySize => Some(Amount::Whole(memory_mb.into())),
            Self::MaxMemoryUsed => Some(Amount::Whole(megabytes(report.memory_bytes_peak))),
            Self::InitDuration => report.init_duration.map(Amount::Exact),
            Self::RestoreDuration => report.restore_duration.map(Amount::Exact),
            Self::BilledRestoreDuration => {
                let billed = report.restore_duration.map(whole_milliseconds);
                billed.map(Amount::Whole)
            }
        }
    }
}

/// Rounded up, as it is billed.
fn whole_milliseconds(duration: Duration) -> u64 {
    nanoseconds(duration).div_ceil(1_000_000)
}

/// In a number that is quick to divide. It has room for centuries.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Rounded up, so that what was used is never shown as nothing.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

named! {
    /// How an invocation ended, in the word of the platform's lines.
    pub enum Ending {
        /// The function returned.
        Success = "success",
        /// The handler returned an error.
        Failure = "failure",
        /// The platform ended it at its deadline.
        Timeout = "timeout",
        /// The platform ended it, or could not begin it.
        Error = "error",
    }
}

impl Ending {
    /// How an invocation with this outcome ended.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned(_) | Outcome::Web(_) => Self::Success,
            Outcome::Failed(FunctionError::Handler { .. }) => Self::Failure,
            Outcome::Failed(FunctionError::TimedOut { .. }) => Self::Timeout,
            Outcome::Failed(
                FunctionError::OutOfMemory { .. }
                | FunctionError::Exited { .. }
                | FunctionError::Trapped { .. }
                | FunctionError::ResponseTooLarge { .. }
                | FunctionError::InitFailed { .. },
            ) => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_billed_is_rounded_up_and_loading_counts() {
        let report = Report {
            duration: Duration::from_micros(1_001),
            init_duration: Some(Duration::from_millis(10)),
            restore_duration: Some(Duration::from_micros(1)),
            memory_bytes_peak: 1,
            ..Report::of(Outcome::Returned("1".into()))
        };
        for (figure, amount) in [
            (ReportFigure::BilledDuration, 12),
            (ReportFigure::MaxMemoryUsed, 1),
            (ReportFigure::BilledRestoreDuration, 1),
            (ReportFigure::MemorySize, 128),
        ] {
            assert_eq!(figure.amount(&report, 128), Some(Amount::Whole(amount)));
        }
    }

    #[test]
    fn what_this_invocation_did_not_wait_for_is_no_figure_of_it() {
        let report = Report::of(Outcome::Returned("1".into()));
        let there = ReportFigure::ALL.map(|figure| figure.amount(&report, 128).is_some());
        assert_eq!(there, [true, true, true, true, false, false, false]);
    }
}
