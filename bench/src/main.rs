//! What makes the documents that show results: `cargo xtask bench` measures what calls cost and writes
//! `docs/BENCHMARKS.md`, `cargo xtask conformance` runs tests and writes `docs/CONFORMANCE.md`. And what runs the tests
//! that need more than cargo brings, or longer than a change should: `cargo xtask browser` and `fuzz-components`.
//!
//! The product is built and started as its users have it, and never linked: this program stays small and quick
//! to build. Where it measures, it has itself built once more as the product is (`dist`). What can be measured only
//! in the same process are bench targets in `bench/benches`, which a run starts with cargo.

mod browser;
mod conformance;
mod contest;
mod dist;
mod finding;
mod floor;
mod fuzz_components;
mod instructions;
mod load;
mod payload;
mod peers;
mod progress;
mod report;
mod run;
mod samples;
mod scenarios;
mod setup;
mod sparkler;
mod stages;
mod tools;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use instructions::Then;
use tools::{Installs, Tools};

/// The product's own, so that the floor is as quick as it can be.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes the documents that show results
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    Bench(run::Bench),
    /// Run the tests that show what AWS Lambda does, and write docs/CONFORMANCE.md
    Conformance,
    /// Run the tests that need a browser: what a web page gets of a host. Needs Chromium
    Browser,
    /// Count the instructions of invocations with valgrind; fails where they have grown by more than 5 %
    Instructions {
        /// Take the counts for good, instead of comparing them with those that were
        #[arg(long)]
        accept: bool,
    },
    FuzzComponents(fuzz_components::FuzzComponents),
    /// Echo over HTTP with axum alone: what everything else is compared with
    #[command(hide = true)]
    Floor {
        /// Where to listen
        address: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Task::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let workspace = workspace.context("the folder of the workspace")?;
    match task {
        Task::Bench(_) | Task::Floor { .. } if !dist::is_this()? => {
            Err(dist::instead(workspace).await)
        }
        // Interrupted, it still ends what it has started.
        Task::Bench(bench) => tokio::select! {
            done = run::run(bench, workspace) => done,
            asked = asked_to_end() => asked.and_then(|()| bail!("interrupted")),
        },
        Task::Conformance => conformance::run(workspace),
        Task::Browser => browser::run(workspace, &Tools::here(Installs::Nothing)?),
        Task::Instructions { accept } => {
            let tools = Tools::here(Installs::Generators)?;
            let valgrind = tools.program("valgrind").await?;
            let then = match accept {
                true => Then::Accept,
                false => Then::Compare,
            };
            instructions::run(workspace, &valgrind, then).await
        }
        Task::FuzzComponents(task) => tokio::select! {
            done = fuzz_components::run(task, workspace) => done,
            asked = asked_to_end() => asked.and_then(|()| bail!("interrupted")),
        },
        Task::Floor { address } => floor::serve(address).await,
    }
}

/// Waits for Ctrl-C, or for the end of somebody's patience.
async fn asked_to_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
