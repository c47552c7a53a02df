//! The REPORT line: every figure in it is measured.

use serde_json::json;
use sparkler_tests::{TestHost, guests};

use super::behave;

#[test]
fn a_report_has_the_fields_of_aws_in_their_order() {
    let report = behave(&json!({ "do": "echo", "event": 1 })).log().report();
    let names: Vec<&str> = report
        .split('\t')
        .filter_map(|field| Some(field.split_once(": ")?.0))
        .filter(|name| *name != "Init Duration")
        .collect();
    let expected = [
        "REPORT RequestId",
        "Duration",
        "Billed Duration",
        "Memory Size",
        "Max Memory Used",
    ];
    assert_eq!(names, expected, "{report}");
    assert!(report.ends_with('\t'), "{report:?}");
}

#[test]
fn memory_used_grows_with_what_the_guest_allocates() {
    let little = behave(&json!({ "do": "echo", "event": 1 }))
        .log()
        .figure("Max Memory Used");
    let much = behave(&json!({ "do": "allocate", "mb": 64 }))
        .log()
        .figure("Max Memory Used");
    assert!(
        (60.0..70.0).contains(&(much - little)),
        "{little} MB, then {much} MB"
    );
    let again = behave(&json!({ "do": "echo", "event": 1 }))
        .log()
        .figure("Max Memory Used");
    assert_eq!(
        again, little,
        "the peak of another invocation is not this one's"
    );
}

#[test]
fn a_duration_is_at_least_what_the_guest_slept_and_at_most_what_the_caller_waited() {
    let started = std::time::Instant::now();
    let log = behave(&json!({ "do": "sleep", "ms": 300 })).log();
    let waited_ms = started.elapsed().as_secs_f64() * 1000.0;
    let duration = log.figure("Duration");
    assert!(duration >= 300.0, "{}", log.report());
    assert!(duration <= waited_ms, "{} in {waited_ms} ms", log.report());
    let billed = log.figure("Billed Duration");
    let init = log
        .field("Init Duration")
        .map_or(0.0, |_| log.figure("Init Duration"));
    assert!(
        (duration.ceil()..=(duration + init).ceil() + 1.0).contains(&billed),
        "{}",
        log.report()
    );
}

#[test]
fn loading_is_reported_by_the_invocation_that_had_to_do_it() {
    let function = TestHost::shared().deploy(guests::echo());
    let reports = [0, 1, 2].map(|_| function.invoke("{}").log());
    let later = reports[1..]
        .iter()
        .any(|log| log.field("Init Duration").is_some());
    assert!(!later, "{reports:?}");
}

#[test]
fn a_failure_is_told_in_the_report() {
    let log = behave(&json!({ "do": "exit", "code": 3 })).log();
    assert_eq!(log.field("Status").as_deref(), Some("error"));
    assert_eq!(
        log.field("Error Type").as_deref(),
        Some("Runtime.ExitError")
    );
}
