//! One run, from building to the document.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::contest;
use crate::finding::Finding;
use crate::payload;
use crate::progress;
use crate::report::Report;
use crate::scenarios;
use crate::setup::Setup;
use crate::sparkler::Sparkler;
use crate::stages;
use crate::tools::{Installs, Tools};

const SECONDS: (u64, u64) = (2, 5);
const ROUNDS: (usize, usize) = (3, 5);

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                    what is installed, in less than five minutes
  cargo xtask bench --full             installs the peers that are missing, and takes longer rounds
  cargo xtask bench --only payload     one measurement; docs/BENCHMARKS.md stays as it is

What is missing is installed into $SPARKLER_TOOLS/bench, or else target/sparkler-bench/tools:
wrk, strace and valgrind from Debian's packages, without root; with --full also wasmtime-cli
from crates (ten minutes of compiling), workerd and serverless-offline from npm, cargo-lambda
and ministack from PyPI.";

/// Measure what calls cost, beside a bare HTTP echo and beside peers, and write docs/BENCHMARKS.md.
///
/// A target that is missed is told and is no failure. The exit status is 1 where something could not be measured,
/// peers excepted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bench {
    /// Install the peers that are missing, and measure longer: up to half an hour
    #[arg(long)]
    full: bool,

    /// Seconds of each measurement [default: 2, with --full 5]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: Option<u64>,

    /// How often sides that are compared are measured in turn, of which the medians count [default: 3, with --full 5]
    #[arg(long, value_parser = rounds)]
    rounds: Option<usize>,

    /// Measure these alone, without writing the document
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    only: Vec<Measurement>,

    /// Install nothing, neither generators nor peers
    #[arg(long)]
    no_install: bool,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// The small echo, of everything that echoes
    Peers,
    /// 6 MB in and out
    Payload,
    /// First calls, many functions, guests that sleep or spin, durable events, system calls for memory
    Scenarios,
    /// One invocation in process, stage by stage
    Stages,
}

fn rounds(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rounds @ 1..=100) => Ok(rounds),
        _ => Err("a number from 1 to 100".into()),
    }
}

/// Runs it all.
#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
pub(crate) async fn run(bench: Bench, workspace: &Path) -> anyhow::Result<()> {
    let mut report = Report::new(workspace, command(), bench.full);
    let setup = setup(&bench, workspace).await?;
    let mut failures = Vec::new();
    if bench.wants(Measurement::Peers) {
        measure_peers(&setup, &mut report, &mut failures).await;
    }
    if bench.wants(Measurement::Payload) {
        let found = payload::run(&setup).await;
        let found = found.unwrap_or_else(|error| vec![payload::missing(&format!("{error:#}"))]);
        add(&mut report, &mut failures, found);
    }
    if bench.wants(Measurement::Scenarios) {
        measure_scenarios(&setup, &mut report, &mut failures).await;
    }
    if bench.wants(Measurement::Stages) {
        measure_stages(&setup, &mut report, &mut failures).await;
    }
    println!("{}", report.text());
    if bench.only.is_empty() {
        println!("{} written", write(workspace, &report)?.display());
    }
    if !failures.is_empty() {
        bail!("could not be measured: {}", failures.join("; "));
    }
    Ok(())
}

impl Bench {
    fn wants(&self, measurement: Measurement) -> bool {
        self.only.is_empty() || self.only.contains(&measurement)
    }

    fn installs(&self) -> Installs {
        match (self.no_install, self.full) {
            (true, _) => Installs::Nothing,
            (false, true) => Installs::Peers,
            (false, false) => Installs::Generators,
        }
    }
}

/// The command as it was typed, so that the document tells how it came about.
fn command() -> String {
    let arguments = std::env::args()
        .skip(1)
        .map(|argument| format!(" {argument}"));
    format!("cargo xtask{}", arguments.collect::<String>())
}

async fn setup(bench: &Bench, workspace: &Path) -> anyhow::Result<Setup> {
    progress::say("building sparkler (profile dist)");
    let sparkler = Sparkler::build(workspace).await?;
    let tools = Tools::here(bench.installs())?;
    let echo = workspace.join("examples/echo");
    let echo = sparkler.component(&echo, &tools).await?;
    // Nothing can be measured without it.
    tools.program("wrk").await?;
    let (seconds, rounds) = match bench.full {
        true => (SECONDS.1, ROUNDS.1),
        false => (SECONDS.0, ROUNDS.0),
    };
    Ok(Setup {
        sparkler,
        echo,
        workspace: workspace.to_owned(),
        tools,
        is_full: bench.full,
        seconds: bench.seconds.unwrap_or(seconds),
        rounds: bench.rounds.unwrap_or(rounds),
    })
}

async fn measure_peers(setup: &Setup, report: &mut Report, failures: &mut Vec<String>) {
    report.entries = contest::run(setup).await;
    report.findings.extend(contest::findings(&report.entries));
    for entry in &report.entries {
        if let (Err(why), false) = (&entry.outcome, entry.peer.is_optional()) {
            failures.push(format!("{}: {why}", entry.peer.name()));
        }
    }
}

async fn measure_scenarios(setup: &Setup, report: &mut Report, failures: &mut Vec<String>) {
    for scenario in scenarios::ALL {
        progress::say(format!("measuring {}", scenario.name));
        let found = (scenario.run)(setup).await.unwrap_or_else(|error| {
            let why = format!("{error:#}");
            vec![Finding::missing(
                scenario.name,
                crate::finding::Unit::Count,
                why,
            )]
        });
        add(report, failures, found);
    }
}

async fn measure_stages(setup: &Setup, report: &mut Report, failures: &mut Vec<String>) {
    progress::say("measuring the stages of an invocation");
    let valgrind = setup.tools.program("valgrind").await;
    if let Err(error) = &valgrind {
        progress::say(format!("instructions are not counted: {error:#}"));
    }
    let valgrind = valgrind.ok();
    let stages = stages::run(&setup.workspace, valgrind.as_deref()).await;
    let stages = stages.map_err(|error| format!("{error:#}"));
    add(report, failures, vec![stages::finding(&stages)]);
    report.stages = stages.unwrap_or_default();
}

fn add(report: &mut Report, failures: &mut Vec<String>, found: Vec<Finding>) {
    for finding in found {
        progress::say(&finding);
        // What takes too long for a short run says so by naming the option.
        let is_left_out = !report.is_full && finding.note.contains("--full");
        if !finding.is_measured() && !is_left_out {
            failures.push(format!("{}: {}", finding.what, finding.note));
        }
        report.findings.push(finding);
    }
}

/// Writes the document, with what people wrote about it.
fn write(workspace: &Path, report: &Report) -> anyhow::Result<PathBuf> {
    let notes = workspace.join("bench/NOTES.md");
    let notes = std::fs::read_to_string(&notes)
        .with_context(|| format!("{} cannot be read", notes.display()))?;
    let place = workspace.join("docs/BENCHMARKS.md");
    std::fs::write(&place, report.document(&notes))
        .with_context(|| format!("{} cannot be written", place.display()))?;
    Ok(place)
}
