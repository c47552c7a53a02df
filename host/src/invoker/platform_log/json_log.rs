//! The JSON format: the platform's lines are records, and levels say what is kept.
//!
//! A line of the guest that is a JSON object with a valid `level` is judged by it; any other counts as
//! INFO, as AWS does for runtimes without a logging library of its own.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::records::{
    End, Init, Line, Metrics, ON_DEMAND, PROVISIONED, RestoreStart, Restored, SNAP_START, Start,
    exact,
};
use super::{Ran, billed, megabytes, whole_milliseconds};
use crate::domain::settings::Logging;
use crate::domain::{FunctionError, Outcome, Version};
use crate::logs::timestamp;

/// More than the platform's own lines take at the level INFO.
const PLATFORM_BYTES: usize = 512;

/// How much a line matters, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        let levels = [
            ("TRACE", Self::Trace),
            ("DEBUG", Self::Debug),
            ("INFO", Self::Info),
            ("WARN", Self::Warn),
            ("ERROR", Self::Error),
            ("FATAL", Self::Fatal),
        ];
        let found = levels
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, level)| *level)
    }

    /// What is set, or what AWS sets.
    fn least(set: Option<&String>) -> Self {
        set.and_then(|text| Self::parse(text)).unwrap_or(Self::Info)
    }
}

/// The log, and how much of it was written before the guest ran.
pub(super) fn render(ran: &Ran<'_>) -> (Vec<u8>, usize) {
    let logging = &ran.version.settings.logging;
    let mut records = Records {
        least: Level::least(logging.system_level.as_ref()),
        log: Vec::with_capacity(ran.report.log.len() + PLATFORM_BYTES),
    };
    let request_id = ran.request_id.to_string();
    head(ran, &request_id, &mut records);
    let head_bytes = records.log.len();
    guest_lines(&ran.report.log, logging, &mut records.log);
    end(ran, &request_id, &mut records);
    (records.log, head_bytes)
}

/// The log of an initialization for a snapshot.
pub(super) fn render_initialization(initialized: &super::Initialization<'_>) -> Vec<u8> {
    let logging = &initialized.version.settings.logging;
    let mut records = Records {
        least: Level::least(logging.system_level.as_ref()),
        log: Vec::new(),
    };
    guest_lines(initialized.log.as_bytes(), logging, &mut records.log);
    let ended = initialized.started + initialized.duration;
    let record = Init {
        status: Some(initialized.status),
        error_message: initialized.remark,
        metrics: Some(Metrics::of(initialized.duration)),
        ..Init::of(SNAP_START)
    };
    let level = match initialized.status {
        "success" => Level::Info,
        _ => Level::Warn,
    };
    records.add(level, ended, "platform.initReport", &record);
    records.log
}

/// The platform's lines that are kept.
struct Records {
    least: Level,
    log: Vec<u8>,
}

impl Records {
    fn add(&mut self, level: Level, time: SystemTime, kind: &'static str, record: impl Serialize) {
        if level < self.least {
            return;
        }
        let time = timestamp(time);
        let line = Line { time, kind, record };
        // Writing text and numbers to a vector cannot fail.
        let _ = serde_json::to_writer(&mut self.log, &line);
        self.log.push(b'\n');
    }
}

/// What is said before the guest runs: how it was loaded, where it had to be, and that it begins.
fn head(ran: &Ran<'_>, request_id: &str, records: &mut Records) {
    let Ran {
        version,
        report,
        started,
        ..
    } = ran;
    let id = version.id.to_string();
    let mut loaded = *started;
    if let Some(preparation) = report.preparation {
        // It ended before this invocation came, whose log is the first that can tell.
        let prepared = Initialization {
            kind: PROVISIONED,
            level: Level::Info,
            took: preparation,
            ended: *started,
        };
        initialization(version, &prepared, *started, records);
    }
    if let Some(init) = report.init_duration {
        loaded = started.checked_add(init).unwrap_or(loaded);
        let on_demand = Initialization {
            kind: ON_DEMAND,
            level: Level::Debug,
            took: init,
            ended: loaded,
        };
        initialization(version, &on_demand, *started, records);
    }
    if let Some(restore) = report.restore_duration {
        loaded = started.checked_add(restore).unwrap_or(loaded);
        restoration(version, restore, *started, loaded, records);
    }
    let record = Start {
        request_id,
        version: &id,
    };
    records.add(Level::Info, loaded, "platform.start", record);
}

/// How a sandbox was set up.
struct Initialization {
    kind: &'static str,
    /// How much its report matters, as AWS has it.
    level: Level,
    took: Duration,
    ended: SystemTime,
}

fn initialization(
    version: &Version,
    initialization: &Initialization,
    began: SystemTime,
    records: &mut Records,
) {
    let Initialization {
        kind,
        level,
        took,
        ended,
    } = *initialization;
    let id = version.id.to_string();
    let mut record = Init {
        function_name: Some(version.function.as_str()),
        function_version: Some(&id),
        ..Init::of(kind)
    };
    records.add(Level::Debug, began, "platform.initStart", &record);
    record = Init {
        status: Some("success"),
        ..Init::of(kind)
    };
    records.add(Level::Debug, ended, "platform.initRuntimeDone", &record);
    record.metrics = Some(Metrics::of(took));
    records.add(level, ended, "platform.initReport", &record);
}

fn restoration(
    version: &Version,
    took: Duration,
    began: SystemTime,
    ended: SystemTime,
    records: &mut Records,
) {
    let start = RestoreStart {
        function_name: version.function.as_str(),
        function_version: &version.id.to_string(),
    };
    records.add(Level::Debug, began, "platform.restoreStart", start);
    let mut record = Restored {
        status: "success",
        metrics: None,
    };
    records.add(Level::Debug, ended, "platform.restoreRuntimeDone", &record);
    record.metrics = Some(Metrics::of(took));
    records.add(Level::Debug, ended, "platform.restoreReport", &record);
}

/// What is said when the guest has ended.
fn end(ran: &Ran<'_>, request_id: &str, records: &mut Records) {
    let Ran {
        version,
        report,
        ended,
        ..
    } = ran;
    let status = status(&report.outcome);
    let level = |of_success| match status {
        "success" => of_success,
        _ => Level::Warn,
    };
    let produced_bytes = report.outcome.answer().map_or(0, Bytes::len);
    let mut record = End {
        request_id,
        status,
        error_type: error_type(&report.outcome),
        metrics: Metrics {
            produced_bytes: Some(produced_bytes),
            ..Metrics::of(report.duration)
        },
    };
    records.add(level(Level::Debug), *ended, "platform.runtimeDone", &record);
    record.metrics = Metrics {
        billed_duration_ms: Some(whole_milliseconds(billed(report))),
        memory_size_mb: Some(version.settings.memory_mb),
        max_memory_used_mb: Some(megabytes(report.memory_bytes_peak)),
        init_duration_ms: report.init_duration.map(exact),
        restore_duration_ms: report.restore_duration.map(exact),
        billed_restore_duration_ms: report.restore_duration.map(whole_milliseconds),
        ..Metrics::of(report.duration)
    };
    records.add(level(Level::Info), *ended, "platform.report", &record);
}

fn status(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Returned(_) | Outcome::Web(_) => "success",
        Outcome::Failed(FunctionError::Handler { .. }) => "failure",
        Outcome::Failed(FunctionError::TimedOut { .. }) => "timeout",
        Outcome::Failed(
            FunctionError::OutOfMemory { .. }
            | FunctionError::Exited { .. }
            | FunctionError::Trapped { .. }
            | FunctionError::ResponseTooLarge { .. }
            | FunctionError::InitFailed { .. },
        ) => "error",
    }
}

/// The name of a failure. A handler's name for its own error is a stranger's text, which belongs to
/// the answer; what the platform knows is that it was not handled.
fn error_type(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Returned(_) | Outcome::Web(_) => None,
        Outcome::Failed(error) => Some(error.platform_type().unwrap_or("Unhandled")),
    }
}

/// Appends the guest's lines that matter enough, each with an end.
fn guest_lines(output: &[u8], logging: &Logging, log: &mut Vec<u8>) {
    let least = Level::least(logging.application_level.as_ref());
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if level_of(line) >= least {
            log.extend_from_slice(line);
        }
    }
    if !log.is_empty() && !log.ends_with(b"\n") {
        log.push(b'\n');
    }
}

fn level_of(line: &[u8]) -> Level {
    #[derive(Deserialize)]
    struct Levelled<'a> {
        #[serde(borrow)]
        level: std::borrow::Cow<'a, str>,
    }
    let line = line.trim_ascii();
    if !line.starts_with(b"{") {
        return Level::Info;
    }
    serde_json::from_slice::<Levelled<'_>>(line)
        .ok()
        .and_then(|found| Level::parse(&found.level))
        .unwrap_or(Level::Info)
}
