//! One invocation in process, stage by stage: a bench target, which is started here and read.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use tokio::process::Command;

use crate::dist::{PROFILE, cargo};
use crate::finding::{Finding, Target, Unit};

/// The line that stands before the figures.
const HEADING: &str = "stages:";

/// The stage that is an invocation from its beginning to its end.
const WHOLE: &str = "whole invocation, fresh";

const WHAT: &str = "one invocation in process, SDK echo, fresh sandbox";

/// What a part of an invocation costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) microseconds: f64,
    /// Where they were counted.
    pub(crate) instructions: Option<u64>,
}

/// Runs the bench target, which counts instructions where there is a valgrind.
pub(crate) async fn run(workspace: &Path, valgrind: Option<&Path>) -> anyhow::Result<Vec<Stage>> {
    let mut target = target(workspace);
    target.envs(valgrind.map(|program| ("VALGRIND", program)));
    let stages = read(&told(&mut target).await?);
    ensure!(!stages.is_empty(), "the benchmark `stages` gave no figures");
    Ok(stages)
}

/// The bench target, to be given features of cargo's, and arguments of its own behind `--`.
pub(crate) fn target(workspace: &Path) -> Command {
    let mut command = cargo();
    command
        .args(["bench", "--quiet", "--locked", "--profile", PROFILE])
        .args(["--package", "sparkler-bench", "--bench", "stages"])
        .current_dir(workspace);
    command
}

/// What the bench target tells.
///
/// # Errors
/// With its complaint, where it fails.
pub(crate) async fn told(target: &mut Command) -> anyhow::Result<String> {
    let output = target.output().await;
    let output = output.context("cargo could not be started")?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("the benchmark `stages` failed:\n{complaint}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines `NAME<TAB>MICROSECONDS<TAB>INSTRUCTIONS` after the heading; whatever else is there is for people.
fn read(text: &str) -> Vec<Stage> {
    let lines = text.lines().skip_while(|line| line.trim() != HEADING);
    lines.filter_map(stage).collect()
}

fn stage(line: &str) -> Option<Stage> {
    let mut parts = line.split('\t').map(str::trim);
    Some(Stage {
        name: parts.next()?.to_owned(),
        microseconds: parts.next()?.parse().ok()?,
        instructions: parts.next().and_then(|count| count.parse().ok()),
    })
}

/// What is asked of them.
pub(crate) fn finding(stages: &Result<Vec<Stage>, String>) -> Finding {
    let target = Target::AtMost(8.0);
    let missing = |why: &str| Finding::missing(WHAT, Unit::Microseconds, why);
    let finding = match stages {
        Ok(stages) => match stages.iter().find(|stage| stage.name == WHOLE) {
            Some(whole) => Finding::new(WHAT, whole.microseconds, Unit::Microseconds),
            None => missing(&format!("no stage is called {WHOLE:?}")),
        },
        Err(why) => missing(why),
    };
    finding.with_target(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "warming up\nparse\t9.9\t1\nstages:\nparse\t0.21\t1,100\n\
                        whole invocation, fresh\t7.50\t41000\nreset \t 1.25\t-\n\nnotes for people\n";

    #[test]
    fn lines_after_the_heading_are_read_and_others_are_left() {
        let stages = read(SAID);
        let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["parse", WHOLE, "reset"]);
        assert_eq!(stages[1].instructions, Some(41_000));
        assert_eq!(
            (stages[2].microseconds, stages[2].instructions),
            (1.25, None)
        );
        assert!(read("parse\t0.21\t1100\n").is_empty());
    }

    #[test]
    fn the_whole_invocation_is_what_a_target_is_for() {
        let finding = super::finding(&Ok(read(SAID)));
        assert_eq!((finding.value, finding.is_met()), (7.5, Some(true)));
        let missing = super::finding(&Ok(Vec::new()));
        assert!(missing.note.contains(WHOLE), "{missing}");
        assert_eq!(
            super::finding(&Err("no valgrind".into())).note,
            "no valgrind"
        );
    }
}
