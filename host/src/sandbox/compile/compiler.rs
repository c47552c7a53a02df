//! The host's side of compiling: hands wasm to the compiler, keeps what comes back, and takes in what was
//! compiled elsewhere where the host's owner trusts it.

mod interpreters;
#[cfg(all(test, feature = "storage"))]
mod tests;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::choice::compiler;
use super::compiling::{self, Compilation, Compile, Step, Stop, failed};
use super::interpreters::Interpreters;
use super::isolation::CompileIsolation;
use super::meter::Meter;
use super::queues::Queues;
use crate::deployer::{ComponentSource, DeployFigures, Initialized, Lane, Rejection};
use crate::domain::{Account, Code, Digest, Lock, Version};
use crate::invoker::Initializing;
use crate::limits;
use crate::package::Precompiled;
use crate::runtimes::Runtimes;
use crate::sandbox::engine::concurrency::Concurrency;
use crate::sandbox::engine::engines::AddressSpace;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::storage::{ArtifactStore, DISK_FULL};

/// Checks and compiles components, a few at a time and in turns.
pub(in crate::sandbox) struct Compiler {
    compile: Box<dyn Compile>,
    engine_key: String,
    artifacts: Arc<ArtifactStore>,
    /// Whether code that was compiled elsewhere is taken in.
    trusts_artifacts: bool,
    queues: Queues,
    /// Room for those that wait to be compiled, in megabytes.
    waiting: Arc<Semaphore>,
    interpreters: Interpreters,
}

/// What a compiler is made of.
pub(in crate::sandbox) struct CompilerConfig {
    pub(in crate::sandbox) isolation: CompileIsolation,
    pub(in crate::sandbox) interfaces: Interfaces,
    /// What code is compiled for.
    pub(in crate::sandbox) space: AddressSpace,
    pub(in crate::sandbox) engine_key: String,
    pub(in crate::sandbox) artifacts: Arc<ArtifactStore>,
    /// Whether code that was compiled elsewhere is taken in.
    pub(in crate::sandbox) trusts_artifacts: bool,
    /// The interpreters that there are.
    pub(in crate::sandbox) runtimes: Runtimes,
}

const MEGABYTE: u64 = 1024 * 1024;

/// A component that was checked; its compilation begins when it is asked for.
pub struct Accepted {
    lane: Lane,
    code: Code,
    work: Work,
}

enum Work {
    Compile {
        bytes: u64,
        /// `None` where there is no room for what waits: then it is begun anew.
        checked: Option<Checked>,
    },
    /// It was compiled elsewhere.
    Keep(Bytes),
    /// An interpreter runs it, which is compiled once.
    Interpret,
    /// It is a packed state of an interpreter.
    State(Bytes),
    /// It was compiled here before.
    Nothing,
}

/// What waits to be told to compile, or does so.
struct Checked {
    compilation: Box<dyn Compilation>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Accepted {
    /// A component of which there is compiled code already.
    pub(in crate::sandbox) fn known(lane: &Lane, code: &Code) -> Self {
        Self {
            lane: lane.clone(),
            code: code.clone(),
            work: Work::Nothing,
        }
    }

    /// An interpreter that is to be compiled for its own sake.
    pub(in crate::sandbox) fn interpreted(lane: &Lane, code: &Code) -> Self {
        Self {
            lane: lane.clone(),
            code: code.clone(),
            work: Work::Interpret,
        }
    }

    /// Whether there is nothing to be done for it.
    pub(in crate::sandbox) fn is_known(&self) -> bool {
        matches!(self.work, Work::Nothing)
    }

    /// Which code it is.
    pub(in crate::sandbox) fn code(&self) -> &Code {
        &self.code
    }
}

impl Compiler {
    pub(in crate::sandbox) fn new(config: CompilerConfig) -> Self {
        let megabytes = limits::WAITING_COMPONENTS_BYTES_MAX / MEGABYTE;
        let megabytes = usize::try_from(megabytes).unwrap_or(usize::MAX);
        Self {
            compile: compiler(config.isolation, config.interfaces, config.space),
            engine_key: config.engine_key,
            artifacts: config.artifacts,
            trusts_artifacts: config.trusts_artifacts,
            queues: Queues::default(),
            waiting: Arc::new(Semaphore::new(megabytes)),
            interpreters: Interpreters::new(config.runtimes),
        }
    }

    /// Checks `wasm`, the component of `code`.
    pub(in crate::sandbox) async fn accept(
        &self,
        lane: &Lane,
        code: &Code,
        wasm: Bytes,
    ) -> Result<Accepted, Rejection> {
        let work = match code.interpreter {
            Some(_) if code.is_sources() => Work::Interpret,
            Some(_) => Work::State(wasm),
            None if Precompiled::is_one(&wasm) => Work::Keep(self.admit(wasm)?),
            None => self.check(lane, wasm).await?,
        };
        Ok(Accepted {
            lane: lane.clone(),
            code: code.clone(),
            work,
        })
    }

    async fn check(&self, lane: &Lane, wasm: Bytes) -> Result<Work, Rejection> {
        let bytes = wasm.len() as u64;
        let check = |meter| self.compile.check(wasm.clone(), meter);
        let queues = &self.queues;
        let compilation = queues.in_turn(&queues.checks, lane, bytes, check).await?;
        let waiting = Arc::clone(&self.waiting);
        let room = waiting.try_acquire_many_owned(megabytes(bytes)).ok();
        let checked = room.map(|room| Checked {
            compilation,
            _room: Some(room),
        });
        Ok(Work::Compile { bytes, checked })
    }

    /// Compiles it when its turn comes, and stores the artifact. `source` gives its component where that is begun
    /// anew.
    pub(in crate::sandbox) async fn finish(
        &self,
        accepted: Accepted,
        source: Arc<dyn ComponentSource>,
    ) -> Result<(), Rejection> {
        let Accepted { lane, code, work } = accepted;
        let (bytes, checked) = match work {
            Work::Nothing => return Ok(()),
            Work::Interpret => return self.prepare(&lane, &code).await,
            Work::State(packed) => return self.compile_state(&lane, &code, packed).await,
            Work::Keep(bytes) => {
                let artifact = Box::new(io::Cursor::new(bytes));
                return self.store(code.component, artifact).await;
            }
            Work::Compile { bytes, checked } => (bytes, Lock::new(checked)),
        };
        let compile = |meter| -> Step<'_, ()> {
            let checked = checked.lock().take();
            Box::pin(self.compile(checked, bytes, &code, &source, meter))
        };
        let queues = &self.queues;
        let compiled = queues.in_turn(&queues.compilations, &lane, bytes, compile);
        compiled.await
    }

    async fn compile(
        &self,
        checked: Option<Checked>,
        bytes: u64,
        code: &Code,
        source: &Arc<dyn ComponentSource>,
        meter: Meter,
    ) -> Result<(), Stop> {
        // What was begun ends, whatever has become of the disk: where there is no room for what it may come to, what
        // it does come to may take what must stay free.
        let compiled_bytes = bytes.saturating_mul(limits::ARTIFACT_BYTES_OF_COMPONENT_BYTE);
        let _on_disk = self.artifacts.room(compiled_bytes).await.ok();
        let mut checked = match checked {
            Some(checked) => checked,
            None => Checked {
                compilation: {
                    let wasm = component(source, code).await?;
                    self.compile.check(wasm, meter.clone()).await?
                },
                _room: None,
            },
        };
        let artifact = checked.compilation.artifact(meter).await?;
        // A compiler that stops in the middle is ended with `checked`.
        let stored = timeout(
            limits::COMPILE_DURATION_MAX,
            self.store(code.component, artifact),
        );
        let in_time = stored
            .await
            .map_err(|_| failed("its code did not come to an end"))?;
        Ok(in_time?)
    }

    /// Initializes a version for a snapshot when its turn comes. It counts to what the account runs at once, and waits
    /// where that is all it may.
    pub(in crate::sandbox) async fn initialize(
        &self,
        (account, concurrency): (&Account, &Concurrency),
        lane: &Lane,
        version: &Version,
        source: Arc<dyn ComponentSource>,
    ) -> Result<Initialized, Rejection> {
        if version.code.is_sources() {
            return self
                .import((account, concurrency), lane, version, source)
                .await;
        }
        let initialize = |meter| -> Step<'_, Initialized> {
            let source = Arc::clone(&source);
            Box::pin(async move {
                let wasm = component(&source, &version.code).await?;
                match Precompiled::is_one(&wasm) {
                    true => Ok(Initialized::impossible(PRECOMPILED)),
                    false => self.compile.initialize(account, version, wasm, meter).await,
                }
            })
        };
        let initialized = self.counted(concurrency, lane, version, initialize).await?;
        Ok(initialized.unwrap_or_else(|| Initialized::impossible(NO_CONCURRENCY)))
    }

    /// Does what runs the code of a version when its turn comes, and counts it to what the account runs at once. `None`
    /// where that is all it may, for as long as is waited.
    async fn counted<'a, T>(
        &self,
        concurrency: &Concurrency,
        lane: &Lane,
        version: &Version,
        step: impl Fn(Meter) -> Step<'a, T>,
    ) -> Result<Option<T>, Rejection> {
        let counted = Initializing::Function(&version.function);
        let begun = |meter| -> Step<'_, Option<T>> {
            let step = step(meter);
            Box::pin(async move {
                // Not before its turn, so that it takes nothing from the account's calls while it waits for that.
                let Ok(_admission) = concurrency.begin(counted) else {
                    return Ok(None);
                };
                step.await.map(Some)
            })
        };
        let (queues, bytes) = (&self.queues, version.code.package_bytes);
        let in_turn = || queues.in_turn(&queues.initializations, lane, bytes, begun);
        concurrency.begin_in_turn(counted, in_turn).await
    }

    /// What waits for its turn and what has it.
    pub(in crate::sandbox) fn figures(&self) -> DeployFigures {
        self.queues.figures()
    }

    /// The code in what was compiled elsewhere. Compiled code is run as it is, outside of any sandbox if it
    /// wants to be: nobody but the host's owner can say that it is trusted.
    fn admit(&self, file: Bytes) -> Result<Bytes, Rejection> {
        if !self.trusts_artifacts {
            return Err(Rejection::of_code(
                "The file holds compiled code, which this host does not take: it would run as a part of the \
                 host, outside of the sandbox, if whoever made it wanted that. Upload the component \
                 instead, or have the host's owner start it with --trust-artifacts.",
            ));
        }
        let precompiled =
            Precompiled::read(&file).map_err(|error| Rejection::of_code(error.to_string()))?;
        match precompiled.engine == self.engine_key {
            true => Ok(precompiled.code),
            false => Err(Rejection::of_code(format!(
                "The code was compiled for the engine {}, and this host has {}. Compile it again with \
                 `sparkler compile` of this host's version, on the same kind of machine.",
                precompiled.engine, self.engine_key
            ))),
        }
    }

    async fn store(&self, digest: Digest, mut artifact: compiling::Code) -> Result<(), Rejection> {
        let (artifacts, key) = (Arc::clone(&self.artifacts), self.engine_key.clone());
        spawn_blocking(move || artifacts.put(&key, digest, &mut artifact))
            .await
            .map_err(failed)?
            .map_err(|error| match error.is_for_want_of_room() {
                true => {
                    tracing::warn!(%error, "compiled code could not be kept");
                    Rejection::of_machine(DISK_FULL)
                }
                false => {
                    Rejection::of_host(format!("The compiled code could not be kept: {error}"))
                }
            })
    }
}

/// There is nothing left in compiled code that could be instrumented.
const NO_CONCURRENCY: &str = "The account ran as many functions at once as it may, for as long as an initialization \
                              waits. Publish the version again when fewer run, or with a larger quota of concurrency.";

const PRECOMPILED: &str =
    "There is no snapshot of code that was compiled elsewhere. Upload the component.";

async fn component(source: &Arc<dyn ComponentSource>, code: &Code) -> Result<Bytes, Rejection> {
    let component = source.component(code).await;
    component.map_err(|error| Rejection::of_host(error.to_string()))
}

/// What a component counts for while it waits.
fn megabytes(bytes: u64) -> u32 {
    let bytes = bytes.saturating_add(limits::WAITING_COMPONENT_BYTES_MIN);
    u32::try_from(bytes.div_ceil(MEGABYTE)).unwrap_or(u32::MAX)
}
