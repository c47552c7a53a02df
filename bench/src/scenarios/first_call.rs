//! The first call of a function that is on disk and not loaded: the server was started again since it
//! was deployed. The connection is open and other functions have run; files are in the page cache.

use std::path::Path;

use super::deployment::Deployment;
use super::{EVENT, guests};
use crate::finding::{Finding, Target, Unit};
use crate::samples;
use crate::setup::Setup;

/// What is called before what is measured, so that the process and the connection are warm.
const WARM: &str = "warm";

/// Fewer say little: each gives one figure only.
const ROUNDS_MIN: usize = 7;

/// A function whose first call is measured.
struct Cold {
    name: &'static str,
    what: &'static str,
    component: Vec<u8>,
    target_milliseconds: f64,
    first: Vec<f64>,
    later: Vec<f64>,
}

pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let echo = guests::echo(setup)?;
    let mut functions = [
        Cold::new(
            "rust",
            "first call of a Rust function",
            guests::numbered(&echo, 1),
            2.0,
        ),
        Cold::new(
            "javascript",
            "first call of a JavaScript function",
            guests::built(setup, guests::JAVASCRIPT_ECHO).await?,
            15.0,
        ),
    ];
    let folder = guests::data_folder()?;
    deploy(setup, folder.path(), &echo, &functions).await?;
    for _ in 0..setup.rounds.max(ROUNDS_MIN) {
        let deployment = Deployment::in_folder(setup, folder.path()).await?;
        deployment.call(WARM, EVENT, 200).await?;
        for function in &mut functions {
            function.measure(&deployment).await?;
        }
        deployment.server.stop().await?;
    }
    Ok(functions.into_iter().map(Cold::finding).collect())
}

async fn deploy(
    setup: &Setup,
    folder: &Path,
    echo: &[u8],
    functions: &[Cold],
) -> anyhow::Result<()> {
    let deployment = Deployment::in_folder(setup, folder).await?;
    deployment.create(WARM, echo).await?;
    for function in functions {
        deployment
            .create(function.name, &function.component)
            .await?;
    }
    deployment.server.stop().await
}

impl Cold {
    fn new(
        name: &'static str,
        what: &'static str,
        component: Vec<u8>,
        target_milliseconds: f64,
    ) -> Self {
        Self {
            name,
            what,
            component,
            target_milliseconds,
            first: Vec::new(),
            later: Vec::new(),
        }
    }

    async fn measure(&mut self, deployment: &Deployment) -> anyhow::Result<()> {
        self.first
            .extend(deployment.call(self.name, EVENT, 1).await?);
        self.later
            .extend(deployment.call(self.name, EVENT, 20).await?);
        Ok(())
    }

    fn finding(self) -> Finding {
        let rounds = self.first.len();
        let worst = self.first.iter().copied().fold(f64::NAN, f64::max);
        let megabytes = self.component.len() as f64 / 1e6;
        let note = format!(
            "component of {megabytes:.2} MB, median of {rounds} starts of the server, at most \
             {worst:.2} ms; later calls {:.2} ms",
            samples::median(self.later)
        );
        Finding::new(self.what, samples::median(self.first), Unit::Milliseconds)
            .with_target(Target::AtMost(self.target_milliseconds))
            .with_note(note)
    }
}
