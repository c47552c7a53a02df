//! The host as the commands run it, and how functions get into it without HTTP.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};

use super::functions::Function;
use super::listen::ListenAddress;
use super::signals::Shutdown;
use crate::app::{Host, HostConfig, Storage};
use crate::deployer::{CodeChange, CompileGuest, Deployer, NewFunction};
use crate::domain::{Account, Digest, FunctionName, LastUpdate, Refusal, State, Version};
use crate::sandbox::{CompileIsolation, CompileLimits};

/// The threads that serve.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads of the server cannot be started")
}

/// The program that runs, as the system knows it: its own path may hold another build by now.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// The configuration of a host that compiles in a child process, which is this program again.
pub(super) fn config(account: Account, storage: Storage) -> HostConfig {
    HostConfig {
        account,
        storage,
        compile: CompileIsolation::Child {
            program: THIS_PROGRAM.into(),
            arguments: vec!["compile-worker".into()],
            limits: CompileLimits::default(),
        },
        ..HostConfig::default()
    }
}

/// The configuration of a host without state.
pub(super) fn ephemeral_config() -> HostConfig {
    config(Account::default(), Storage::Ephemeral)
}

/// A host that listens.
pub(super) struct Serving {
    pub(super) host: Host,
    pub(super) address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Serving {
    /// Starts a host, and serves until `shutdown`.
    pub(super) async fn start(
        config: HostConfig,
        listen: &ListenAddress,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (listener, address) = listen.bind().await?;
        let host = Host::start(config).await?;
        let server = host.clone();
        Ok(Self {
            host,
            address,
            server: tokio::spawn(async move { server.serve(listener, shutdown).await }),
        })
    }

    /// Waits until the last invocation has ended.
    pub(super) async fn drained(self) -> anyhow::Result<()> {
        Ok(self.server.await?)
    }
}

/// Deploys every function into `host`; a request to leave ends it early, which is `false`.
pub(super) async fn deploy_all(
    host: &Host,
    account: &Account,
    functions: &[(Function, Bytes)],
    shutdown: &Shutdown,
    mut done: impl FnMut(&Function, Deployed),
) -> anyhow::Result<bool> {
    for (function, package) in functions {
        let deployment = deploy(host.deployer(), account, function, package.clone());
        tokio::select! {
            deployed = deployment => done(function, deployed?),
            () = shutdown.clone().requested() => return Ok(false),
        }
    }
    Ok(true)
}

/// What a deployment did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deployed {
    Created,
    Updated,
    Unchanged,
}

/// Creates a function, or makes an existing one what it is to be; returns when it can be invoked.
pub(super) async fn deploy<G: CompileGuest>(
    deployer: &Deployer<G>,
    account: &Account,
    function: &Function,
    package: Bytes,
) -> anyhow::Result<Deployed> {
    let name = &function.name;
    match deployer.settled(name).await {
        Ok(current) => update(deployer, &current, function, package).await,
        Err(Refusal::FunctionNotFound(_)) => {
            let new = NewFunction {
                name: name.clone(),
                settings: function.settings(account),
                package,
                tags: std::collections::BTreeMap::new(),
                publish: false,
            };
            deployer
                .create(new)
                .await
                .map_err(|refusal| refused(name, &refusal))?;
            settled(deployer, name).await.map(|()| Deployed::Created)
        }
        Err(refusal) => Err(refused(name, &refusal)),
    }
}

async fn update<G: CompileGuest>(
    deployer: &Deployer<G>,
    current: &Version,
    function: &Function,
    package: Bytes,
) -> anyhow::Result<Deployed> {
    let name = &function.name;
    let mut deployed = Deployed::Unchanged;
    if current.code.package != Digest::of(&package) || failure(current).is_some() {
        let change = CodeChange {
            package,
            architecture: None,
            dry_run: false,
            publish: false,
            expected_revision: None,
        };
        let updated = deployer.update_code(name, change).await;
        updated.map_err(|refusal| refused(name, &refusal))?;
        settled(deployer, name).await?;
        deployed = Deployed::Updated;
    }
    if let Some(change) = function.change() {
        let mut wanted = current.settings.clone();
        let applied = change.clone().apply(&mut wanted);
        applied.map_err(|refusal| refused(name, &refusal))?;
        // An empty environment and none at all are the same to a guest.
        if !same_but_for_an_empty_environment(&wanted, &current.settings) {
            let updated = deployer.update_settings(name, None, change).await;
            updated.map_err(|refusal| refused(name, &refusal))?;
            settled(deployer, name).await?;
            deployed = Deployed::Updated;
        }
    }
    Ok(deployed)
}

fn same_but_for_an_empty_environment(
    wanted: &crate::domain::Settings,
    current: &crate::domain::Settings,
) -> bool {
    let mut current = current.clone();
    let environment = current.environment.take().unwrap_or_default();
    current.environment = Some(environment);
    *wanted == current
}

async fn settled<G: CompileGuest>(
    deployer: &Deployer<G>,
    name: &FunctionName,
) -> anyhow::Result<()> {
    let version = deployer
        .settled(name)
        .await
        .map_err(|refusal| refused(name, &refusal))?;
    match failure(&version) {
        Some(reason) => bail!("{name} was not deployed: {reason}"),
        None => Ok(()),
    }
}

/// Why the last change of a function did not succeed.
fn failure(version: &Version) -> Option<&str> {
    match (&version.state, &version.last_update) {
        (State::Failed { reason, .. }, _) | (_, Some(LastUpdate::Failed { reason, .. })) => {
            Some(reason)
        }
        _ => None,
    }
}

fn refused(name: &FunctionName, refusal: &Refusal) -> anyhow::Error {
    anyhow!("{name} was not deployed: {refusal}")
}
