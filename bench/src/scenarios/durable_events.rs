//! Asynchronous events that are on disk before they are answered, beside what one sync of the disk
//! costs: how well those who wait at once share it.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::load::Load;
use crate::samples;
use crate::setup::Setup;

/// Who waits for a sync shares it with all others that wait: the more there are, the more are accepted.
const CONNECTIONS: &[u32] = &[16, 64, 256];
/// Where there is little time: the last of them, which the target is for.
const CONNECTIONS_SHORT: &[u32] = &[256];
const TARGET_PER_SECOND: f64 = 10_000.0;

/// Syncs of which the median is taken.
const SYNCS: usize = 200;

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let folder = guests::data_folder()?;
    let sync = cost_of_a_sync(folder.path())?;
    let deployment = Deployment::in_folder(setup, &folder.path().join("data")).await?;
    deployment.create("echo", &guests::echo(setup)?).await?;
    deployment.call("echo", EVENT, 200).await?;
    let mut findings = Vec::new();
    let connections = match setup.is_full {
        true => CONNECTIONS,
        false => CONNECTIONS_SHORT,
    };
    for &connections in connections {
        let mut accepted = Vec::new();
        for _ in 0..setup.rounds {
            let load = load(setup, &deployment, connections);
            accepted.push(load.run().await?.requests_per_second);
            deployment.client.until_drained().await?;
        }
        findings.push(finding(connections, samples::median(accepted), sync));
    }
    if let Some(last) = findings.pop() {
        findings.push(last.with_target(Target::AtLeast(TARGET_PER_SECOND)));
    }
    Ok(findings)
}

fn load(setup: &Setup, deployment: &Deployment, connections: u32) -> Load {
    Load {
        url: deployment.server.invoke_url("echo"),
        body: EVENT.to_vec(),
        headers: vec![("X-Amz-Invocation-Type".into(), "Event".into())],
        connections,
        duration: Duration::from_secs(setup.seconds),
    }
}

fn finding(connections: u32, per_second: f64, sync: Duration) -> Finding {
    let shared = per_second * sync.as_secs_f64();
    Finding::new(
        format!("durable events accepted over {connections} connections"),
        per_second,
        Unit::PerSecond,
    )
    .with_note(format!(
        "while the function runs them; one sync of this disk takes {:.2} ms, and {shared:.1} events are \
         accepted in that time",
        samples::in_milliseconds(sync)
    ))
}

/// The median time of writing a page again, as in a log that is reused, and waiting until it is on disk.
fn cost_of_a_sync(folder: &Path) -> anyhow::Result<Duration> {
    let mut file = File::create(folder.join("sync"))?;
    let mut seconds = Vec::new();
    for _ in 0..SYNCS {
        file.rewind()?;
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    Ok(Duration::from_secs_f64(samples::median(seconds)))
}
