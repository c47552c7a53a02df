//! A server that has ten thousand functions: what it holds when none of them is called, and how fast it
//! is when calls go to a hundred of them at random.

use std::path::Path;
use std::time::{Duration, Instant};

use super::client::{Client, NewFunction, encoded};
use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::load::Load;
use crate::samples;
use crate::setup::Setup;

const FUNCTIONS: u32 = 10_000;
/// Those that are called: each is a component of its own. The others share one.
const HOT: u32 = 100;
/// Functions that are created at once.
const CREATORS: u32 = 16;
const CONNECTIONS: u32 = 16;
const TARGET_RATIO: f64 = 0.7;
const TARGET_MEGABYTES: f64 = 150.0;

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let folder = guests::data_folder()?;
    let creation = register(setup, folder.path()).await?;
    let started = Instant::now();
    let deployment = Deployment::in_folder(setup, folder.path()).await?;
    let start = samples::in_milliseconds(started.elapsed());
    let resting = Finding::new(
        "resident memory with 10,000 functions, none called",
        deployment.server.resident_megabytes()?,
        Unit::Megabytes,
    )
    .with_target(Target::AtMost(TARGET_MEGABYTES))
    .with_note(format!(
        "the server starts in {start:.0} ms; the functions were created in {:.0} s",
        creation.as_secs_f64()
    ));
    Ok(vec![resting, throughput(setup, &deployment).await?])
}

/// Creates all functions, and ends the server.
async fn register(setup: &Setup, folder: &Path) -> anyhow::Result<Duration> {
    let echo = guests::echo(setup)?;
    let deployment = Deployment::in_folder(setup, folder).await?;
    let started = Instant::now();
    // The first of those that share their code, before the others: it is compiled once.
    create(&deployment.client, HOT..HOT + 1, &echo).await?;
    deployment.client.until_active(&name(HOT)).await?;
    // Has it loaded, so that the others of the same code find it.
    deployment.call(&name(HOT), EVENT, 1).await?;
    let creators: Vec<_> = (0..CREATORS)
        .map(|creator| {
            let (client, echo) = (deployment.client.clone(), echo.clone());
            let numbers =
                (0..FUNCTIONS).filter(move |number| number % CREATORS == creator && *number != HOT);
            tokio::spawn(async move { create(&client, numbers, &echo).await })
        })
        .collect();
    for creator in creators {
        creator.await??;
    }
    for number in 0..FUNCTIONS {
        deployment.client.until_active(&name(number)).await?;
    }
    let creation = started.elapsed();
    deployment.server.stop().await?;
    Ok(creation)
}

async fn create(
    client: &Client,
    numbers: impl Iterator<Item = u32>,
    echo: &[u8],
) -> anyhow::Result<()> {
    let shared = encoded(echo);
    for number in numbers {
        let own = (number < HOT).then(|| encoded(&guests::numbered(echo, number)));
        let function = NewFunction {
            name: &name(number),
            code: own.as_deref().unwrap_or(&shared),
            timeout_seconds: 10,
        };
        client.create(&function).await?;
    }
    Ok(())
}

/// Calls of a hundred functions at random beside calls of one.
async fn throughput(setup: &Setup, deployment: &Deployment) -> anyhow::Result<Finding> {
    let hot: Vec<_> = (0..HOT)
        .map(|number| deployment.server.invoke_path(&name(number)))
        .collect();
    let load = Load {
        url: deployment.server.invoke_url(&name(0)),
        body: EVENT.to_vec(),
        headers: Vec::new(),
        connections: CONNECTIONS,
        duration: Duration::from_secs(setup.seconds),
    };
    // Has them loaded.
    load.run_among(&hot).await?;
    let (mut of_one, mut of_hot) = (Vec::new(), Vec::new());
    for _ in 0..setup.rounds {
        of_one.push(load.run_among(&hot[..1]).await?.requests_per_second);
        of_hot.push(load.run_among(&hot).await?.requests_per_second);
    }
    let (of_one, of_hot) = (samples::median(of_one), samples::median(of_hot));
    let megabytes = deployment.server.resident_megabytes()?;
    Ok(Finding::new(
        "throughput over 100 of 10,000 functions, against one function",
        of_hot / of_one,
        Unit::Ratio,
    )
    .with_target(Target::AtLeast(TARGET_RATIO))
    .with_note(format!(
        "{of_hot:.0} against {of_one:.0} calls/s over {CONNECTIONS} connections, drawn at random; \
         {megabytes:.0} MB resident after it"
    )))
}

fn name(number: u32) -> String {
    format!("function-{number:05}")
}
