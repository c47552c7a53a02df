//! The host as the commands run it, and how functions get into it without HTTP.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use sparkler::internals::{Cause, CompileGuest, Deployer, NotDeployed, Parts as _, Wanted};
use sparkler::{Account, CompileIsolation, CompileLimits, Host, HostConfig, StartError, Storage};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::freed_memory;
use super::functions::Function;
use super::runtimes::default_folder;
use super::signals::Shutdown;
use crate::toolchain;
pub(super) use sparkler::internals::Deployed;

/// The threads of a host, whose process takes what it needs for many callers.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    toolchain::take_for_server();
    freed_memory::give_back()?;
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
        compile: compiler(&[]),
        runtimes: default_folder(),
        give_back_memory: Some(freed_memory::collect),
        ..HostConfig::default()
    }
}

/// This program again, as a compiler, with more arguments.
pub(super) fn compiler(arguments: &[&str]) -> CompileIsolation {
    let command = ["compile-worker"].iter().chain(arguments);
    CompileIsolation::Child {
        program: THIS_PROGRAM.into(),
        arguments: command.map(ToString::to_string).collect(),
        limits: CompileLimits::default(),
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
    server: tokio::task::JoinHandle<Result<(), StartError>>,
}

impl Serving {
    /// Starts a host, and serves until `shutdown`.
    pub(super) async fn start(
        config: HostConfig,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
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
        Ok(self.server.await??)
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

/// Creates a function, or makes an existing one what it is to be; returns when it can be invoked.
pub(super) async fn deploy<G: CompileGuest>(
    deployer: &Deployer<G>,
    account: &Account,
    function: &Function,
    package: Bytes,
) -> anyhow::Result<Deployed> {
    let wanted = Wanted {
        name: function.name.clone(),
        package,
        settings: function.settings(account).map_err(NotDeployed::from)?,
        change: function.settings.clone(),
    };
    let by_program = deployer.by(Cause::host("DeployFunction"));
    let deployed = by_program.deploy(wanted).await;
    deployed.map_err(|problem| anyhow!("{} was not deployed: {problem}", function.name))
}
