//! The page.

use std::fmt::Write as _;

use super::manifest::{Behaviour, Group, Manifest};
use super::results::Results;

const INTRODUCTION: &str = "# Conformance

What AWS Lambda does, whether Sparkler does it, and what other emulators do. This page is written by

```sh
cargo xtask conformance
```

which runs the tests that `tests/conformance.toml` names for each line: **yes (n)** means that *n* tests
show it and all of them passed in that run. The other columns say what was found in those projects' sources
or by running them; *?* means that nobody looked.
";

/// The page for `manifest`, with our column from `results`.
pub(super) fn rendered(manifest: &Manifest, results: &Results) -> String {
    let mut page = String::from(INTRODUCTION);
    let compared: Vec<&Behaviour> = manifest
        .groups
        .iter()
        .flat_map(|group| &group.behaviours)
        .collect();
    let is_there =
        |behaviour: &&&Behaviour| behaviour.lacking.is_none() && behaviour.shown(results).is_some();
    let (there, all) = (compared.iter().filter(is_there).count(), compared.len());
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n{there} of {all} behaviours.\n");
    let _ = writeln!(page, "| Project | What was looked at |\n|---|---|");
    for peer in &manifest.peers {
        let _ = writeln!(page, "| {} | {} |", peer.name, peer.version);
    }
    for group in &manifest.groups {
        group_table(&mut page, manifest, group, results);
    }
    own_table(&mut page, manifest, results);
    operations(&mut page, manifest);
    page
}

/// What nobody else is compared in.
fn own_table(page: &mut String, manifest: &Manifest, results: &Results) {
    let _ = writeln!(page, "\n## Beside AWS Lambda\n");
    let _ = writeln!(page, "| Behaviour | Sparkler |\n|---|---|");
    for behaviour in &manifest.own {
        let _ = writeln!(
            page,
            "| {} | {} |",
            behaviour.what,
            ours(behaviour, results)
        );
    }
}

/// Where each operation of the API stands above.
fn operations(page: &mut String, manifest: &Manifest) {
    let mut all: Vec<(&str, &str)> = manifest
        .behaviours()
        .flat_map(|behaviour| {
            let operations = behaviour.operations.iter();
            operations.map(|operation| (operation.as_str(), behaviour.what.as_str()))
        })
        .collect();
    all.sort_unstable();
    let _ = writeln!(page, "\n## All operations\n");
    let _ = writeln!(page, "| Operation | Behaviour above |\n|---|---|");
    for (operation, behaviour) in all {
        let _ = writeln!(page, "| {operation} | {behaviour} |");
    }
}

fn group_table(page: &mut String, manifest: &Manifest, group: &Group, results: &Results) {
    let names: Vec<&str> = manifest
        .peers
        .iter()
        .map(|peer| peer.name.as_str())
        .collect();
    let _ = writeln!(page, "\n## {}\n", group.title);
    let _ = writeln!(page, "| Behaviour | Sparkler | {} |", names.join(" | "));
    let _ = writeln!(page, "|---|---|{}", "---|".repeat(names.len()));
    for behaviour in &group.behaviours {
        let others: Vec<&str> = names
            .iter()
            .map(|name| behaviour.peers.get(*name).map_or("?", String::as_str))
            .collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            behaviour.what,
            ours(behaviour, results),
            others.join(" | ")
        );
    }
}

fn ours(behaviour: &Behaviour, results: &Results) -> String {
    match (&behaviour.lacking, behaviour.shown(results)) {
        (Some(reason), _) => format!("no: {reason}"),
        (None, Some(tests)) => format!("**yes** ({tests})"),
        (None, None) => "no: its tests do not pass".into(),
    }
}
