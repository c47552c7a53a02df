//! A server that runs, and a client of it.

use std::path::Path;

use anyhow::Context as _;

use super::client::{Client, NewFunction, encoded};
use crate::samples;
use crate::setup::Setup;
use crate::sparkler::Server;

/// How long a function may take unless it is to take long.
const TIMEOUT_SECONDS: u32 = 10;

/// As long as a function can be given.
const TIMEOUT_SECONDS_MAX: u32 = 900;

/// A server and a client of it.
pub(super) struct Deployment {
    pub(super) server: Server,
    pub(super) client: Client,
}

impl Deployment {
    /// A server that keeps nothing.
    pub(super) async fn ephemeral(setup: &Setup, arguments: &[&str]) -> anyhow::Result<Self> {
        let arguments = [&["--ephemeral"], arguments].concat();
        Ok(Self::of(setup.sparkler.serve(&arguments).await?))
    }

    /// A server that keeps what it has in `folder`.
    pub(super) async fn in_folder(setup: &Setup, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("a path in UTF-8")?;
        let arguments = ["--data-dir", folder];
        Ok(Self::of(setup.sparkler.serve(&arguments).await?))
    }

    fn of(server: Server) -> Self {
        Self {
            client: Client::of(&server),
            server,
        }
    }

    /// Has a function with an ordinary timeout.
    pub(super) async fn create(&self, name: &str, component: &[u8]) -> anyhow::Result<()> {
        self.create_within(name, component, TIMEOUT_SECONDS).await
    }

    /// Has a function that may run as long as one can.
    pub(super) async fn create_long(&self, name: &str, component: &[u8]) -> anyhow::Result<()> {
        self.create_within(name, component, TIMEOUT_SECONDS_MAX)
            .await
    }

    async fn create_within(
        &self,
        name: &str,
        component: &[u8],
        timeout_seconds: u32,
    ) -> anyhow::Result<()> {
        let function = NewFunction {
            name,
            code: &encoded(component),
            timeout_seconds,
        };
        self.client.create(&function).await?;
        self.client.until_active(name).await
    }

    /// Calls a function so often, one call after the other.
    pub(super) async fn call(
        &self,
        function: &str,
        event: &[u8],
        times: usize,
    ) -> anyhow::Result<Vec<f64>> {
        let mut milliseconds = Vec::with_capacity(times);
        for _ in 0..times {
            let call = self.client.invoke(function, event);
            milliseconds.push(samples::milliseconds(call).await?);
        }
        Ok(milliseconds)
    }

    /// Begins so many calls, which go on until the server ends.
    pub(super) fn begin(&self, function: &str, event: &'static [u8], calls: usize) {
        for _ in 0..calls {
            let (client, function) = (self.client.clone(), function.to_owned());
            // Nobody waits for the answer: there is none before the server ends.
            tokio::spawn(async move { client.invoke(&function, event).await });
        }
    }
}
