//! No operation of the API is without a permission, a line of the conformance page, and tests.

use std::collections::BTreeSet;
use std::fs;

use sparkler::internals::Operation;
use toml::{Table, Value};

use crate::sources::workspace;

/// Those for which nobody is asked who they are.
const WITHOUT_ACTION: [Operation; 2] = [Operation::GetHealth, Operation::DownloadPackage];

#[test]
fn every_operation_needs_a_permission_but_for_those_that_are_meant_to_need_none() {
    for operation in Operation::ALL {
        let is_open = WITHOUT_ACTION.contains(operation);
        assert_eq!(operation.action().is_none(), is_open, "{operation}");
    }
    let actions = |wanted: fn(&str) -> bool| {
        let actions = Operation::ALL
            .iter()
            .filter_map(|operation| operation.action());
        actions.filter(|action| wanted(action)).count()
    };
    assert_eq!(Operation::GetFunction.action(), Some("lambda:GetFunction"));
    assert_eq!(
        Operation::FilterLogEvents.action(),
        Some("logs:FilterLogEvents")
    );
    // Invoke, and the same with a streamed response.
    assert_eq!(actions(|action| action == "lambda:InvokeFunction"), 2);
    // A version of a layer, and the same by its ARN.
    assert_eq!(actions(|action| action == "lambda:GetLayerVersion"), 2);
}

#[test]
fn every_operation_has_a_line_of_the_conformance_page_with_tests() {
    let named = operations_with_tests();
    let all: BTreeSet<&str> = Operation::ALL
        .iter()
        .map(|operation| operation.name())
        .collect();
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    let missing: Vec<_> = all.difference(&named).collect();
    assert!(
        missing.is_empty(),
        "not in tests/conformance.toml: {missing:?}"
    );
    let unknown: Vec<_> = named.difference(&all).collect();
    assert!(
        unknown.is_empty(),
        "no operations of this host: {unknown:?}"
    );
    let page = fs::read_to_string(workspace().join("docs/CONFORMANCE.md")).expect("the page");
    for operation in all {
        let line = format!("\n| {operation} | ");
        assert!(
            page.contains(&line),
            "docs/CONFORMANCE.md has no {operation}: `cargo xtask conformance`"
        );
    }
}

/// The operations that the list of behaviours names, where tests are named as well.
fn operations_with_tests() -> Vec<String> {
    let text = fs::read_to_string(workspace().join("tests/conformance.toml")).expect("the list");
    let list: Table = text.parse().expect("TOML");
    let groups = tables(&list, "groups").flat_map(|group| tables(group, "behaviours"));
    groups
        .chain(tables(&list, "own"))
        .filter(|behaviour| !texts(behaviour, "tests").is_empty())
        .flat_map(|behaviour| texts(behaviour, "operations"))
        .collect()
}

fn tables<'a>(of: &'a Table, name: &str) -> impl Iterator<Item = &'a Table> {
    let list = of.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_table)
}

fn texts(of: &Table, name: &str) -> Vec<String> {
    let list = of.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
