use wasmtime::Engine;

use super::*;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::sandbox::reach::linker::linker;
use crate::sandbox::reach::part::{Described, InSnapshot};

#[test]
fn knows_the_versions_of_wasi_that_are_compatible() {
    assert!(is_provided("wasi:cli/environment@0.2.0"));
    assert!(is_provided("wasi:io/streams@0.2.12"));
    assert!(!is_provided("wasi:io/streams@0.2.13"));
    assert!(!is_provided("wasi:io/streams@0.3.0"));
    assert!(is_provided("wasi:http/outgoing-handler@0.2.0"));
    assert!(!is_provided("wasi:http/incoming-handler@0.2.0"));
    assert!(!is_provided("wasi:cli/environment"));
    assert!(is_provided("wasi:config/store@0.2.0-rc.1"));
    assert!(!is_provided("wasi:config/store@0.2.0"));
    assert!(is_provided("sparkler:function/failure@0.1.0"));
}

/// A name that is taken cannot be taken again, so this holds the names against what is linked, and the newest version
/// of WASI against the engine's.
#[test]
fn what_is_said_to_be_provided_is_linked_under_that_very_name() {
    let mut linker = linker(&Engine::default(), &Interfaces::default()).expect("it links");
    for interface in PARTS.iter().flat_map(|part| part.provided) {
        let name = interface.linked();
        let taken = linker.root().func_wrap(&name, |_, ()| Ok(()));
        assert!(
            taken.is_err(),
            "{name} is not linked: has the engine moved?"
        );
    }
}

#[test]
fn no_interface_is_of_two_parts() {
    let mut names: Vec<_> = PARTS.iter().flat_map(|part| part.provided).collect();
    let all = names.len();
    names.sort_by_key(|provided| provided.linked());
    names.dedup_by_key(|provided| provided.linked());
    assert_eq!(names.len(), all);
}

/// The table in the documentation, which is this one.
#[test]
fn the_documentation_lists_every_part() {
    const FUNCTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FUNCTIONS.md");
    let table: String = PARTS.iter().map(row).collect();
    let documented = std::fs::read_to_string(FUNCTIONS).expect("the documentation");
    assert!(
        documented.contains(&table),
        "docs/FUNCTIONS.md is to have these rows:\n{table}"
    );
}

fn row(part: &Described) -> String {
    let provided = part.provided.iter();
    let provided: Vec<_> = provided.map(|name| format!("`{}`", name.shown())).collect();
    let in_snapshot = match part.in_snapshot {
        InSnapshot::There => "as ever",
        InSnapshot::OpenedAgain => "there; what is left open is opened again",
        InSnapshot::Empty => "gives nothing",
    };
    let needed = part.needed.unwrap_or("nothing");
    let (title, provided) = (part.title, provided.join(", "));
    format!("| {title} | {provided} | {needed} | {in_snapshot} |\n")
}
