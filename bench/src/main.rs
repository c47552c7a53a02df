//! Measures what an invocation costs.
//!
//! `cargo run --release -p sparkler-bench -- invoke` counts microseconds per invocation inside one
//! process; `… -- http` compares requests per second over HTTP with a bare axum echo in the same run,
//! loaded by wrk; `… -- events` counts asynchronous events that become durable, beside the cost of a
//! sync of the same disk. Machines are noisy: the ratios of one run are what counts.

mod conformance;
mod events;
mod function;
mod http;
mod instructions;
mod invoke;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measure what invocations cost, and what is like AWS Lambda")]
enum Benchmark {
    /// Microseconds per invocation inside one process, one after the other and on all cores.
    Invoke {
        /// Invocations in each of the rounds.
        #[arg(long, default_value_t = 20_000)]
        invocations: u32,
        /// Rounds, of which the median is shown.
        #[arg(long, default_value_t = 9)]
        rounds: usize,
    },
    /// Requests per second over HTTP beside a bare axum echo, loaded by wrk.
    Http {
        /// Connections of the load.
        #[arg(long, default_value_t = 16)]
        connections: u32,
        /// Seconds of each measurement.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Times that both are measured in turn, of which the medians are shown.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Count instructions per invocation with valgrind; fails where they have grown by more than 5 %.
    Instructions {
        /// Take the counts for good, instead of comparing them with those that were.
        #[arg(long)]
        accept: bool,
    },
    /// Run the tests that show what AWS Lambda does, and write docs/CONFORMANCE.md.
    Conformance,
    /// Asynchronous events per second that are on disk before they are answered, over HTTP (loaded by
    /// wrk) and in process, while the function runs them.
    Events {
        /// Where the data directory is made; its disk is what is measured.
        #[arg(long, default_value = ".")]
        folder: PathBuf,
        /// Callers at once; several numbers are measured one after the other.
        #[arg(long, value_delimiter = ',', default_values_t = [16, 64, 256])]
        connections: Vec<u32>,
        /// Seconds of each measurement.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// Times that both are measured in turn, of which the medians are shown.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Benchmark::parse() {
        Benchmark::Invoke {
            invocations,
            rounds,
        } => invoke::run(invocations, rounds).await,
        Benchmark::Http {
            connections,
            seconds,
            rounds,
        } => http::run(connections, Duration::from_secs(seconds), rounds).await,
        Benchmark::Conformance => {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            conformance::run(workspace.context("the folder of the workspace")?)
        }
        Benchmark::Instructions { accept } => {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            let then = match accept {
                true => instructions::Then::Accept,
                false => instructions::Then::Compare,
            };
            instructions::run(
                workspace.context("the folder of the workspace")?,
                None,
                then,
            )
        }
        Benchmark::Events {
            folder,
            connections,
            seconds,
            rounds,
        } => {
            let load = events::Load {
                folder,
                connections,
                each: Duration::from_secs(seconds),
                rounds,
            };
            events::run(load).await
        }
    }
}

/// The middle one of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
