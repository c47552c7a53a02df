//! Words that say nothing, or that promise what is not there.

use crate::sources::Source;

/// Names of files that hide what is in them.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helpers", "manager", "misc", "imp",
];

/// What stands for work that was not done.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX", "HACK"];

#[test]
fn files_are_named_for_what_is_in_them() {
    for source in Source::all() {
        let parts = source.name.trim_end_matches(".rs").split('/');
        for part in parts {
            assert!(!EMPTY_NAMES.contains(&part), "{} says nothing", source.name);
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let mut found = Vec::new();
    for source in Source::all()
        .into_iter()
        .filter(|source| !source.name.ends_with("tidy/words.rs"))
    {
        for word in UNFINISHED
            .iter()
            .filter(|word| source.text.contains(**word))
        {
            found.push(format!("{word} in {}", source.name));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_exception_to_a_lint_has_a_reason() {
    for source in Source::all()
        .into_iter()
        .filter(|source| !source.name.ends_with("tidy/words.rs"))
    {
        let mut rest = source.text.as_str();
        while let Some(at) = rest.find("#[expect(").or_else(|| rest.find("#[allow(")) {
            let end = rest[at..]
                .find(")]")
                .map_or(rest.len(), |length| at + length);
            assert!(
                rest[at..end].contains("reason = "),
                "{}: {}",
                source.name,
                &rest[at..end]
            );
            rest = &rest[end..];
        }
    }
}
