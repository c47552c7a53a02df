//! The system calls that change a process's memory, while guests are called: each takes the one lock of
//! the process's memory, and some interrupt every core.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::samples;
use crate::setup::Setup;

const MEMORY_CALLS: [&str; 5] = ["madvise", "mprotect", "mmap", "munmap", "process_madvise"];

/// What a server that serves does in any case: where none of it is seen, nothing was traced.
const ORDINARY_CALLS: [&str; 2] = ["epoll_wait", "epoll_pwait"];

const CALLERS: usize = 16;
/// Calls of each caller before it is counted.
const WARMING_CALLS: usize = 250;
/// For so long it is warmed: the pool has been filled, every thread has run a guest, and the allocator
/// has given back what the deployment needed, which it does a second or two later.
const WARMING_DURATION: Duration = Duration::from_secs(4);
/// Of each caller, while it is counted.
const COUNTED_CALLS: usize = 250;
const INVOCATIONS: usize = CALLERS * COUNTED_CALLS;

/// Time for attaching to a process, and for leaving it.
const TRACER_WAIT_MAX: Duration = Duration::from_secs(20);

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let strace = setup.tools.program("strace").await?;
    let deployment = Deployment::ephemeral(setup, &[]).await?;
    deployment.create("echo", &guests::echo(setup)?).await?;
    let started = Instant::now();
    while started.elapsed() < WARMING_DURATION {
        load(&deployment, WARMING_CALLS).await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds {
        rounds.push(round(&strace, &deployment).await?);
    }
    let calls = rounds
        .iter()
        .map(|counted| sum(counted, &MEMORY_CALLS) as f64);
    let finding = Finding::new(
        format!("system calls for memory in {INVOCATIONS} invocations of an SDK guest"),
        samples::median(calls.collect()),
        Unit::Count,
    )
    .with_target(Target::AtMost(0.0))
    .with_note(note(&rounds));
    Ok(vec![finding])
}

/// Names of system calls, and how often each was made.
type Counted = Vec<(String, u64)>;

/// Counts while guests are called.
async fn round(strace: &Path, deployment: &Deployment) -> anyhow::Result<Counted> {
    let counts = tempfile::NamedTempFile::new()?;
    let tracer = attach(strace, deployment.server.pid()?, counts.path()).await?;
    load(deployment, COUNTED_CALLS).await?;
    detach(tracer).await?;
    let counted = counted(&std::fs::read_to_string(counts.path())?);
    if sum(&counted, &ORDINARY_CALLS) == 0 {
        bail!("strace saw nothing of the server");
    }
    Ok(counted)
}

fn sum(counted: &Counted, names: &[&str]) -> u64 {
    let wanted = counted
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()));
    wanted.map(|(_, calls)| calls).sum()
}

/// Many callers at once, each of which makes so many calls.
async fn load(deployment: &Deployment, calls: usize) -> anyhow::Result<()> {
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = deployment.client.clone();
            tokio::spawn(async move {
                for _ in 0..calls {
                    client.invoke("echo", EVENT).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}

/// strace that counts, attached to all threads of the process.
async fn attach(strace: &Path, pid: u32, counts: &Path) -> anyhow::Result<Child> {
    let calls = [&MEMORY_CALLS[..], &ORDINARY_CALLS].concat().join(",");
    let mut tracer = Command::new(strace)
        .args(["-f", "-c", "-e", &format!("trace={calls}")])
        .args(["-p", &pid.to_string(), "-o"])
        .arg(counts)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("strace could not be started")?;
    let said = tracer.stderr.take().context("its messages are a pipe")?;
    let mut lines = BufReader::new(said).lines();
    let first = timeout(TRACER_WAIT_MAX, lines.next_line())
        .await
        .context("strace did not attach to the server")??
        .unwrap_or_default();
    if !first.contains("attached") {
        bail!("strace could not attach to the server, which a container may forbid: {first}");
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(tracer)
}

/// Lets the server go, which writes the counts.
async fn detach(mut tracer: Child) -> anyhow::Result<()> {
    let pid = tracer.id().context("strace has ended by itself")?;
    let pid = Pid::from_raw(pid.cast_signed()).context("a process has a number")?;
    kill_process(pid, Signal::INT)?;
    let ended = timeout(TRACER_WAIT_MAX, tracer.wait()).await;
    ended.context("strace did not let go of the server")??;
    Ok(())
}

/// Names and counts out of strace's table: the name is the last column, the count the fourth.
fn counted(table: &str) -> Counted {
    let lines = table
        .lines()
        .map(|line| Vec::from_iter(line.split_whitespace()));
    lines
        .filter_map(|columns| {
            let name = *columns.last()?;
            let calls = columns.get(3)?.parse().ok()?;
            (name != "total").then(|| (name.to_owned(), calls))
        })
        .collect()
}

/// What was found in each round: the allocator gives memory back now and then, whatever runs.
fn note(rounds: &[Counted]) -> String {
    let rounds: Vec<_> = rounds.iter().map(round_text).collect();
    format!(
        "counted by strace, {CALLERS} callers at once, after warming; median of these rounds: {}",
        rounds.join("; ")
    )
}

fn round_text(counted: &Counted) -> String {
    let memory = counted
        .iter()
        .filter(|(name, _)| MEMORY_CALLS.contains(&name.as_str()));
    let parts: Vec<_> = memory
        .map(|(name, calls)| format!("{calls} {name}"))
        .collect();
    match parts.is_empty() {
        true => "none".into(),
        false => parts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_strace_is_read_with_and_without_errors() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n \
                     60.00    0.000300           3       100        12 epoll_wait\n \
                     40.00    0.000200           4         7           munmap\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000500           3       107        12 total\n";
        let expected = [("epoll_wait".to_owned(), 100), ("munmap".to_owned(), 7)];
        assert_eq!(counted(table), expected);
        assert_eq!(counted(""), []);
    }
}
