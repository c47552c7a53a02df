use std::time::UNIX_EPOCH;

use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::domain::samples;
use crate::domain::settings::{LogLevel, SystemLogLevel};
use crate::domain::{FunctionError, FunctionName, Named as _, Outcome, State, VersionId};

const ID: &str = "00000000-0000-0000-0000-000000000007";

/// The log of an invocation of a function with this `LoggingConfig`: format, levels.
fn rendered(logging: [&str; 3], report: &Report) -> Rendered {
    let mut settings = samples::settings();
    let [format, application, system] = logging;
    settings.logging.format = LogFormat::named(format).expect("a format");
    settings.logging.application_level = LogLevel::named(application);
    settings.logging.system_level = SystemLogLevel::named(system);
    let version = Version {
        function: FunctionName::parse("greet").expect("a name"),
        id: VersionId::Number(3),
        settings,
        code: samples::code("greet"),
        snapshot: None,
        state: State::Active,
        last_update: None,
        revision: Uuid::nil(),
        last_modified: UNIX_EPOCH,
    };
    render(&Ran {
        request_id: RequestId(Uuid::from_u128(7)),
        version: &version,
        report,
        started: UNIX_EPOCH + Duration::from_millis(1_000),
        ended: UNIX_EPOCH + Duration::from_millis(2_000),
    })
}

fn report(log: &'static str) -> Report {
    Report {
        log: log.into(),
        duration: Duration::from_micros(1_876),
        memory_bytes_peak: 1024 * 1024 + 1,
        ..Report::of(Outcome::Returned("\"hi\"".into()))
    }
}

fn failed(error: FunctionError) -> Report {
    Report {
        outcome: Outcome::Failed(error),
        ..report("")
    }
}

fn text(rendered: &Rendered) -> String {
    String::from_utf8(rendered.text.to_vec()).expect("UTF-8")
}

fn records(rendered: &Rendered) -> Vec<Value> {
    let text = text(rendered);
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}

fn kinds(logging: [&str; 3], report: &Report) -> Vec<String> {
    let records = records(&rendered(logging, report));
    let kind = |record: &Value| record["type"].as_str().unwrap_or("the guest's").to_owned();
    records.iter().map(kind).collect()
}

#[test]
fn in_the_text_format_the_output_stands_between_start_and_end() {
    let mut report = report("hello");
    report.init_duration = Some(Duration::from_micros(107_140));
    let rendered = rendered(["Text", "WARN", "WARN"], &report);
    assert_eq!(
        text(&rendered),
        format!(
            "START RequestId: {ID} Version: 3\nhello\nEND RequestId: {ID}\n\
             REPORT RequestId: {ID}\tDuration: 1.88 ms\tBilled Duration: 110 ms\t\
             Memory Size: 128 MB\tMax Memory Used: 2 MB\tInit Duration: 107.14 ms\t\n"
        )
    );
    assert!(rendered.text[..rendered.head_bytes].ends_with(b"Version: 3\n"));
}

#[test]
fn in_the_text_format_a_platform_error_is_named() {
    let timeout = failed(FunctionError::TimedOut {
        timeout: Duration::from_secs(3),
    });
    let exited = failed(FunctionError::Exited { status: 1 });
    for (report, end) in [
        (timeout, "\tStatus: timeout\n"),
        (exited, "\tStatus: error\tError Type: Runtime.ExitError\n"),
    ] {
        let text = text(&rendered(["Text", "", ""], &report));
        assert!(text.ends_with(end), "{text}");
    }
}

#[test]
fn the_tail_is_the_end_of_the_same_text() {
    let long: &'static str = Box::leak("x".repeat(10_000).into_boxed_str());
    let rendered = rendered(["Text", "", ""], &report(long));
    let tail = rendered.tail();
    assert_eq!(tail.len(), LOG_TAIL_BYTES_MAX);
    assert!(rendered.text.ends_with(&tail));
}

#[test]
fn in_the_json_format_a_good_invocation_has_a_start_and_a_report() {
    let rendered = rendered(["JSON", "INFO", "INFO"], &report("hello\n"));
    let text = text(&rendered);
    let lines: Vec<_> = text.lines().collect();
    let start: Value = serde_json::from_str(lines[0]).expect("JSON");
    assert_eq!(
        start,
        serde_json::json!({
            "time": "1970-01-01T00:00:01.000Z",
            "type": "platform.start",
            "record": {"requestId": ID, "version": "3"},
        })
    );
    assert_eq!(lines[1], "hello");
    let report: Value = serde_json::from_str(lines[2]).expect("JSON");
    assert_eq!(
        report,
        serde_json::json!({
            "time": "1970-01-01T00:00:02.000Z",
            "type": "platform.report",
            "record": {
                "requestId": ID,
                "status": "success",
                "metrics": {
                    "durationMs": 1.876,
                    "billedDurationMs": 2,
                    "memorySizeMB": 128,
                    "maxMemoryUsedMB": 2,
                },
            },
        })
    );
    assert_eq!(lines.len(), 3);
    assert_eq!(rendered.head_bytes, lines[0].len() + 1);
}

#[test]
fn the_system_level_says_which_records_are_kept() {
    let mut cold = report("");
    cold.init_duration = Some(Duration::from_millis(500));
    let all = [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ];
    assert_eq!(kinds(["JSON", "INFO", "DEBUG"], &cold), all);
    assert_eq!(kinds(["JSON", "INFO", "INFO"], &cold), [all[3], all[5]]);
    assert!(kinds(["JSON", "INFO", "WARN"], &cold).is_empty());
    let reported = records(&rendered(["JSON", "INFO", "DEBUG"], &cold));
    assert_eq!(reported[3]["time"], "1970-01-01T00:00:01.500Z");
    assert_eq!(reported[4]["record"]["metrics"]["producedBytes"], 4);
    assert_eq!(reported[5]["record"]["metrics"]["initDurationMs"], 500.0);
    assert_eq!(reported[5]["record"]["metrics"]["billedDurationMs"], 502);
}

#[test]
fn a_sandbox_that_was_prepared_says_so_and_how_long_that_took_and_nothing_of_it_is_billed() {
    let mut prepared = report("");
    prepared.preparation = Some(Duration::from_millis(500));
    let shown = records(&rendered(["JSON", "INFO", "INFO"], &prepared));
    let expected = serde_json::json!({
        "time": "1970-01-01T00:00:01.000Z",
        "type": "platform.initReport",
        "record": {
            "initializationType": "provisioned-concurrency",
            "phase": "init",
            "status": "success",
            "metrics": {"durationMs": 500.0},
        },
    });
    assert_eq!(shown[0], expected);
    assert_eq!(shown[1]["time"], "1970-01-01T00:00:01.000Z");
    let metrics = &shown[2]["record"]["metrics"];
    assert_eq!(metrics["billedDurationMs"], 2);
    assert_eq!(metrics.get("initDurationMs"), None);
    assert!(!text(&rendered(["Text", "", ""], &prepared)).contains("Init Duration"));

    let mut cold = report("");
    cold.init_duration = Some(Duration::from_millis(500));
    let shown = records(&rendered(["JSON", "INFO", "DEBUG"], &cold));
    for record in &shown[..3] {
        assert_eq!(record["record"]["initializationType"], "on-demand");
    }
}

#[test]
fn a_failure_is_a_warning_that_names_it() {
    let handler = FunctionError::Handler {
        error_type: "OutOfTea".into(),
        message: String::new(),
        stack_trace: Vec::new(),
    };
    let timed_out = FunctionError::TimedOut {
        timeout: Duration::from_secs(3),
    };
    let exited = FunctionError::Exited { status: 1 };
    for (error, status, error_type) in [
        (handler, "failure", "Unhandled"),
        (timed_out, "timeout", "Sandbox.Timedout"),
        (exited, "error", "Runtime.ExitError"),
    ] {
        let records = records(&rendered(["JSON", "INFO", "WARN"], &failed(error)));
        assert_eq!(records.len(), 2, "{records:?}");
        for record in records {
            assert_eq!(record["record"]["status"], status);
            assert_eq!(record["record"]["errorType"], error_type);
        }
    }
}

#[test]
fn the_application_level_judges_each_line_of_the_guest() {
    let output = concat!(
        "plain\n",
        "{\"level\":\"DEBUG\",\"message\":\"detail\"}\n",
        "{\"level\":\"warn\",\"message\":\"careful\"}\n",
        "{\"message\":\"w\\u00e4hrend\",\"level\":\"ERROR\",\"more\":[{}]}\n",
        "{\"level\":30,\"message\":\"a number\"}\n",
        "{\"level\":\"LOUD\"}\n",
        "{\"level\":\"WARNING\"}\n",
        "{\"level\":\"CRITICAL\"}\n",
        "{\"level\":\"FATAL\"\n",
        "  {\"level\":\"FATAL\"}",
    );
    let kept = |level| {
        let text = text(&rendered(["JSON", level, "WARN"], &report(output)));
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().count()
    };
    assert_eq!(
        [
            kept("TRACE"),
            kept("DEBUG"),
            kept("INFO"),
            kept("WARN"),
            kept("ERROR"),
            kept("FATAL")
        ],
        [10, 10, 9, 5, 3, 2]
    );
}
