//! The documents that lead through the source tree name what is there.

use std::fs;

use crate::sources::workspace;

/// The documents.
const DOCUMENTS: [&str; 1] = ["docs/ARCHITECTURE.md"];

/// Where a path begins that does not begin at the top of the workspace.
const STARTS: [&str; 4] = ["", "host/src/", "host/program/src/", "guest-sdk/"];

#[test]
fn every_path_in_a_document_leads_somewhere() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(workspace().join(document)).expect("a document");
        let paths = paths(&text);
        assert!(paths.len() > 10, "{document} names {paths:?} only");
        let lost: Vec<_> = paths.iter().filter(|path| !path.is_there()).collect();
        assert!(
            lost.is_empty(),
            "{document} names what is not there: {lost:#?}"
        );
    }
}

/// A path that a document names.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    /// What stands first in the row of a table that names it: it may be meant from there.
    row: &'a str,
    path: &'a str,
}

impl Named<'_> {
    /// Whether there is a file or a folder of that path; modules may be named without their ending.
    fn is_there(&self) -> bool {
        let is_there = |place: &str| workspace().join(place).exists();
        let starts = STARTS.into_iter().chain([self.row]);
        starts
            .map(|start| format!("{start}{}", self.path))
            .any(|place| is_there(&place) || is_there(&format!("{place}.rs")))
    }
}

/// What stands between backticks and is a path of the workspace. Blocks of code are left out.
fn paths(text: &str) -> Vec<Named<'_>> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(str::lines).flat_map(named).collect()
}

fn named(line: &str) -> impl Iterator<Item = Named<'_>> {
    let row = line
        .strip_prefix("| `")
        .and_then(|row| row.split('`').next());
    let row = row.unwrap_or_default();
    let quoted = line.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|quoted| is_path(quoted));
    paths.map(move |path| Named { row, path })
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
    let text = "`a/b`, `limits.rs` and `x`, `/tmp`, `sparkler build`, `a::b`\n```text\n`no/path`\n```\n| `c/` | `d/` |";
    let paths = paths(text);
    let found: Vec<_> = paths.iter().map(|named| (named.row, named.path)).collect();
    let expected = [("", "a/b"), ("", "limits.rs"), ("c/", "c/"), ("c/", "d/")];
    assert_eq!(found, expected);
    for (row, path, is_there) in [
        ("", "host/src", true),
        ("", "limits.rs", true),
        ("host/", "src/limits", true),
        ("", "no/path", false),
    ] {
        assert_eq!(Named { row, path }.is_there(), is_there, "{path}");
    }
}
