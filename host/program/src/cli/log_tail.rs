//! The log tail of an invocation, taken apart: the function's own lines, and what the call cost.

use std::fmt;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};
use sparkler::internals::{Ending, Named as _, ReportFigure};

/// A log tail, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LogTail {
    /// What the function wrote.
    pub(super) lines: Vec<String>,
    /// What the host wrote at the end.
    pub(super) report: Option<Cost>,
}

/// What an invocation cost, as its REPORT line has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cost {
    figures: Vec<(ReportFigure, Number)>,
    status: Option<String>,
    error_type: Option<String>,
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
        let figure = |figure: ReportFigure| {
            let amount = field(figure.label())?.split(' ').next()?;
            Some((figure, amount.parse().ok()?))
        };
        Self {
            figures: ReportFigure::ALL.into_iter().filter_map(figure).collect(),
            status: field("Status").map(Into::into),
            error_type: field("Error Type").map(Into::into),
        }
    }

    fn from_record(record: &Value) -> Self {
        let figure = |figure: ReportFigure| {
            let amount = record["metrics"].get(figure.member())?;
            Some((figure, amount.as_number()?.clone()))
        };
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        Self {
            figures: ReportFigure::ALL.into_iter().filter_map(figure).collect(),
            status: text("status").filter(|status| status != Ending::Success.name()),
            error_type: text("errorType"),
        }
    }

    fn amount(&self, figure: ReportFigure) -> Option<&Number> {
        let mut found = self.figures.iter().filter(|(other, _)| *other == figure);
        found.next().map(|(_, amount)| amount)
    }
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (figure, amount) in &self.figures {
            members.serialize_entry(figure.member(), amount)?;
        }
        if let Some(status) = &self.status {
            members.serialize_entry("status", status)?;
        }
        if let Some(error_type) = &self.error_type {
            members.serialize_entry("errorType", error_type)?;
        }
        members.end()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (figure, amount) in &self.figures {
            let exact = amount.as_f64().unwrap_or_default();
            match figure {
                ReportFigure::Duration => write!(f, "{exact:.2} ms"),
                ReportFigure::BilledDuration => write!(f, ", billed {amount} ms"),
                // It is said with what was used of it.
                ReportFigure::MemorySize => Ok(()),
                ReportFigure::MaxMemoryUsed => match self.amount(ReportFigure::MemorySize) {
                    Some(size) => write!(f, ", {amount} of {size} MB"),
                    None => write!(f, ", {amount} MB"),
                },
                ReportFigure::InitDuration => write!(f, ", init {exact:.2} ms"),
                ReportFigure::RestoreDuration => write!(f, ", restore {exact:.2} ms"),
                ReportFigure::BilledRestoreDuration => write!(f, ", billed restore {amount} ms"),
            }?;
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
    use serde_json::json;

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
        let json = serde_json::to_string(&cost).unwrap();
        assert_eq!(
            json,
            r#"{"durationMs":1.87,"billedDurationMs":110,"memorySizeMB":128,"maxMemoryUsedMB":30,"initDurationMs":107.14}"#
        );
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
    fn every_figure_that_a_report_can_have_is_shown_of_both_formats() {
        let amounts = || ReportFigure::ALL.into_iter().zip(11..);
        let fields: String = amounts()
            .map(|(figure, amount)| format!("{}: {amount} {}\t", figure.label(), figure.unit()))
            .collect();
        let text = LogTail::parse(&format!("REPORT RequestId: {ID}\t{fields}\n"));
        let metrics: serde_json::Map<String, Value> = amounts()
            .map(|(figure, amount)| (figure.member().to_owned(), amount.into()))
            .collect();
        let record = json!({"type": "platform.report", "record": {"metrics": metrics}});
        let json = LogTail::parse(&record.to_string());
        for cost in [text.report.unwrap(), json.report.unwrap()] {
            let shown = cost.to_string();
            let as_json = serde_json::to_value(&cost).unwrap();
            for (figure, amount) in amounts() {
                assert!(shown.contains(&amount.to_string()), "{figure:?}: {shown}");
                assert_eq!(as_json[figure.member()], amount);
            }
        }
    }

    #[test]
    fn a_cut_tail_without_a_report_is_still_shown() {
        let tail = LogTail::parse("f a line\nanother\n");
        assert_eq!(tail.lines, ["f a line", "another"]);
        assert_eq!(tail.report, None);
    }
}
