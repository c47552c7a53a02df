//! The log tail: what the function wrote, between START and REPORT.

use serde_json::json;

use sparkler_tests::{TestHost, wat};

use super::behave;

#[test]
fn what_a_guest_prints_stands_between_start_and_end() {
    let log = behave(&json!({ "do": "print", "lines": 2 })).log();
    assert_eq!(log.lines(), ["line 1 ", "line 2 "], "{}", log.text());
    let text = log.text();
    assert!(text.starts_with("START RequestId: "), "{text}");
    assert!(text.contains("\nEND RequestId: "), "{text}");
}

#[test]
fn a_line_without_an_end_gets_one() {
    let function = TestHost::shared().deploy(wat::guest("print_event.wat"));
    let text = function.invoke("\"no end\"").log().text();
    assert!(text.contains("\n\"no end\"\nEND RequestId: "), "{text}");
}

#[test]
fn the_tail_is_the_last_four_kilobytes() {
    let log = behave(&json!({ "do": "print", "lines": 2000 })).log();
    assert_eq!(log.bytes.len(), 4096);
    assert!(log.text().contains("line 2000 \nEND "), "{}", log.text());
    assert!(log.text().ends_with("\t\n"), "{:?}", log.text());
}

#[test]
fn stderr_is_part_of_the_log() {
    let log = behave(&json!({ "do": "print", "stream": "stderr" })).log();
    assert_eq!(log.lines(), ["line 1 "], "{}", log.text());
}

#[test]
fn a_failed_function_has_a_log_too() {
    let log = behave(&json!({ "do": "panic", "message": "the kettle is dry" })).log();
    assert!(log.text().contains("the kettle is dry"), "{}", log.text());
}
