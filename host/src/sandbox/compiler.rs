//! The host's side of compiling: hands wasm to the compiler, keeps what comes back.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::compile::{check, compile};
use super::compile_child::CompileChild;
use super::snapshot::{self, InitOrder};
use super::worker::CompileLimits;
use crate::deployer::{Initialized, Rejection};
use crate::domain::Digest;
use crate::limits;
use crate::storage::ArtifactStore;

/// Where components are compiled.
#[derive(Clone, Debug)]
pub enum CompileIsolation {
    /// In this process: for trusted components only, since nothing bounds what the compiler uses.
    InProcess,
    /// In a child process with limits of its own, started for each component. The program must run
    /// [`compile_worker`](super::compile_worker) when it is started with these arguments, followed by
    /// `--memory-bytes N --cpu-seconds N`.
    Child {
        /// The program, usually the one that runs.
        program: PathBuf,
        /// What tells it to be the worker.
        arguments: Vec<String>,
        /// What the worker is to hold itself to.
        limits: CompileLimits,
    },
}

/// Checks and compiles components, a few at a time.
pub(super) struct Compiler {
    isolation: CompileIsolation,
    engine_key: String,
    artifacts: Arc<ArtifactStore>,
    turns: Arc<Semaphore>,
}

/// A component that was checked; its compilation goes on, or begins when it is asked for.
pub struct Accepted {
    digest: Digest,
    work: Work,
    /// When the time is up, for checking, compiling and storing together.
    deadline: Instant,
    _turn: OwnedSemaphorePermit,
}

enum Work {
    Child(Box<CompileChild>),
    InProcess { component: Vec<u8> },
}

impl Accepted {
    /// Which component it is.
    pub(super) fn component(&self) -> Digest {
        self.digest
    }
}

impl Compiler {
    pub(super) fn new(
        isolation: CompileIsolation,
        engine_key: String,
        artifacts: Arc<ArtifactStore>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(limits::COMPILATIONS_MAX));
        Self {
            isolation,
            engine_key,
            artifacts,
            turns,
        }
    }

    /// Checks `wasm`, and starts to compile it where that happens in a process of its own.
    pub(super) async fn accept(&self, digest: Digest, wasm: Bytes) -> Result<Accepted, Rejection> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(failed)?;
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
        let work = match &self.isolation {
            CompileIsolation::InProcess => {
                let component = spawn_blocking(move || accepted_component(wasm))
                    .await
                    .map_err(failed)??;
                Work::InProcess { component }
            }
            CompileIsolation::Child {
                program,
                arguments,
                limits,
            } => {
                let child = CompileChild::start(program, arguments, *limits, wasm);
                Work::Child(Box::new(within_time(deadline, child).await?))
            }
        };
        Ok(Accepted {
            digest,
            work,
            deadline,
            _turn: turn,
        })
    }

    /// Waits for the artifact and stores it.
    pub(super) async fn finish(&self, accepted: Accepted) -> Result<(), Rejection> {
        let Accepted {
            digest,
            work,
            deadline,
            _turn,
        } = accepted;
        match work {
            Work::InProcess { component } => {
                let artifact = spawn_blocking(move || compile(&component))
                    .await
                    .map_err(failed)??;
                self.store(digest, io::Cursor::new(artifact)).await
            }
            Work::Child(mut child) => {
                within_time(deadline, async {
                    let artifact = child.artifact().await?;
                    self.store(digest, artifact).await
                })
                .await
            }
        }
    }

    /// Initializes `wasm` for a snapshot. Its own time comes on top of what compiling it may take.
    pub(super) async fn initialize(
        &self,
        order: InitOrder,
        wasm: Bytes,
    ) -> Result<Initialized, Rejection> {
        let _turn = self.turns.acquire().await.map_err(failed)?;
        let duration_max = order.duration_max + limits::SNAPSHOT_READ_DURATION_MAX;
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX + duration_max;
        match &self.isolation {
            CompileIsolation::InProcess => {
                let initialized =
                    spawn_blocking(move || snapshot::initialize(wasm.into(), &order)).await;
                initialized.map_err(failed)?
            }
            CompileIsolation::Child {
                program,
                arguments,
                limits,
            } => {
                let limits = CompileLimits {
                    cpu_seconds_max: limits.cpu_seconds_max + duration_max.as_secs(),
                    ..*limits
                };
                let child = CompileChild::initialize(program, arguments, limits, order, wasm);
                within_time(deadline, child).await
            }
        }
    }

    async fn store(
        &self,
        digest: Digest,
        mut artifact: impl Read + Send + 'static,
    ) -> Result<(), Rejection> {
        let (artifacts, key) = (Arc::clone(&self.artifacts), self.engine_key.clone());
        spawn_blocking(move || artifacts.put(&key, digest, &mut artifact))
            .await
            .map_err(failed)?
            .map_err(|error| {
                Rejection::of_host(format!("The compiled code could not be kept: {error}"))
            })
    }
}

fn accepted_component(wasm: Bytes) -> Result<Vec<u8>, Rejection> {
    let (component, inspection) = check(wasm.into())?;
    inspection.accept()?;
    Ok(component)
}

async fn within_time<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| {
        Err(Rejection::of_code(format!(
            "The component takes longer than {} seconds to compile. Make it smaller, or split \
                 its largest functions.",
            limits::COMPILE_DURATION_MAX.as_secs()
        )))
    })
}

/// The host, or the process that compiles, did not do its part.
pub(super) fn failed(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(format!("The component could not be compiled: {error}."))
}
