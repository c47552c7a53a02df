//! Measures what an invocation costs.
//!
//! `cargo run --release -p sparkler-bench -- invoke` counts microseconds per invocation inside one
//! process; `… -- http` compares requests per second over HTTP with a bare axum echo in the same run,
//! loaded by wrk. Machines are noisy: the ratios of one run are what counts.

mod conformance;
mod function;
mod http;
mod invoke;

use std::path::PathBuf;
use std::time::Duration;

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
    /// Run the tests that show what AWS Lambda does, and write docs/CONFORMANCE.md.
    Conformance,
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
            conformance::run(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."))
        }
    }
}

/// The middle one of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
