//! Running guests: the only module that knows wasmtime.
//!
//! A component is compiled once (`compiler`), kept as an artifact, loaded when it is first called
//! (`loader`), and instantiated afresh for every invocation (`guest_run`). Callers speak of functions, deadlines and bytes; epochs, pages and slots
//! stay in here.

mod engine;
mod inspect;
mod provided;
mod compile;
mod worker;
mod compile_child;
mod compiler;
mod loaded;
mod loader;
mod bindings;
mod environment;
mod vitals;
mod log_tail;
mod memory_limiter;
mod guest_state;
mod wasi;
mod clocks;
mod trap;
mod ticker;
mod guest_run;
mod long_runners;
mod shift;
mod prepare;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

pub use compile::inspect;
pub use compiler::{Accepted, CompileIsolation};
pub use engine::ENGINE_VERSION;
pub use inspect::{GuestKind, HANDLER_EXPORT, Import, Inspection, Memory};
pub use worker::{CompileLimits, compile_worker};

use crate::deployer::{CompileGuest, ComponentSource, Rejection};
use crate::domain::{Account, Code, Digest, FunctionError, Invocation, Outcome, Report, Version};
use crate::invoker::{Admission, HostFailure, RunGuest};
use crate::limits;
use crate::storage::ArtifactStore;
use compiler::Compiler;
use environment::Surroundings;
use guest_run::{End, Ended, GuestRun};
use guest_state::GuestState;
use loaded::{Loaded, LoadedFunctions};
use loader::Loader;
use long_runners::LongRunners;
use memory_limiter::{HostMemory, MemoryLimiter};
use shift::{Lost, Shift};
use ticker::Ticker;
use trap::Bounds;
use vitals::Vitals;

/// Compiles functions and runs each invocation in a sandbox of its own.
pub struct Sandboxes {
    account: Arc<Account>,
    loader: Arc<Loader>,
    compiler: Arc<Compiler>,
    components: Arc<dyn ComponentSource>,
    loaded: LoadedFunctions,
    slots: Arc<Semaphore>,
    host_memory: Arc<HostMemory>,
    ticker: Ticker,
    long_runners: LongRunners,
}

/// What sandboxes are made of.
pub struct SandboxesConfig {
    /// What guests are told about where they run.
    pub account: Account,
    /// Guests that may run at once.
    pub concurrency_max: u32,
    /// Where components are compiled.
    pub isolation: CompileIsolation,
    /// Where compiled code is kept.
    pub artifacts: Arc<ArtifactStore>,
    /// Where components come from whose artifact is missing.
    pub components: Arc<dyn ComponentSource>,
}

/// The engine could not be started; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

impl Sandboxes {
    /// Starts the engine: reserves the address space of the sandboxes, starts the clock.
    ///
    /// # Errors
    /// When the system refuses memory or threads.
    pub fn start(config: SandboxesConfig) -> Result<Self, EngineError> {
        let failed = |error: &dyn std::fmt::Display| {
            EngineError(format!("the engine could not be started: {error}"))
        };
        let slots = config
            .concurrency_max
            .saturating_add(limits::SANDBOXES_SPARE);
        let engine = engine::running(slots).map_err(|error| failed(&error))?;
        let engine_key = compile::engine_key(&engine);
        let artifacts = config.artifacts;
        artifacts
            .retain_engine(&engine_key)
            .map_err(|error| failed(&error))?;
        let compiler = Compiler::new(config.isolation, engine_key.clone(), Arc::clone(&artifacts));
        Ok(Self {
            account: Arc::new(config.account),
            compiler: Arc::new(compiler),
            components: config.components,
            loaded: LoadedFunctions::default(),
            slots: Arc::new(Semaphore::new(slots as usize)),
            host_memory: Arc::new(HostMemory::of_this_machine()),
            ticker: Ticker::start(&engine).map_err(|error| failed(&error))?,
            long_runners: LongRunners::start().map_err(|error| failed(&error))?,
            loader: Arc::new(Loader {
                linker: compile::linker(&engine).map_err(|error| failed(&error))?,
                engine,
                engine_key,
                artifacts,
            }),
        })
    }

    /// The function's code, and the time that it took where it had to be loaded.
    async fn loaded(
        &self,
        version: &Version,
    ) -> Result<(Arc<Loaded>, Option<Duration>), HostFailure> {
        let component = version.code.component;
        if let Some(loaded) = self.loaded.get(component) {
            return Ok((loaded, None));
        }
        let started = Instant::now();
        let loaded = self
            .loaded
            .get_or_load(component, self.load(&version.code))
            .await;
        match loaded {
            Ok(loaded) => Ok((loaded, Some(started.elapsed()))),
            Err(Rejection { reason, .. }) => Err(HostFailure::CodeUnavailable(reason)),
        }
    }

    /// Loads the artifact, making it anew where there is none that can be used. In a task of its own:
    /// a caller that leaves does not undo what others wait for.
    async fn load(&self, code: &Code) -> Result<Arc<Loaded>, Rejection> {
        let (loader, compiler) = (Arc::clone(&self.loader), Arc::clone(&self.compiler));
        let (components, code) = (Arc::clone(&self.components), code.clone());
        let loading = async move {
            if let Ok(Some(loaded)) = load_artifact(&loader, code.component).await {
                return Ok(loaded);
            }
            tracing::info!(component = %code.component, "there is no usable artifact; it is made anew");
            let wanted = code.clone();
            let wasm = spawn_blocking(move || components.component(&wanted)).await;
            let wasm = wasm.map_err(rejected)?.map_err(rejected)?;
            let accepted = compiler.accept(code.component, wasm).await?;
            compiler.finish(accepted).await?;
            load_artifact(&loader, code.component)
                .await?
                .ok_or_else(gone)
        };
        tokio::spawn(loading).await.map_err(rejected)?
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit, HostFailure> {
        let slots = Arc::clone(&self.slots);
        if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
            return Ok(slot);
        }
        match timeout(limits::SANDBOX_WAIT_MAX, slots.acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(HostFailure::NoCapacity),
        }
    }
}

async fn load_artifact(
    loader: &Arc<Loader>,
    component: Digest,
) -> Result<Option<Arc<Loaded>>, Rejection> {
    let loader = Arc::clone(loader);
    let loaded = spawn_blocking(move || loader.load(component))
        .await
        .map_err(rejected)??;
    Ok(loaded.map(Arc::new))
}

fn rejected(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(error.to_string())
}

fn gone() -> Rejection {
    Rejection::of_host("the compiled code was gone as soon as it was written")
}

impl RunGuest for Sandboxes {
    async fn run(
        &self,
        version: Arc<Version>,
        invocation: Invocation,
        admission: Admission,
    ) -> Result<Report, HostFailure> {
        let (loaded, init_duration) = self.loaded(&version).await?;
        let slot = self.slot().await?;
        let bounds = Bounds {
            timeout: version.settings.timeout(),
            memory_bytes_max: version.settings.memory_bytes_max(),
        };
        let started = Instant::now();
        let deadline = started + bounds.timeout;
        let vitals = Arc::new(Vitals::default());
        let starts_here = bounds.memory_bytes_max <= limits::INLINE_MEMORY_BYTES_MAX;
        let guest = GuestRun {
            loaded,
            state: GuestState::new(
                Arc::clone(&vitals),
                MemoryLimiter::new(
                    Arc::clone(&vitals),
                    Arc::clone(&self.host_memory),
                    bounds.memory_bytes_max,
                ),
                Surroundings {
                    account: Arc::clone(&self.account),
                    trace_id: invocation.trace_id.clone(),
                    version: Arc::clone(&version),
                },
                deadline,
            ),
            version,
            invocation,
            slot,
            ticking: self.ticker.hold(),
            admission,
        };
        let guest = Box::pin(guest.run());
        let mut shift = Shift::new(guest, &vitals, deadline, self.long_runners.handle());
        if !starts_here {
            shift.move_away();
        }
        let ended = timeout_at(deadline, shift)
            .await
            .unwrap_or(Err(Lost::TimedOut));
        let outcome = match ended {
            Ok(ended) => settle(ended, &vitals, &bounds, deadline)?,
            Err(Lost::TimedOut) => timed_out(&bounds),
            Err(Lost::Panicked) => return Err(HostFailure::Panicked),
        };
        let timed_out = matches!(outcome, Outcome::Failed(FunctionError::TimedOut { .. }));
        Ok(Report {
            outcome,
            // As AWS has it: what ran into its timeout took exactly that long.
            duration: if timed_out {
                bounds.timeout
            } else {
                started.elapsed()
            },
            init_duration,
            memory_bytes_peak: vitals.memory_bytes(),
            log: vitals.take_log(),
        })
    }
}

fn timed_out(bounds: &Bounds) -> Outcome {
    Outcome::Failed(FunctionError::TimedOut {
        timeout: bounds.timeout,
    })
}

/// The outcome of a guest that ended. What is left of its sandbox is cleaned right here: handing it
/// to another task costs more than the cleaning, on the cores that the next invocation wants.
fn settle(
    ended: Ended,
    vitals: &Vitals,
    bounds: &Bounds,
    deadline: Instant,
) -> Result<Outcome, HostFailure> {
    let Ended {
        end,
        remains,
        admission,
    } = ended;
    drop(admission);
    drop(remains);
    // A single instruction may have carried it over its deadline.
    if Instant::now() >= deadline {
        return Ok(timed_out(bounds));
    }
    let error = match end {
        End::Answered(Ok(answer)) if answer.len() <= limits::RESPONSE_BYTES_MAX => {
            return Ok(Outcome::Returned(Bytes::from(answer)));
        }
        End::Answered(Ok(_)) => FunctionError::ResponseTooLarge {
            limit_bytes: limits::RESPONSE_BYTES_MAX,
        },
        End::Answered(Err(error)) => trap::handler_error(error),
        End::Broken(error) | End::NotStarted(error) if trap::is_host_shortage(&error, vitals) => {
            tracing::warn!(%error, "the host has no memory or no place for one more guest");
            return Err(HostFailure::NoCapacity);
        }
        End::Broken(error) => trap::classify(&error, vitals, bounds),
        End::NotStarted(error) => not_started(&error, vitals, bounds),
    };
    if let Some(lines) = trap::log_lines(&error) {
        vitals.write_log_lines(&lines);
    }
    Ok(Outcome::Failed(error))
}

/// Setting up runs guest code too, so it can fail in all the ways in which a handler can; what is
/// left is named as what it is.
fn not_started(error: &wasmtime::Error, vitals: &Vitals, bounds: &Bounds) -> FunctionError {
    match trap::classify(error, vitals, bounds) {
        FunctionError::Trapped {
            description,
            stack_trace,
        } => FunctionError::InitFailed {
            description,
            stack_trace,
        },
        other => other,
    }
}

impl CompileGuest for Sandboxes {
    type Accepted = Accepted;

    async fn accept(&self, component: Digest, wasm: Bytes) -> Result<Accepted, Rejection> {
        self.compiler.accept(component, wasm).await
    }

    /// An artifact counts when it has been loaded once, by the engine that will run it: what does not
    /// fit a sandbox is told to the person who deploys and not to those who call.
    async fn finish(&self, accepted: Accepted) -> Result<(), Rejection> {
        let component = accepted.component();
        self.compiler.finish(accepted).await?;
        load_artifact(&self.loader, component)
            .await?
            .map(drop)
            .ok_or_else(gone)
    }

    fn forget(&self, component: Digest) {
        self.loaded.remove(component);
        if let Err(error) = self.loader.artifacts.remove(component) {
            tracing::warn!(%component, %error, "compiled code that nothing uses could not be removed");
        }
    }
}
