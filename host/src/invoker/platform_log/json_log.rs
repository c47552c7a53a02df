//! The JSON format: the platform's lines are records, and levels say what is kept.
//!
//! A line of the guest that is a JSON object with a valid `level` is judged by it; any other counts as
//! INFO, as AWS does for runtimes without a logging library of its own.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Ran, billed, megabytes, milliseconds, whole_milliseconds};
use crate::domain::settings::Logging;
use crate::domain::{FunctionError, Outcome};
use crate::logs::timestamp;

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
        log: Vec::with_capacity(ran.report.log.len() + 1_024),
    };
    head(ran, &mut records);
    let head_bytes = records.log.len();
    guest_lines(&ran.report.log, logging, &mut records.log);
    end(ran, &mut records);
    (records.log, head_bytes)
}

/// The platform's lines that are kept.
struct Records {
    least: Level,
    log: Vec<u8>,
}

impl Records {
    fn add(&mut self, level: Level, time: SystemTime, kind: &str, record: Value) {
        if level >= self.least {
            let line = json!({ "time": timestamp(time), "type": kind, "record": record });
            self.log.extend_from_slice(line.to_string().as_bytes());
            self.log.push(b'\n');
        }
    }
}

/// What is said before the guest runs: how it was loaded, where it had to be, and that it begins.
fn head(ran: &Ran<'_>, records: &mut Records) {
    let Ran {
        request_id,
        version,
        report,
        started,
        ..
    } = ran;
    let init = report.init_duration.unwrap_or_default();
    let loaded = started.checked_add(init).unwrap_or(*started);
    if report.init_duration.is_some() {
        let phase = |more: Value| {
            merged(
                json!({"initializationType": "on-demand", "phase": "init"}),
                more,
            )
        };
        let begun = json!({"functionName": version.function.as_str(), "functionVersion": version.id.to_string()});
        records.add(Level::Debug, *started, "platform.initStart", phase(begun));
        let done = json!({"status": "success"});
        records.add(
            Level::Debug,
            loaded,
            "platform.initRuntimeDone",
            phase(done),
        );
        let reported = json!({"status": "success", "metrics": {"durationMs": exact(init)}});
        records.add(Level::Debug, loaded, "platform.initReport", phase(reported));
    }
    let begins = json!({"requestId": request_id.to_string(), "version": version.id.to_string()});
    records.add(Level::Info, loaded, "platform.start", begins);
}

/// What is said when the guest has ended.
fn end(ran: &Ran<'_>, records: &mut Records) {
    let Ran {
        request_id,
        version,
        report,
        ended,
        ..
    } = ran;
    let status = status(&report.outcome);
    let is_success = status == "success";
    let level = |success| if is_success { success } else { Level::Warn };
    let mut common = Map::new();
    common.insert("requestId".into(), request_id.to_string().into());
    common.insert("status".into(), status.into());
    if let Some(error_type) = error_type(&report.outcome) {
        common.insert("errorType".into(), error_type.into());
    }
    let produced_bytes = match &report.outcome {
        Outcome::Returned(answer) => answer.len(),
        Outcome::Failed(_) => 0,
    };
    let done =
        json!({"metrics": {"durationMs": exact(report.duration), "producedBytes": produced_bytes}});
    let done = merged(Value::Object(common.clone()), done);
    records.add(level(Level::Debug), *ended, "platform.runtimeDone", done);
    let mut metrics = json!({
        "durationMs": exact(report.duration),
        "billedDurationMs": whole_milliseconds(billed(report)),
        "memorySizeMB": version.settings.memory_mb,
        "maxMemoryUsedMB": megabytes(report.memory_bytes_peak),
    });
    if let Some(init) = report.init_duration {
        metrics["initDurationMs"] = exact(init).into();
    }
    let reported = merged(Value::Object(common), json!({"metrics": metrics}));
    records.add(level(Level::Info), *ended, "platform.report", reported);
}

/// `first` with the members of `second`.
fn merged(mut first: Value, second: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (first.as_object_mut(), second) {
        members.extend(more);
    }
    first
}

/// Milliseconds with three decimals.
fn exact(duration: Duration) -> f64 {
    (milliseconds(duration) * 1_000.0).round() / 1_000.0
}

fn status(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Returned(_) => "success",
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
        Outcome::Returned(_) => None,
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
