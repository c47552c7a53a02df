//! What is measured side by side: the floor, the product in two shapes, hosts of WebAssembly and JavaScript,
//! and emulators of AWS Lambda.
//!
//! Each is started as its users start it, has to echo before it is loaded, and runs until its [`Running`] is
//! dropped.

mod echo;
mod emulators;
mod hosts;
mod ours;
mod process;

use std::any::Any;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::setup::Setup;

pub(crate) use echo::Endpoint;
use process::{Process, by_hand};

/// One of those that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Floor,
    Invoke,
    HttpGuest,
    WasmtimeDefaults,
    WasmtimeTuned,
    Workerd,
    CargoLambda,
    ServerlessOffline,
    Ministack,
}

/// One that has echoed, and can be loaded.
pub(crate) struct Running {
    pub(crate) endpoint: Endpoint,
    pub(crate) version: String,
    /// What starts the same on a command line.
    pub(crate) by_hand: String,
    processes: Processes,
    /// Processes and folders, which go when this goes.
    _keeps: Box<dyn Any + Send>,
}

/// Whom signals reach.
#[derive(Clone, Copy, Debug)]
enum Processes {
    One(Pid),
    Group(Pid),
}

impl Peer {
    /// All, in the order in which they are measured: what is compared stands close together.
    pub(crate) const ALL: [Self; 9] = [
        Self::Floor,
        Self::Invoke,
        Self::Workerd,
        Self::HttpGuest,
        Self::WasmtimeDefaults,
        Self::WasmtimeTuned,
        Self::CargoLambda,
        Self::ServerlessOffline,
        Self::Ministack,
    ];

    /// How the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "axum, bare echo (the floor)",
            Self::Invoke => "**Sparkler**, Invoke, Rust guest, fresh sandbox",
            Self::HttpGuest => "**Sparkler**, function URL, `wasi:http` guest, fresh sandbox",
            Self::WasmtimeDefaults => "`wasmtime serve`, defaults, the same guest",
            Self::WasmtimeTuned => "`wasmtime serve`, tuned, the same guest",
            Self::Workerd => "workerd, JavaScript echo, one isolate for all",
            Self::CargoLambda => "cargo-lambda, Rust function in 16 processes",
            Self::ServerlessOffline => "serverless-offline, JavaScript function",
            Self::Ministack => "ministack, Python function",
        }
    }

    /// Whether a machine may lack it: everything but the floor and the product itself.
    pub(crate) fn is_optional(self) -> bool {
        !matches!(self, Self::Floor | Self::Invoke | Self::HttpGuest)
    }

    /// Whether it has AWS Lambda's own interface.
    pub(crate) fn is_emulator(self) -> bool {
        matches!(
            self,
            Self::CargoLambda | Self::ServerlessOffline | Self::Ministack
        )
    }

    /// Starts it, and sees it echo.
    pub(crate) async fn start(self, setup: &Setup) -> anyhow::Result<Running> {
        match self {
            Self::Floor => ours::floor(setup).await,
            Self::Invoke => ours::invoke(setup).await,
            Self::HttpGuest => ours::http_guest(setup).await,
            Self::WasmtimeDefaults => hosts::wasmtime(setup, &[]).await,
            Self::WasmtimeTuned => hosts::wasmtime(setup, hosts::TUNED).await,
            Self::Workerd => hosts::workerd(setup).await,
            Self::CargoLambda => emulators::cargo_lambda(setup).await,
            Self::ServerlessOffline => emulators::serverless_offline(setup).await,
            Self::Ministack => emulators::ministack(setup).await,
        }
    }
}

impl Running {
    /// Stops it where it is, so that it takes nothing from others that are measured.
    pub(crate) fn pause(&self) {
        self.processes.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.processes.signal(Signal::CONT);
    }

    /// Starts a server, and waits until it echoes.
    async fn echoing(
        setup: &Setup,
        command: &mut Command,
        endpoint: Endpoint,
        version: impl Into<String>,
    ) -> anyhow::Result<Self> {
        let mut process = Process::start(command)?;
        process.until_it_echoes(&endpoint).await?;
        Ok(Self {
            endpoint,
            version: version.into(),
            by_hand: by_hand(command, &setup.workspace, setup.tools.folder()),
            processes: Processes::Group(process.group()),
            _keeps: Box::new(process),
        })
    }
}

impl Processes {
    /// What has ended cannot be signalled, which its next measurement will tell.
    fn signal(self, signal: Signal) {
        let _ = match self {
            Self::One(process) => kill_process(process, signal),
            Self::Group(group) => kill_process_group(group, signal),
        };
    }
}

/// The address of a function behind AWS's API.
fn invocations(address: impl std::fmt::Display, function: &str) -> Endpoint {
    Endpoint::new(format!(
        "http://{address}/2015-03-31/functions/{function}/invocations"
    ))
}

/// The folder of what a peer is given to run.
fn sources(workspace: &Path, peer: &str) -> std::path::PathBuf {
    workspace.join("bench/peers").join(peer)
}
