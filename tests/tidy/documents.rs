//! The documents that lead through the source tree name what is there.

use std::fs;

use crate::sources::workspace;

/// The documents.
const DOCUMENTS: [&str; 2] = ["docs/ARCHITECTURE.md", "docs/CHANGING.md"];

/// Where a path begins that does not begin at the top of the workspace.
const STARTS: [&str; 4] = ["", "host/src/", "host/program/src/", "guest-sdk/"];

#[test]
fn every_path_in_a_document_leads_somewhere() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(workspace().join(document)).expect("a document");
        let paths = paths(&text);
        assert!(paths.len() > 10, "{document} names {paths:?} only");
        let lost: Vec<_> = paths.into_iter().filter(|path| !is_there(path)).collect();
        assert!(
            lost.is_empty(),
            "{document} names what is not there: {lost:#?}"
        );
    }
}

/// Whether there is a file or a folder of that path; modules may be named without their ending.
fn is_there(path: &str) -> bool {
    STARTS.iter().any(|start| {
        let place = workspace().join(format!("{start}{path}"));
        place.exists() || workspace().join(format!("{start}{path}.rs")).exists()
    })
}

/// What stands between backticks and is a path of the workspace. Blocks of code are left out.
fn paths(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let quoted = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    quoted.filter(|quoted| is_path(quoted)).collect()
}

fn is_path(text: &str) -> bool {
    let is_char = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let is_file = [".rs", ".md", ".toml"]
        .iter()
        .any(|end| text.ends_with(end));
    // What begins with a slash is a path of guests, or of the API.
    text.chars().all(is_char) && !text.starts_with('/') && (text.contains('/') || is_file)
}

#[test]
fn paths_are_told_from_other_words() {
    let text = "`a/b`, `limits.rs` and `x`, `/tmp`, `sparkler build`, `a::b`\n```text\n`no/path`\n```\n`c/`";
    assert_eq!(paths(text), ["a/b", "limits.rs", "c/"]);
    assert!(is_there("host/src") && is_there("limits.rs") && !is_there("no/path"));
}
