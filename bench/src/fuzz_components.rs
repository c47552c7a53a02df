//! Components that nobody wrote, on a live host: each is deployed, called and deleted. Whatever they are, the host stays,
//! answers everybody else meanwhile, and holds no more in the end than in the beginning.
//!
//! Each component is made of one number and of nothing else, so that it can be made again.

mod generated;
mod random;
mod round;
mod tally;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use tokio::task::JoinSet;

use crate::progress::say;
use crate::scenarios::client::Client;
use crate::sparkler::{Server, Sparkler};
use round::Round;
use tally::Tally;
use watch::{Echo, Held};

/// Components that are on the host at once, beside the one that must always answer.
const AT_ONCE: u64 = 4;

/// How often it is told how far a run has come.
const TOLD_EVERY: u64 = 250;

/// Deploy components that nobody wrote to a live host, call and delete them; the host must stay
#[derive(Debug, Args)]
pub(crate) struct FuzzComponents {
    /// How many
    #[arg(default_value_t = 1_000)]
    components: u64,
    /// The number that the first is made of; the others are made of those that follow
    #[arg(long)]
    seed: Option<u64>,
    /// Stop after that many minutes, however many there were
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

/// What all rounds share.
struct Run {
    client: Client,
    tally: Tally,
    next: AtomicU64,
    end: u64,
    until: Instant,
}

/// Builds the host, starts it, and sends it the components.
///
/// # Errors
/// Where the host, or what is beside the components on it, did not get over one.
pub(crate) async fn run(task: FuzzComponents, workspace: &Path) -> anyhow::Result<()> {
    let seed = task.seed.unwrap_or_else(random::seed);
    let sparkler = Sparkler::build_to_test(workspace).await?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let data = folder.path().join("data");
    let data = data.to_str().context("a path in UTF-8")?;
    let server = sparkler.serve(&["--data-dir", data]).await?;
    say(format!(
        "{} components from --seed {seed} on",
        task.components
    ));
    let run = Arc::new(Run {
        client: Client::of(&server),
        tally: Tally::default(),
        next: AtomicU64::new(seed),
        end: seed.saturating_add(task.components),
        until: Instant::now() + Duration::from_secs(60 * task.minutes),
    });
    let ran = all(&run, &server).await;
    say(run.tally.told());
    ran?;
    let left = task.components.saturating_sub(run.tally.done());
    if left > 0 {
        say(format!(
            "the time was over: {left} of {} components were not tried (--minutes {})",
            task.components, task.minutes
        ));
    }
    // Ends as it would for its owner: nothing that was deployed keeps it from that.
    server.stop().await
}

async fn all(run: &Arc<Run>, server: &Server) -> anyhow::Result<()> {
    let mut echo = Echo::begin(run.client.clone()).await?;
    let mut held = Held::default();
    let mut rounds = JoinSet::new();
    for _ in 0..AT_ONCE {
        rounds.spawn(one_after_the_other(Arc::clone(run)));
    }
    let mut told = 0;
    loop {
        tokio::select! {
            ended = rounds.join_next() => match ended {
                Some(ended) => ended??,
                None => break,
            },
            // It ends only with what went wrong.
            failed = echo.failed() => return failed,
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                let done = run.tally.done();
                held.note(server.resident_megabytes()?, done);
                if done / TOLD_EVERY > told {
                    told = done / TOLD_EVERY;
                    say(format!("{} {held}", run.tally.told()));
                }
            }
        }
    }
    held.note(server.resident_megabytes()?, run.tally.done());
    say(format!(
        "the echo answered {} times; {held}",
        echo.answered()
    ));
    ensure!(echo.answered() > 0, "the echo has never answered");
    held.check()
}

/// Takes one number after the other, until there are no more or the time is over.
async fn one_after_the_other(run: Arc<Run>) -> anyhow::Result<()> {
    while Instant::now() < run.until {
        let seed = run.next.fetch_add(1, Ordering::Relaxed);
        if seed >= run.end {
            return Ok(());
        }
        let round = Round::new(&run.client, seed);
        let ending = round.run().await.with_context(|| {
            format!("the component of `cargo xtask fuzz-components 1 --seed {seed}` was too much")
        })?;
        run.tally.note(ending);
    }
    Ok(())
}
