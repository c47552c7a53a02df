//! The rules of the source tree that no compiler checks.

mod arrows;
mod documents;
mod drawing;
mod modules;
mod operations;
mod packaging;
mod promises;
mod public_api;
mod rooms;
mod sources;
mod words;

use std::fs;

use sources::{Source, workspace};

/// Longest file of the product: what is longer has more than one thing in it.
const LINES_MAX: usize = 500;

/// Longest file of what tests and measures it.
const TEST_LINES_MAX: usize = 600;

#[test]
fn no_file_is_too_long() {
    let mut long: Vec<String> = Source::all()
        .into_iter()
        .map(|source| (source.text.lines().count(), lines_max(&source), source.name))
        .filter(|(lines, most, _)| lines > most)
        .map(|(lines, most, name)| format!("{name} has {lines} lines of at most {most}"))
        .collect();
    long.sort();
    assert!(long.is_empty(), "{long:#?}");
}

fn lines_max(source: &Source) -> usize {
    let is_product = ["host/", "guest-sdk/"]
        .iter()
        .any(|folder| source.name.starts_with(folder));
    let is_test = source.name.ends_with("/tests.rs") || source.name.contains("/tests/");
    match is_product && !is_test {
        true => LINES_MAX,
        false => TEST_LINES_MAX,
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = Source::all()
        .into_iter()
        .filter(|source| !source.text.trim_start().starts_with("//!"))
        .filter(|source| !source.name.ends_with("/tests.rs") && !source.name.ends_with("_tests.rs"))
        .map(|source| source.name)
        .collect();
    assert!(silent.is_empty(), "begin with //!: {silent:#?}");
}

#[test]
fn every_guest_is_used_by_a_test() {
    let tests: String = Source::below("tests")
        .into_iter()
        .map(|source| source.text)
        .collect();
    let mut unused = Vec::new();
    for file in fs::read_dir(workspace().join("tests/guests/wat")).expect("the hostile guests") {
        let name = file.expect("a file").file_name();
        let name = name.to_str().expect("a name of UTF-8");
        if !tests.contains(&format!("\"{name}\"")) {
            unused.push(name.to_owned());
        }
    }
    assert!(unused.is_empty(), "guests without a test: {unused:?}");
}

#[test]
fn no_test_is_ignored_or_sleeps_to_wait() {
    let suites = Source::below("tests").into_iter().filter(|source| {
        // These rules name what they forbid, and a guest may sleep: that is what it is for.
        !["tests/tidy/", "tests/guests/"]
            .iter()
            .any(|folder| source.name.starts_with(folder))
    });
    for source in suites {
        for word in ["#[ignore", "thread::sleep", "time::sleep"] {
            assert!(!source.text.contains(word), "{word} in {}", source.name);
        }
    }
}
