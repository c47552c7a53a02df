//! The result of a run: the tables, for the terminal and for the document.

mod machine;
mod table;

use std::path::Path;

use crate::contest::{Entry, Figures, first_line};
use crate::finding::Finding;
use crate::peers::Peer;
use crate::stages::Stage;
use table::Table;

/// What a run has found out.
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) is_full: bool,
    /// What is told of the machine, and its value.
    machine: Vec<(&'static str, String)>,
    /// The command that makes this document.
    command: String,
}

const INTRODUCTION: &str = "# Benchmarks

What a call costs, beside a bare HTTP echo and beside others that run code on request. This page is written by

```sh
cargo xtask bench --full
```

which builds and starts everything, installs what is missing, and measures both sides of each ratio in turn in the same
run, with the load generator on the same cores. Figures are medians; those of one run belong together, those of two
machines do not.
";

const THROUGHPUT: &str = "\
wrk posts `{\"name\":\"World\"}` over 16 connections that are always busy; each has to answer with the same, and is
checked for it before it is loaded. Sparkler makes a sandbox for each call, with limits and log capture on.
";

const BY_HAND: &str = "\
Start one of these (`$TOOLS` is `target/sparkler-bench/tools`, where `--full` installs the peers), then load it with

```sh
echo 'wrk.method = \"POST\" wrk.body = [[{\"name\":\"World\"}]]' > post.lua
wrk -t1 -c16 -d10s --latency -s post.lua URL
```
";

impl Report {
    /// An empty one, with what is known before the run.
    pub(crate) fn new(workspace: &Path, command: String, is_full: bool) -> Self {
        Self {
            findings: Vec::new(),
            entries: Vec::new(),
            stages: Vec::new(),
            machine: machine::described(workspace, if is_full { "full" } else { "short" }),
            is_full,
            command,
        }
    }

    /// The tables, for a terminal.
    pub(crate) fn text(&self) -> String {
        self.sections()
    }

    /// The whole document; `notes` are its last part, written by people.
    pub(crate) fn document(&self, notes: &str) -> String {
        let mut page = format!("{INTRODUCTION}\n{}", self.sections());
        if self.entries.iter().any(|entry| entry.running.is_some()) {
            page += &format!("\n## By hand\n\n{BY_HAND}\n{}", self.by_hand());
        }
        format!("{page}\n{}\n", notes.trim())
    }

    fn sections(&self) -> String {
        let mut sections = vec![format!("## Targets\n\n{}", self.targets())];
        if self.findings.iter().any(|finding| finding.target.is_none()) {
            sections.push(format!("## Beside these\n\n{}", self.others()));
        }
        if !self.entries.is_empty() {
            let table = self.throughput();
            sections.push(format!("## Requests per second\n\n{THROUGHPUT}\n{table}"));
        }
        if !self.stages.is_empty() {
            sections.push(format!(
                "## One invocation, stage by stage\n\n{}",
                self.stage_table()
            ));
        }
        sections.push(format!("## Machine\n\n{}", self.machine_table()));
        if let Some(missing) = self.missing() {
            sections.push(format!("## Not measured\n\n{missing}"));
        }
        sections.join("\n")
    }

    fn targets(&self) -> String {
        let mut table = Table::new(&["What", "Target", "Measured", "", "Of what"]);
        for finding in &self.findings {
            let Some(target) = finding.target else {
                continue;
            };
            let (measured, met) = match finding.is_met() {
                Some(true) => (finding.unit.show(finding.value), "met"),
                Some(false) => (finding.unit.show(finding.value), "**missed**"),
                None => ("–".into(), "not measured"),
            };
            let target = target.show(finding.unit);
            table.row([
                finding.what.clone(),
                target,
                measured,
                met.into(),
                first_line(&finding.note).to_owned(),
            ]);
        }
        table.markdown()
    }

    fn others(&self) -> String {
        let mut table = Table::new(&["What", "Measured", "Of what"]);
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.target.is_none())
        {
            let measured = match finding.is_measured() {
                true => finding.unit.show(finding.value),
                false => "not measured".into(),
            };
            let note = first_line(&finding.note).to_owned();
            table.row([finding.what.clone(), measured, note]);
        }
        table.markdown()
    }

    fn throughput(&self) -> String {
        let floor = self.figures(Peer::Floor);
        let mut table = Table::new(&[
            "What",
            "Version",
            "Requests/s",
            "Of the floor",
            "p50",
            "p99",
            "Connections",
        ]);
        for entry in &self.entries {
            let version = entry
                .running
                .as_ref()
                .map_or("–", |running| &running.version);
            let name = entry.peer.name().to_owned();
            let Ok(figures) = &entry.outcome else {
                table.row([name, version.into(), "not measured".into()]);
                continue;
            };
            let share = floor.map(|floor| figures.requests_per_second / floor.requests_per_second);
            table.row([
                name,
                version.into(),
                format!("{:.0}", figures.requests_per_second),
                share.map_or_else(|| "–".into(), |share| format!("{share:.3}")),
                format!("{:.2} ms", figures.p50.as_secs_f64() * 1e3),
                format!("{:.2} ms", figures.p99.as_secs_f64() * 1e3),
                figures.connections.to_string(),
            ]);
        }
        table.markdown()
    }

    fn figures(&self, peer: Peer) -> Option<Figures> {
        let entry = self.entries.iter().find(|entry| entry.peer == peer)?;
        entry.outcome.as_ref().ok().copied()
    }

    fn stage_table(&self) -> String {
        let mut table = Table::new(&["Stage", "µs", "Instructions"]);
        for stage in &self.stages {
            let instructions = stage
                .instructions
                .map_or_else(|| "–".into(), |count| count.to_string());
            table.row([
                stage.name.clone(),
                format!("{:.2}", stage.microseconds),
                instructions,
            ]);
        }
        table.markdown()
    }

    fn machine_table(&self) -> String {
        let mut table = Table::new(&["", ""]);
        for (what, value) in &self.machine {
            table.row([(*what).to_owned(), value.clone()]);
        }
        table.row(["command".into(), format!("`{}`", self.command)]);
        table.markdown()
    }

    /// What each part that could not be measured was missing, in full.
    fn missing(&self) -> Option<String> {
        let peers = self.entries.iter().filter_map(|entry| {
            let why = entry.outcome.as_ref().err()?;
            Some((entry.peer.name(), why.as_str()))
        });
        // A ratio lacks what one of the two lacked, which is said there.
        let names: Vec<&str> = self.entries.iter().map(|entry| entry.peer.name()).collect();
        let findings = self.findings.iter().filter_map(|finding| {
            let is_told = names.iter().any(|name| finding.note.starts_with(name));
            (!finding.is_measured() && !is_told)
                .then_some((finding.what.as_str(), finding.note.as_str()))
        });
        let lines = peers.chain(findings).map(|(what, why)| {
            let why = why.trim().replace('\n', "\n  ");
            format!("- {what}: {why}\n")
        });
        let lines: String = lines.collect();
        (!lines.is_empty()).then_some(lines)
    }

    fn by_hand(&self) -> String {
        let mut table = Table::new(&["What", "Command", "URL"]);
        for entry in &self.entries {
            if let Some(running) = &entry.running {
                table.row([
                    entry.peer.name().to_owned(),
                    format!("`{}`", running.by_hand),
                    running.url.clone(),
                ]);
            }
        }
        table.markdown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Target, Unit};

    fn report() -> Report {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut report = Report::new(workspace, "cargo xtask bench".into(), false);
        report.findings = vec![
            Finding::new("quick", 0.7, Unit::Ratio).with_target(Target::AtLeast(0.65)),
            Finding::new("slow", 9.0, Unit::Microseconds).with_target(Target::AtMost(8.0)),
            Finding::missing("unknown", Unit::Count, "no strace\nsecond line"),
        ];
        report.entries = vec![Entry {
            peer: Peer::Workerd,
            running: None,
            outcome: Err("not installed: `cargo xtask bench --full` installs it".into()),
        }];
        report
    }

    #[test]
    fn each_target_is_met_missed_or_not_measured_and_what_is_missing_says_why() {
        let page = report().document("## Notes\n\nBy hand.\n");
        let line = |start: &str| {
            let found = page.lines().find(|line| line.starts_with(start));
            found
                .unwrap_or_else(|| panic!("no line {start} in\n{page}"))
                .to_owned()
        };
        assert!(line("| quick").contains("| ≥ 0.65 ") && line("| quick").contains("| met "));
        assert!(line("| slow").contains("9.00 µs") && line("| slow").contains("**missed**"));
        assert!(line("| unknown").contains("not measured"));
        assert!(line("- unknown").contains("no strace"));
        assert!(line("- workerd").contains("--full"));
        assert!(page.ends_with("## Notes\n\nBy hand.\n"));
    }

    #[test]
    fn the_terminal_shows_the_tables_and_neither_commands_nor_notes() {
        let text = report().text();
        assert!(text.starts_with("## Targets") && text.contains("**missed**"));
        assert!(!text.contains("## By hand"));
    }
}
