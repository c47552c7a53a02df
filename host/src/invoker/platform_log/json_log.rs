//! The JSON format: the platform's lines are records, and levels say what is kept.
//!
//! A line of the guest that is a JSON object with a valid `level` is judged by it; any other counts as
//! INFO, as AWS does for runtimes without a logging library of its own.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Ran;
use super::records::{
    End, Figures, Init, Line, Metrics, ON_DEMAND, PROVISIONED, RestoreStart, Restored, SNAP_START,
    Start,
};
use crate::domain::settings::{LogLevel, Logging};
use crate::domain::{Ending, Named as _, Outcome, Version, times};

/// More than the platform's own lines take at the level INFO.
const PLATFORM_BYTES: usize = 512;

/// The log, and how much of it was written before the guest ran.
pub(super) fn render(ran: &Ran<'_>) -> (Vec<u8>, usize) {
    let logging = &ran.version.settings.logging;
    let mut records = Records {
        least: logging.system_level.unwrap_or_default().into(),
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
        least: logging.system_level.unwrap_or_default().into(),
        log: Vec::new(),
    };
    guest_lines(initialized.log.as_bytes(), logging, &mut records.log);
    let ended = initialized.started + initialized.duration;
    let record = Init {
        status: Some(initialized.status.name()),
        error_message: initialized.remark,
        metrics: Some(Metrics::of(initialized.duration)),
        ..Init::of(SNAP_START)
    };
    let level = level(initialized.status, LogLevel::Info);
    records.add(level, ended, "platform.initReport", &record);
    records.log
}

/// The platform's lines that are kept.
struct Records {
    least: LogLevel,
    log: Vec<u8>,
}

impl Records {
    fn add(
        &mut self,
        level: LogLevel,
        time: SystemTime,
        kind: &'static str,
        record: impl Serialize,
    ) {
        if level < self.least {
            return;
        }
        let time = times::rfc_3339(time);
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
            level: LogLevel::Info,
            took: preparation,
            ended: *started,
        };
        initialization(version, &prepared, *started, records);
    }
    if let Some(init) = report.init_duration {
        loaded = started.checked_add(init).unwrap_or(loaded);
        let on_demand = Initialization {
            kind: ON_DEMAND,
            level: LogLevel::Debug,
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
    records.add(LogLevel::Info, loaded, "platform.start", record);
}

/// How a sandbox was set up.
struct Initialization {
    kind: &'static str,
    /// How much its report matters, as AWS has it.
    level: LogLevel,
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
    records.add(LogLevel::Debug, began, "platform.initStart", &record);
    record = Init {
        status: Some(Ending::Success.name()),
        ..Init::of(kind)
    };
    records.add(LogLevel::Debug, ended, "platform.initRuntimeDone", &record);
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
    records.add(LogLevel::Debug, began, "platform.restoreStart", start);
    let mut record = Restored {
        status: Ending::Success.name(),
        metrics: None,
    };
    records.add(
        LogLevel::Debug,
        ended,
        "platform.restoreRuntimeDone",
        &record,
    );
    record.metrics = Some(Metrics::of(took));
    records.add(LogLevel::Debug, ended, "platform.restoreReport", &record);
}

/// What is said when the guest has ended.
fn end(ran: &Ran<'_>, request_id: &str, records: &mut Records) {
    let Ran {
        version,
        report,
        ended,
        ..
    } = ran;
    let ending = Ending::of(&report.outcome);
    let produced_bytes = report.outcome.answer().map_or(0, Bytes::len);
    let done = End {
        request_id,
        status: ending.name(),
        error_type: error_type(&report.outcome),
        metrics: Metrics {
            produced_bytes: Some(produced_bytes),
            ..Metrics::of(report.duration)
        },
    };
    let of_done = level(ending, LogLevel::Debug);
    records.add(of_done, *ended, "platform.runtimeDone", &done);
    let record = End {
        request_id,
        status: done.status,
        error_type: done.error_type,
        metrics: Figures {
            report,
            memory_mb: version.settings.memory_mb,
        },
    };
    let of_report = level(ending, LogLevel::Info);
    records.add(of_report, *ended, "platform.report", &record);
}

/// How much it matters that something ended so, where it matters so much that it ended well.
fn level(ending: Ending, of_success: LogLevel) -> LogLevel {
    match ending {
        Ending::Success => of_success,
        Ending::Failure | Ending::Timeout | Ending::Error => LogLevel::Warn,
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
    let least = logging.application_level.unwrap_or_default();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if level_of(line) >= least {
            log.extend_from_slice(line);
        }
    }
    if !log.is_empty() && !log.ends_with(b"\n") {
        log.push(b'\n');
    }
}

fn level_of(line: &[u8]) -> LogLevel {
    #[derive(Deserialize)]
    struct Levelled<'a> {
        #[serde(borrow)]
        level: std::borrow::Cow<'a, str>,
    }
    let line = line.trim_ascii();
    if !line.starts_with(b"{") {
        return LogLevel::Info;
    }
    serde_json::from_slice::<Levelled<'_>>(line)
        .ok()
        .and_then(|found| level_named(&found.level))
        .unwrap_or_default()
}

/// The level of this name in any case: guests spell it as their languages do, of which Python has two words of its own.
fn level_named(name: &str) -> Option<LogLevel> {
    for (own, level) in [("WARNING", LogLevel::Warn), ("CRITICAL", LogLevel::Fatal)] {
        if name.eq_ignore_ascii_case(own) {
            return Some(level);
        }
    }
    let mut levels = LogLevel::ALL.iter().copied();
    levels.find(|level| level.name().eq_ignore_ascii_case(name))
}
