//! Guests that never end, many for each core, beside callers who want a quick answer.

use std::time::Duration;

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::load::Load;
use crate::setup::Setup;

const SPINNERS: usize = 32;
const CONNECTIONS: u32 = 2;
const TARGET_MILLISECONDS: f64 = 25.0;

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let behaviours = guests::built(setup, guests::BEHAVIOURS).await?;
    let deployment = Deployment::ephemeral(setup, &[]).await?;
    deployment.create("echo", &guests::echo(setup)?).await?;
    deployment.create_long("spin", &behaviours).await?;
    deployment.call("echo", EVENT, 100).await?;
    let load = Load {
        url: deployment.server.invoke_url("echo"),
        body: EVENT.to_vec(),
        headers: Vec::new(),
        connections: CONNECTIONS,
        duration: Duration::from_secs(setup.seconds.max(3)),
    };
    let alone = load.run().await?;
    deployment.begin("spin", br#"{"do":"spin"}"#, SPINNERS);
    deployment.client.until_running(SPINNERS).await?;
    let beside = load.run().await?;
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let finding = Finding::new(
        format!("p99 of an echo beside {SPINNERS} guests that never end"),
        milliseconds(beside.p99),
        Unit::Milliseconds,
    )
    .with_target(Target::AtMost(TARGET_MILLISECONDS))
    .with_note(format!(
        "{CONNECTIONS} connections, {:.0} calls/s, median {:.2} ms; without those guests {:.0} calls/s, \
         p99 {:.2} ms",
        beside.requests_per_second,
        milliseconds(beside.p50),
        alone.requests_per_second,
        milliseconds(alone.p99),
    ));
    Ok(vec![finding])
}
