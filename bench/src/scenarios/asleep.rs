//! A thousand invocations that wait in the host at once: what they hold, and whether others are served.

use anyhow::{Context as _, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::samples;
use crate::setup::Setup;

const SLEEPERS: usize = 1_000;
/// Room for those who are served meanwhile.
const CONCURRENCY: &str = "1100";
const TARGET_MEGABYTES: f64 = 400.0;
const ECHOES: usize = 200;

/// Connections of the sleepers, at both ends, and what a process has open besides.
const DESCRIPTORS: u64 = 4_096;

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    raise_descriptors()?;
    let behaviours = guests::built(setup, guests::BEHAVIOURS).await?;
    let deployment = Deployment::ephemeral(setup, &["--concurrency", CONCURRENCY]).await?;
    deployment.create("echo", &guests::echo(setup)?).await?;
    deployment.create_long("sleep", &behaviours).await?;
    deployment.call("echo", EVENT, ECHOES).await?;
    let before = deployment.server.resident_megabytes()?;
    deployment.begin("sleep", br#"{"do":"sleep","ms":600000}"#, SLEEPERS);
    deployment.client.until_running(SLEEPERS).await?;
    let echoes = deployment.call("echo", EVENT, ECHOES).await?;
    deployment.client.until_running(SLEEPERS).await?;
    let finding = Finding::new(
        "resident memory with 1,000 invocations asleep",
        deployment.server.resident_megabytes()?,
        Unit::Megabytes,
    )
    .with_target(Target::AtMost(TARGET_MEGABYTES))
    .with_note(format!(
        "{before:.0} MB before; {ECHOES} echoes meanwhile: median {:.2} ms, p99 {:.2} ms",
        samples::median(echoes.clone()),
        samples::p99(echoes),
    ));
    Ok(vec![finding])
}

/// For this process and the servers that it starts: many systems begin with 1,024.
fn raise_descriptors() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= DESCRIPTORS) {
        return Ok(());
    }
    if limit.maximum.is_some_and(|maximum| maximum < DESCRIPTORS) {
        bail!(
            "1,000 connections need {DESCRIPTORS} descriptors: raise the hard limit (ulimit -Hn)"
        );
    }
    let raised = Rlimit {
        current: Some(DESCRIPTORS),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).context("the limit of descriptors could not be raised")
}
