//! The log tail of an invocation, taken apart: the function's own lines, and what the call cost.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// A log tail, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LogTail {
    /// What the function wrote.
    pub(super) lines: Vec<String>,
    /// What the host wrote at the end.
    pub(super) report: Option<Cost>,
}

/// What an invocation cost, as its REPORT line has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    pub(super) duration_ms: f64,
    pub(super) billed_duration_ms: u64,
    #[serde(rename = "memorySizeMB")]
    pub(super) memory_size_mb: u64,
    #[serde(rename = "maxMemoryUsedMB")]
    pub(super) max_memory_used_mb: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) init_duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_type: Option<String>,
}

impl LogTail {
    /// Takes `text` apart, in the text format or in the JSON format of Lambda's logs.
    pub(super) fn parse(text: &str) -> Self {
        let mut tail = Self::default();
        for line in text.lines() {
            match Cost::parse(line) {
                Some(cost) => tail.report = Some(cost),
                None if is_frame(line) => (),
                None => tail.lines.push(line.to_owned()),
            }
        }
        tail
    }
}

/// Whether the host wrote `line` around the function's own lines.
fn is_frame(line: &str) -> bool {
    let text = ["START RequestId: ", "END RequestId: ", "XRAY TraceId: "];
    text.iter().any(|start| line.starts_with(start)) || platform_record(line).is_some()
}

/// A record of the host in the JSON format: its type and its content.
fn platform_record(line: &str) -> Option<(String, Value)> {
    let mut object: Value = serde_json::from_str(line).ok()?;
    let kind = object.get("type")?.as_str()?.to_owned();
    kind.starts_with("platform.")
        .then(|| (kind, object["record"].take()))
}

impl Cost {
    fn parse(line: &str) -> Option<Self> {
        match line.strip_prefix("REPORT RequestId: ") {
            Some(fields) => Some(Self::from_fields(fields)),
            None => match platform_record(line)? {
                (kind, record) if kind == "platform.report" => Some(Self::from_record(&record)),
                _ => None,
            },
        }
    }

    /// Reads `id\tDuration: 1.87 ms\tBilled Duration: 2 ms\t…`.
    fn from_fields(fields: &str) -> Self {
        let field = |name: &str| {
            let pairs = fields
                .split('\t')
                .filter_map(|field| field.split_once(": "));
            let mut matching = pairs.filter(|(found, _)| *found == name);
            matching.next().map(|(_, value)| value.trim())
        };
        let whole = |name| field(name).and_then(number).unwrap_or_default();
        let exact = |name| field(name).and_then(number);
        Self {
            duration_ms: exact("Duration").unwrap_or_default(),
            billed_duration_ms: whole("Billed Duration"),
            memory_size_mb: whole("Memory Size"),
            max_memory_used_mb: whole("Max Memory Used"),
            init_duration_ms: exact("Init Duration"),
            status: field("Status").map(Into::into),
            error_type: field("Error Type").map(Into::into),
        }
    }

    fn from_record(record: &Value) -> Self {
        let metrics = &record["metrics"];
        let whole = |name: &str| metrics[name].as_u64().unwrap_or_default();
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        Self {
            duration_ms: metrics["durationMs"].as_f64().unwrap_or_default(),
            billed_duration_ms: whole("billedDurationMs"),
            memory_size_mb: whole("memorySizeMB"),
            max_memory_used_mb: whole("maxMemoryUsedMB"),
            init_duration_ms: metrics["initDurationMs"].as_f64(),
            status: text("status").filter(|status| status != "success"),
            error_type: text("errorType"),
        }
    }
}

/// The number in front of its unit.
fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    value.split(' ').next()?.parse().ok()
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            duration_ms,
            billed_duration_ms,
            memory_size_mb,
            max_memory_used_mb,
            ..
        } = self;
        write!(
            f,
            "{duration_ms:.2} ms, billed {billed_duration_ms} ms, \
             {max_memory_used_mb} of {memory_size_mb} MB"
        )?;
        if let Some(init) = self.init_duration_ms {
            write!(f, ", init {init:.2} ms")?;
        }
        if let Some(status) = &self.status {
            write!(f, ", {status}")?;
        }
        match &self.error_type {
            Some(error_type) => write!(f, " ({error_type})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5bb1f6a7-2d4f-4c3e-8f0e-0b8f1b1d2c3a";

    #[test]
    fn a_text_log_is_the_functions_lines_and_the_cost() {
        let tail = LogTail::parse(&format!(
            "START RequestId: {ID} Version: $LATEST\nhello\n  indented\nEND RequestId: {ID}\n\
             REPORT RequestId: {ID}\tDuration: 1.87 ms\tBilled Duration: 110 ms\t\
             Memory Size: 128 MB\tMax Memory Used: 30 MB\tInit Duration: 107.14 ms\t\n"
        ));
        assert_eq!(tail.lines, ["hello", "  indented"]);
        let cost = tail.report.unwrap();
        assert_eq!(cost.init_duration_ms, Some(107.14));
        assert_eq!(
            cost.to_string(),
            "1.87 ms, billed 110 ms, 30 of 128 MB, init 107.14 ms"
        );
    }

    #[test]
    fn a_failure_is_named_after_the_cost() {
        let tail = LogTail::parse(&format!(
            "REPORT RequestId: {ID}\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 1 MB\t\tStatus: error\tError Type: Runtime.ExitError\n"
        ));
        assert_eq!(
            tail.report.unwrap().to_string(),
            "3.00 ms, billed 3 ms, 1 of 128 MB, error (Runtime.ExitError)"
        );
    }

    #[test]
    fn a_json_log_is_read_alike() {
        let tail = LogTail::parse(concat!(
            r#"{"time":"2026-01-01T00:00:00.000Z","type":"platform.start","record":{}}"#,
            "\n",
            r#"{"level":"INFO","message":"hello"}"#,
            "\n",
            r#"{"time":"2026-01-01T00:00:00.000Z","type":"platform.report","record":{"status":"success","#,
            r#""metrics":{"durationMs":1.5,"billedDurationMs":2,"memorySizeMB":128,"maxMemoryUsedMB":3}}}"#,
        ));
        assert_eq!(tail.lines, [r#"{"level":"INFO","message":"hello"}"#]);
        assert_eq!(
            tail.report.unwrap().to_string(),
            "1.50 ms, billed 2 ms, 3 of 128 MB"
        );
    }

    #[test]
    fn a_cut_tail_without_a_report_is_still_shown() {
        let tail = LogTail::parse("f a line\nanother\n");
        assert_eq!(tail.lines, ["f a line", "another"]);
        assert_eq!(tail.report, None);
    }
}
