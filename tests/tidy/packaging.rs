//! Each crate that people get can be packaged from its own folder.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::sources::workspace;

/// The crates that people get, and their folders.
const PUBLISHED: [(&str, &str); 4] = [
    ("sparkler", "host"),
    ("sparkler-cli", "host/program"),
    ("sparkler-guest", "guest-sdk"),
    ("sparkler-guest-macro", "guest-sdk/macro"),
];

/// What stands before a path that is read when a crate is compiled.
const READERS: [&str; 3] = ["include_str!(\"", "include_bytes!(\"", "path: \"wit"];

/// Runs cargo without the network, and gives the lines that it writes.
fn cargo(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(arguments)
        .arg("--offline")
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .output()
        .expect("run cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().map(|line| line.trim().to_owned()).collect()
}

/// Crates that a host without its server and its storage is compiled from, at most, the program around it included.
const MINIMAL_CRATES_MAX: usize = 221;

/// What such a host has no use for.
const NOT_MINIMAL: [&str; 6] = ["axum", "clap", "indicatif", "notify", "rusqlite", "ureq"];

/// The paths that a file of Rust reads when it is compiled, relative to the file's folder or to its crate's.
fn read_by(text: &str) -> impl Iterator<Item = (&'static str, &str)> {
    READERS.into_iter().flat_map(move |reader| {
        text.split(reader)
            .skip(1)
            .filter_map(move |rest| Some((reader, rest.split_once('"')?.0)))
    })
}

/// A path without `..`; `None` where it leads out of the folder that it begins in.
fn inside(path: &Path) -> Option<PathBuf> {
    path.components()
        .try_fold(PathBuf::new(), |mut so_far, part| match part {
            Component::ParentDir => so_far.pop().then_some(so_far),
            Component::CurDir => Some(so_far),
            part => {
                so_far.push(part);
                Some(so_far)
            }
        })
}

#[test]
fn what_a_crate_is_compiled_from_lies_in_its_package() {
    for (name, folder) in PUBLISHED {
        let listed: BTreeSet<PathBuf> = cargo(&["package", "--list", "--allow-dirty", "-p", name])
            .into_iter()
            .map(PathBuf::from)
            .collect();
        let sources = listed
            .iter()
            .filter(|path| path.extension().is_some_and(|it| it == "rs"));
        for source in sources {
            let text = std::fs::read_to_string(workspace().join(folder).join(source))
                .unwrap_or_else(|error| panic!("{name}: {}: {error}", source.display()));
            for (reader, path) in read_by(&text) {
                let found = match reader.starts_with("include") {
                    true => inside(&source.parent().unwrap_or(Path::new("")).join(path)),
                    false => Some(PathBuf::from("wit/function.wit")),
                };
                assert!(
                    found.as_ref().is_some_and(|found| listed.contains(found)),
                    "{name}: {} reads {path}, which is not in its package",
                    source.display()
                );
            }
        }
    }
}

#[test]
fn a_program_that_embeds_the_least_is_compiled_from_little() {
    // With the features that this package asks for, whatever others of the workspace do.
    let lines = cargo(&[
        "tree",
        "--locked",
        "-e",
        "normal",
        "-p",
        "embed-minimal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let crates: BTreeSet<(&str, &str)> = lines
        .iter()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?))
        })
        .collect();
    let found = crates.len();
    assert!(
        found <= MINIMAL_CRATES_MAX,
        "{found} crates, of which {MINIMAL_CRATES_MAX} may be"
    );
    for (name, _) in crates {
        assert!(!NOT_MINIMAL.contains(&name), "{name} is among them");
    }
}
