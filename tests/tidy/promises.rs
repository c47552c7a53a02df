//! The tests that the page on security names are there.

use std::fs;

use crate::sources::workspace;

/// Where paths on the page begin.
const STARTS: [&str; 2] = ["", "host/src/"];

#[test]
fn every_promise_names_tests_that_are_there_or_says_that_there_is_none() {
    let page = fs::read_to_string(workspace().join("docs/SECURITY.md")).expect("the page");
    let (_, promises) = page.split_once("## The promises").expect("the promises");
    let (promises, _) = promises.split_once("## How to run it").expect("their end");
    let rows = promises.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<_> = rows.filter(|row| *row != "| Promise | Held by |").collect();
    assert!(rows.len() > 70, "{} promises only", rows.len());
    let broken: Vec<_> = rows.into_iter().filter(|row| !is_held(row)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Whether the row names a test or says that there is none, and all that it names is there.
fn is_held(row: &str) -> bool {
    let (_, held_by) = row.split_once(" | ").unwrap_or_default();
    if held_by.starts_with("no test") {
        return true;
    }
    let (mut source, mut names) = (None, 0);
    for quoted in held_by.split('`').skip(1).step_by(2) {
        if quoted.ends_with(".rs") {
            source = source_of(quoted);
            continue;
        }
        let function = format!("fn {quoted}(");
        let is_there = source.as_ref().is_some_and(|text| text.contains(&function));
        if !is_there {
            return false;
        }
        names += 1;
    }
    names > 0
}

fn source_of(path: &str) -> Option<String> {
    let places = STARTS.map(|start| workspace().join(format!("{start}{path}")));
    places
        .iter()
        .find_map(|place| fs::read_to_string(place).ok())
}
