//! Microseconds of each stage.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use criterion::Criterion;
use sparkler::internals::FunctionArn;
use tokio::runtime::{Builder, Runtime};

use crate::calls::Calls;
use crate::instructions;
use crate::stage::{self, Meter, Stages};

/// The whole invocations that are also measured two at once.
const FRESH_TWICE: &str = "whole invocation, fresh, two at once";
const REUSED_TWICE: &str = "whole invocation, reused, two at once";

/// All of them, in the order of the table.
const ALL: [&str; 15] = [
    stage::PARSE,
    stage::RESOLVE,
    stage::ADMIT,
    stage::INSTANTIATE,
    stage::CALL,
    stage::RESET,
    stage::REPLY,
    stage::FRESH,
    stage::REUSED,
    stage::PREPARED,
    FRESH_TWICE,
    REUSED_TWICE,
    stage::SERVED,
    stage::SIGNED,
    stage::WEB,
];

/// Adds up how long what it sees takes.
#[derive(Default)]
struct Stopwatch(Duration);

impl Meter for Stopwatch {
    fn measure<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = part();
        self.0 += started.elapsed();
        done
    }
}

/// Times all stages, and ends with `stages:` and a line for each: its name, microseconds, and instructions or a
/// dash.
#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
pub(crate) fn show() -> anyhow::Result<()> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stages");
    forget_results(&results);
    time_all(&results)?;
    let counts = match instructions::counted() {
        Ok(counts) => counts,
        Err(error) => {
            println!("\ninstructions are not counted: {error:#}");
            Vec::new()
        }
    };
    println!("\nstages:");
    for stage in ALL {
        // A filter among the arguments leaves some out.
        let Some(microseconds) = microseconds(&results, stage)? else {
            continue;
        };
        let count = counts.iter().find(|(counted, _)| *counted == stage);
        let count = count.map_or_else(|| "-".to_owned(), |(_, count)| count.to_string());
        println!("{stage}\t{microseconds:.3}\t{count}");
    }
    Ok(())
}

fn time_all(results: &Path) -> anyhow::Result<()> {
    let mut stages = Stages::of_new_host(several_threads()?)?;
    let mut criterion = Criterion::default()
        .output_directory(results)
        .without_plots()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for stage in ALL {
        criterion.bench_function(stage, |bencher| {
            bencher.iter_custom(|times| {
                let timed = match stage {
                    FRESH_TWICE => {
                        twice(&stages.runtime, &stages.calls, &stages.calls.fresh, times)
                    }
                    REUSED_TWICE => {
                        twice(&stages.runtime, &stages.calls, &stages.calls.reused, times)
                    }
                    _ => once(&mut stages, stage, times),
                };
                timed.expect("the echo answers")
            });
        });
    }
    criterion.final_summary();
    Ok(())
}

pub(crate) fn several_threads() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

fn once(stages: &mut Stages, stage: &str, times: u64) -> anyhow::Result<Duration> {
    let mut stopwatch = Stopwatch::default();
    stages.run(stage, times, &mut stopwatch)?;
    Ok(stopwatch.0)
}

/// How long so many take where two callers share them: per invocation, half of what each of the two waits.
fn twice(
    runtime: &Runtime,
    calls: &Calls,
    target: &Arc<FunctionArn>,
    times: u64,
) -> anyhow::Result<Duration> {
    let each = times.div_ceil(2);
    let started = Instant::now();
    let callers = [(), ()].map(|()| {
        let (calls, target) = (calls.clone(), Arc::clone(target));
        runtime.spawn(async move {
            for _ in 0..each {
                calls.invoke(&target).await?;
            }
            anyhow::Ok(())
        })
    });
    for caller in callers {
        runtime.block_on(caller)??;
    }
    let share = times as f64 / (2 * each) as f64;
    Ok(started.elapsed().mul_f64(share))
}

/// Forgets the results of an earlier run, all but what criterion compares with.
fn forget_results(results: &Path) {
    for stage in ALL {
        // What is not there need not go.
        let _ = std::fs::remove_dir_all(newest(results, stage));
    }
}

/// The median that criterion found; `None` of a stage that was left out.
fn microseconds(results: &Path, stage: &str) -> anyhow::Result<Option<f64>> {
    let path = newest(results, stage).join("estimates.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(None);
    };
    let estimates: serde_json::Value = serde_json::from_str(&text)?;
    let nanoseconds = estimates["median"]["point_estimate"].as_f64();
    let nanoseconds = nanoseconds.with_context(|| format!("no median in {}", path.display()))?;
    Ok(Some(nanoseconds / 1_000.0))
}

fn newest(results: &Path, stage: &str) -> PathBuf {
    results.join(stage).join("new")
}
