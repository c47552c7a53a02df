//! What the limits of sandboxes and the log cost: the same invocation in this process with them, and in a build
//! of the library that has none, measured in turn.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::finding::{Finding, Target, Unit};
use crate::samples::median;
use crate::setup::Setup;
use crate::stages;

const WHAT: &str = "limits and log capture on, against off";
const TARGET_RATIO: f64 = 0.95;

/// How often both are measured in turn.
const TURNS: usize = 5;

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let finding = match setup.is_full {
        true => measured(setup).await?,
        false => Finding::missing(
            WHAT,
            Unit::Ratio,
            "needs one more build of the host; --full measures it",
        ),
    };
    Ok(vec![finding.with_target(Target::AtLeast(TARGET_RATIO))])
}

async fn measured(setup: &Setup) -> anyhow::Result<Finding> {
    let with = Build::of(setup, "on", None);
    let without = Build::of(setup, "off", Some("unlimited"));
    let (mut on, mut off) = (Vec::new(), Vec::new());
    // The first turn builds both, and is not counted.
    for turn in 0..=TURNS {
        let (one, other) = (with.microseconds().await?, without.microseconds().await?);
        if turn > 0 {
            on.push(one);
            off.push(other);
        }
    }
    let (on, off) = (median(on), median(off));
    let note = format!("{on:.2} µs with them, {off:.2} µs without, for one invocation in process");
    Ok(Finding::new(WHAT, off / on, Unit::Ratio).with_note(note))
}

/// One of the two builds.
struct Build {
    workspace: PathBuf,
    /// Whether it has limits, as it says itself.
    kind: &'static str,
    feature: Option<&'static str>,
}

impl Build {
    fn of(setup: &Setup, kind: &'static str, feature: Option<&'static str>) -> Self {
        Self {
            workspace: setup.workspace.clone(),
            kind,
            feature,
        }
    }

    /// Builds it, where that was not done before, and measures one invocation.
    async fn microseconds(&self) -> anyhow::Result<f64> {
        let mut target = stages::target(&self.workspace);
        target
            .args(self.feature.map(|feature| format!("--features={feature}")))
            .args(["--", "limits"]);
        let told = stages::told(&mut target).await;
        let told = told.with_context(|| {
            format!(
                "an invocation could not be measured with limits {}",
                self.kind
            )
        })?;
        microseconds(&told, self.kind).with_context(|| {
            format!(
                "the benchmark did not say what limits {} cost:\n{told}",
                self.kind
            )
        })
    }
}

/// What stands in a line such as `limits on: 9.125 µs`.
fn microseconds(told: &str, kind: &str) -> Option<f64> {
    let start = format!("limits {kind}: ");
    let figure = told.lines().find_map(|line| line.strip_prefix(&start))?;
    figure.strip_suffix(" µs")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_only_from_the_build_that_was_meant() {
        let told = "noise\nlimits off: 9.125 µs\n";
        assert_eq!(microseconds(told, "off"), Some(9.125));
        assert_eq!(microseconds(told, "on"), None);
        assert_eq!(microseconds("limits on: many µs", "on"), None);
    }
}
