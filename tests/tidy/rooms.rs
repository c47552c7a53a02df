//! The rooms of a large module stand on each other: arrows between them point one way.

mod circles;

use crate::sources::Source;

/// The rooms of the sandbox, each with what it stands on before it.
const ROOMS: &[&str] = &[
    "bindings",
    "waiting",
    "memory",
    "vitals",
    "engine",
    "reach",
    "kinds",
    "guest",
    "compile",
    "load",
    "keep",
    "run",
    "sandboxes",
    "stages",
];

const SANDBOX: &str = "host/src/sandbox/";

#[test]
fn the_rooms_of_the_sandbox_name_only_what_they_stand_on() {
    let mut wrong = Vec::new();
    for source in Source::below(SANDBOX) {
        let path = &source.name[SANDBOX.len()..];
        if path == "mod.rs" {
            continue;
        }
        let room = path
            .split('/')
            .next()
            .unwrap_or(path)
            .trim_end_matches(".rs");
        let place = place_of(room).unwrap_or_else(|| panic!("{room} has no place among the rooms"));
        for named in source.code().flat_map(rooms_named) {
            if place_of(&named).is_none_or(|other| other > place) {
                wrong.push(format!("{path} names {named}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the order of the rooms: {wrong:#?}"
    );
}

fn place_of(room: &str) -> Option<usize> {
    ROOMS.iter().position(|other| *other == room)
}

/// What follows `crate::sandbox::` in a line of code.
fn rooms_named(line: &str) -> Vec<String> {
    let paths = line.split("crate::sandbox::").skip(1);
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    paths
        .map(|path| {
            path.split(|c| !is_of_name(c))
                .next()
                .unwrap_or(path)
                .to_owned()
        })
        .collect()
}
