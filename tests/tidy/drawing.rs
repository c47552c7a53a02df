//! The arrows between the host's modules as `docs/ARCHITECTURE.md` draws them: a line for each module, from the top
//! down, with those that it may name.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::workspace;

/// The line of the document behind which the drawing stands.
const HEADING: &str = "Arrows between the modules of the host point one way";

/// Modules that all others may name.
const BELOW_ALL: [&str; 2] = ["domain", "limits"];

/// A module, and which of the others it may name.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) names: BTreeSet<String>,
}

impl Module {
    /// Whether it may name that module of the host.
    pub(crate) fn may_name(&self, other: &str) -> bool {
        let is_above = !BELOW_ALL.contains(&self.name.as_str());
        self.names.contains(other) || is_above && BELOW_ALL.contains(&other)
    }
}

/// All modules, in the order of the drawing.
pub(crate) fn modules() -> Vec<Module> {
    let path = workspace().join("docs/ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("the architecture");
    let modules = read(&text);
    assert!(!modules.is_empty(), "no drawing behind {HEADING:?}");
    modules
}

fn read(text: &str) -> Vec<Module> {
    let lines = text.lines().skip_while(|line| !line.starts_with(HEADING));
    let lines = lines.skip_while(|line| !line.starts_with("```")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("```"));
    lines.map(module).collect()
}

/// `NAME → OTHER, OTHER`, or a name alone.
fn module(line: &str) -> Module {
    let (name, names) = line.split_once('→').unwrap_or((line, ""));
    let names = names.split(',').map(str::trim);
    Module {
        name: name.trim().to_owned(),
        names: names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

#[test]
fn no_arrow_is_drawn_upward() {
    let modules = modules();
    for (place, module) in modules.iter().enumerate() {
        for named in &module.names {
            let is_below = modules[place + 1..]
                .iter()
                .any(|below| below.name == *named);
            assert!(
                is_below,
                "{} → {named}: {named} stands no lower",
                module.name
            );
        }
    }
}

#[test]
fn a_drawing_is_read_as_meant() {
    let text =
        format!("# X\n{HEADING}, but:\n\n```text\na → b, c\nb → c\nc\n```\n\n```text\nd\n```\n");
    let modules = read(&text);
    let names: Vec<_> = modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(modules[0].may_name("b") && modules[0].may_name("limits") && !modules[2].may_name("a"));
    assert!(read("no drawing").is_empty());
}
