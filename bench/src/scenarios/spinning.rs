//! Guests that never end, many for each core, beside callers who want a quick answer.

use std::time::Duration;

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::load::Load;
use crate::samples;
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
        duration: Duration::from_secs(setup.seconds),
    };
    let alone = Served::measure(&load, setup.rounds).await?;
    deployment.begin("spin", br#"{"do":"spin"}"#, SPINNERS);
    deployment.client.until_running(SPINNERS).await?;
    let beside = Served::measure(&load, setup.rounds).await?;
    let finding = Finding::new(
        format!("p99 of an echo beside {SPINNERS} guests that never end"),
        beside.p99,
        Unit::Milliseconds,
    )
    .with_target(Target::AtMost(TARGET_MILLISECONDS))
    .with_note(format!(
        "{CONNECTIONS} connections, {:.0} calls/s, median {:.2} ms; without those guests {:.0} calls/s, \
         p99 {:.2} ms; medians of {} rounds",
        beside.per_second, beside.p50, alone.per_second, alone.p99, setup.rounds,
    ));
    Ok(vec![finding])
}

/// How callers were served: the medians of some rounds, in milliseconds.
struct Served {
    per_second: f64,
    p50: f64,
    p99: f64,
}

impl Served {
    /// In rounds, since one pause of the whole machine is all that the p99 of its round tells of.
    async fn measure(load: &Load, rounds: usize) -> anyhow::Result<Self> {
        let (mut per_second, mut p50, mut p99) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let measured = load.run().await?;
            per_second.push(measured.requests_per_second);
            p50.push(samples::in_milliseconds(measured.p50));
            p99.push(samples::in_milliseconds(measured.p99));
        }
        Ok(Self {
            per_second: samples::median(per_second),
            p50: samples::median(p50),
            p99: samples::median(p99),
        })
    }
}
