//! From a component to its snapshot, in one process.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime_wizer::{ComponentContext, Wizer};

use super::given_time::{Overdue, within};
use super::order::InitOrder;
use super::state_reader::StateReader;
use super::{form, handles};
use crate::deployer::{InitCause, InitFailure, InitOutcome, Initialized, Rejection};
use crate::domain::{FunctionError, Version};
use crate::limits;
use crate::sandbox::compile::figures::figures;
use crate::sandbox::compile::steps::{accepted, one_line};
use crate::sandbox::engine::engines::{self, AddressSpace};
use crate::sandbox::engine::memory_limiter::MemoryLimiter;
use crate::sandbox::engine::ticker::Ticker;
use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::{Bounds, not_started};
use crate::sandbox::kinds::entry::GuestKind;
use crate::sandbox::memory::bound::Bound;
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::host_memory::HostMemory;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::sandbox::reach::files::Mount;
use crate::sandbox::reach::guest_state::{GuestState, Hosts};
use crate::sandbox::reach::linker::linker;
use crate::sandbox::reach::shared::{Initialization, MadeFor, Served, Shared};
use crate::sandbox::reach::table::Table;
use crate::sandbox::vitals::Vitals;

/// Initializes the component that `wasm` is or can be wrapped into, and takes its snapshot. Blocks.
///
/// # Errors
/// Where the host cannot do its part.
pub(in crate::sandbox) fn initialize(
    wasm: Vec<u8>,
    order: &InitOrder,
    own: &Interfaces,
) -> Result<Initialized, Rejection> {
    let component = accepted(wasm, own)?;
    if order.asks_for_grants() {
        return Ok(Initialized::impossible(ASKS_FOR_GRANTS));
    }
    // Nothing is to be left out of the result that the component exports.
    let mut wizer = Wizer::new();
    wizer.keep_init_func(true);
    let instrumented = form::check(&component).and_then(|()| {
        wizer
            .instrument_component(&component)
            .map_err(|error| one_line(&error))
    });
    let (context, wasm) = match instrumented {
        Ok(instrumented) => instrumented,
        Err(reason) => return Ok(Initialized::impossible(form_reason(&reason))),
    };
    let ready = match Ready::of(&wasm, order, own)? {
        Ok(ready) => ready,
        Err(reason) => return Ok(Initialized::impossible(form_reason(&reason))),
    };
    drop(wasm);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(unready)?;
    Ok(runtime.block_on(ready.run(&wizer, &context)))
}

/// A guest reads its variables and looks for its folders once, and remembers what it found.
pub(in crate::sandbox::compile) const ASKS_FOR_GRANTS: &str = "This version cannot be snapshotted: its environment refers to secrets or \
                               folders of the host, which are not to be kept in a snapshot.";

fn form_reason(reason: &str) -> String {
    format!("This component cannot be snapshotted: {reason}.")
}

pub(in crate::sandbox::compile) const NO_ROOM: &str = "there is no room for it";

pub(in crate::sandbox::compile) fn unready(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(format!("The initialization could not be set up: {error}."))
}

/// A guest that can be initialized now.
pub(in crate::sandbox::compile) struct Ready {
    pub(in crate::sandbox::compile) loaded: Arc<Loaded>,
    pub(in crate::sandbox::compile) hosts: Arc<Hosts>,
    pub(in crate::sandbox::compile) version: Arc<Version>,
    pub(in crate::sandbox::compile) ticker: Ticker,
    pub(in crate::sandbox::compile) bounds: Bounds,
    /// The files of its function, where it has some.
    pub(in crate::sandbox::compile) task: Option<Arc<Mount>>,
}

/// A guest whose initialization has ended.
pub(in crate::sandbox::compile) struct Ran {
    /// It, or why it failed.
    pub(in crate::sandbox::compile) ended: Result<Sandbox, NotInitialized>,
    pub(in crate::sandbox::compile) vitals: Arc<Vitals>,
    pub(in crate::sandbox::compile) log: String,
    pub(in crate::sandbox::compile) duration: Duration,
}

/// Why an initialization did not end well.
pub(in crate::sandbox::compile) enum NotInitialized {
    /// The guest failed.
    Failed(FunctionError),
    /// It took too long.
    Overdue(InitFailure),
}

impl NotInitialized {
    /// As the person who published the version is told.
    pub(in crate::sandbox::compile) fn failure(&self) -> InitFailure {
        match self {
            Self::Failed(error) => init_failure(error),
            Self::Overdue(failure) => failure.clone(),
        }
    }
}

impl Ready {
    /// Compiles the instrumented component; the inner error says why it cannot be.
    fn of(
        instrumented: &[u8],
        order: &InitOrder,
        own: &Interfaces,
    ) -> Result<Result<Self, String>, Rejection> {
        let engine = engines::initializing().map_err(unready)?;
        let linker = linker(&engine, own).map_err(unready)?;
        let figures = figures(instrumented, AddressSpace::Scarce).map_err(unready)?;
        let loaded = Component::from_binary(&engine, instrumented)
            .and_then(|component| Loaded::link(&linker, &component, figures));
        match loaded {
            Ok(loaded) => Self::with(&engine, loaded, order, Hosts::default()).map(Ok),
            Err(error) => Ok(Err(one_line(&error))),
        }
    }

    /// What was loaded, for an order; of the host, it has what `hosts` have but for the environment.
    pub(in crate::sandbox::compile) fn with(
        engine: &Engine,
        loaded: Loaded,
        order: &InitOrder,
        hosts: Hosts,
    ) -> Result<Self, Rejection> {
        let version: Version = order
            .version()
            .ok_or_else(|| unready("the order names no version"))?;
        let bounds = Bounds {
            timeout: order.duration_max,
            memory_bytes_max: version.settings.memory_bytes_max(),
        };
        Ok(Self {
            loaded: Arc::new(loaded),
            hosts: Arc::new(Hosts {
                environment: order.account(),
                ..hosts
            }),
            version: Arc::new(version),
            ticker: Ticker::start(engine).map_err(unready)?,
            bounds,
            task: None,
        })
    }

    async fn run(self, wizer: &Wizer, context: &ComponentContext<'_>) -> Initialized {
        let Some(ran) = self.initialized().await else {
            return Initialized::impossible(NO_ROOM);
        };
        let outcome = match ran.ended {
            Err(failed) => InitOutcome::Failed(failed.failure()),
            Ok(sandbox) => match snapshot(sandbox, &ran.vitals, wizer, context).await {
                Ok(image) => InitOutcome::Taken(image.into()),
                Err(reason) => {
                    InitOutcome::Impossible(format!("No snapshot could be taken: {reason}."))
                }
            },
        };
        Initialized {
            outcome,
            log: ran.log,
            duration: ran.duration,
        }
    }

    /// Runs the initialization; `None` where there is no room for it.
    pub(in crate::sandbox::compile) async fn initialized(&self) -> Option<Ran> {
        let started = Instant::now();
        let deadline = started + self.bounds.timeout + INITIALIZE_LATENESS_MAX;
        let mut sandbox = self.sandbox(deadline)?;
        let vitals = Arc::clone(sandbox.vitals());
        let _ticking = self.ticker.hold();
        let ended = within(self.bounds.timeout, deadline, sandbox.instantiate()).await;
        let duration = started.elapsed();
        let ended = match ended {
            Ok(Ok(())) => Ok(sandbox),
            Ok(Err(error)) => Err(NotInitialized::Failed(not_started(
                &error,
                &vitals,
                &self.bounds,
            ))),
            Err(overdue) => Err(NotInitialized::Overdue(timed_out(
                self.bounds.timeout,
                overdue,
            ))),
        };
        let log = log_text(&vitals.take_log(None));
        Some(Ran {
            ended,
            vitals,
            log,
            duration,
        })
    }

    /// The sandbox of the guest, which has of the host what parts have by default, and notes what is opened.
    pub(in crate::sandbox::compile) fn sandbox(&self, deadline: Instant) -> Option<Sandbox> {
        let host = HostMemory::new(Bound::of_this_process(), || false, || ());
        let budget = Arc::new(Budget::new(Arc::new(host), self.bounds.memory_bytes_max));
        let shared = Shared {
            limiter: MemoryLimiter::new(Arc::clone(&budget)),
            table: Table::new(&budget),
            vitals: Arc::new(Vitals::new(budget)),
            version: Arc::clone(&self.version),
            granted: None,
            task: self.task.clone(),
            made_for: MadeFor {
                initialization: Initialization::SnapStart,
                is_reusable: true,
                is_command: self.loaded.entry.kind() == GuestKind::Command,
            },
            served: Served::default(),
            deadline,
        };
        let mut state = GuestState::new(Arc::clone(&self.hosts), shared);
        state.parts.stdio.note();
        let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().ok()?;
        Some(Sandbox::new(Arc::clone(&self.loaded), state, slot))
    }
}

/// The component with the state of its sandbox in it.
async fn snapshot(
    sandbox: Sandbox,
    vitals: &Vitals,
    wizer: &Wizer,
    context: &ComponentContext<'_>,
) -> Result<Vec<u8>, String> {
    const MEGABYTE: u64 = 1024 * 1024;
    check_held(vitals)?;
    let (mut store, instance) = sandbox
        .into_guest()
        .ok_or("it was not set up as it should have been")?;
    let state = store.data_mut();
    let noted = state.parts.stdio.take_noted();
    let open = noted.still_open(state.shared.table.lend())?;
    // Reading a memory grows it by a page.
    state.shared.budget().add_room(READING_BYTES);
    state.shared.deadline = Instant::now() + limits::SNAPSHOT_READ_DURATION_MAX;
    store.set_hostcall_fuel(usize::MAX);
    let mut reader = StateReader::new(store, instance);
    let image = wizer
        .snapshot_component(context, &mut reader)
        .await
        .map_err(|error| one_line(&error))?;
    reader
        .ended()
        .map_err(|error| format!("its state cannot be read: {}", one_line(&error)))?;
    let image = handles::with_reopened(image, &open)?;
    match image.len() as u64 > limits::SNAPSHOT_BYTES_MAX {
        true => Err(format!(
            "with what it holds then it has {} MB, and at most {} MB are kept",
            (image.len() as u64).div_ceil(MEGABYTE),
            limits::SNAPSHOT_BYTES_MAX / MEGABYTE
        )),
        false => Ok(image),
    }
}

/// Whether a guest holds no more than is kept.
pub(in crate::sandbox::compile) fn check_held(vitals: &Vitals) -> Result<(), String> {
    const MEGABYTE: u64 = 1024 * 1024;
    let held = vitals.budget().held_bytes();
    match held > limits::SNAPSHOT_MEMORY_BYTES_MAX {
        true => Err(format!(
            "it holds {} MB when its initialization is over, and at most {} MB are kept",
            held.div_ceil(MEGABYTE),
            limits::SNAPSHOT_MEMORY_BYTES_MAX / MEGABYTE
        )),
        false => Ok(()),
    }
}

/// More than all memories of a guest grow by while they are read.
pub(in crate::sandbox::compile) const READING_BYTES: u64 = 1024 * 1024;

fn log_text(log: &[u8]) -> String {
    String::from_utf8_lossy(log).into_owned()
}

/// How much later than it should an initialization may end on a machine that is busy.
const INITIALIZE_LATENESS_MAX: Duration =
    Duration::from_secs(limits::COMPILE_DURATION_MAX.as_secs() / 2);

fn timed_out(timeout: Duration, overdue: Overdue) -> InitFailure {
    let Overdue {
        passed,
        used,
        had_its_time,
    } = overdue;
    let (passed, used) = (passed.as_secs_f64(), used.as_secs_f64());
    let reason = match had_its_time {
        true => format!(
            "The initialization took longer than {}: it used {used:.1} seconds of processor time within \
             {passed:.1} seconds.",
            seconds(timeout)
        ),
        false => format!(
            "The initialization was not over after {passed:.0} seconds, in which the machine has given it {used:.1} \
             seconds of processor time. Publish the version again when the machine is less busy."
        ),
    };
    InitFailure {
        cause: InitCause::TimedOut,
        reason,
    }
}

/// A failure, as the person who published the version is told.
fn init_failure(error: &FunctionError) -> InitFailure {
    let failed = |reason: String| InitFailure {
        cause: InitCause::Failed,
        reason,
    };
    match error {
        FunctionError::TimedOut { timeout } => InitFailure {
            cause: InitCause::TimedOut,
            reason: format!("The initialization took longer than {}.", seconds(*timeout)),
        },
        FunctionError::OutOfMemory { limit_bytes } => InitFailure {
            cause: InitCause::OutOfMemory,
            reason: format!(
                "The initialization needs more than the {} MB of memory that the function has. Raise \
                 MemorySize.",
                limit_bytes / (1024 * 1024)
            ),
        },
        FunctionError::Handler {
            error_type,
            message,
            ..
        } => failed(format!(
            "The initialization failed: {error_type}: {message}"
        )),
        FunctionError::Exited { status } => failed(format!(
            "The function exited with status {status} while it was initialized."
        )),
        FunctionError::Trapped { description, .. }
        | FunctionError::InitFailed { description, .. } => {
            failed(format!("The initialization failed: {description}."))
        }
        FunctionError::ResponseTooLarge { limit_bytes } => failed(format!(
            "The initialization handed more than {limit_bytes} bytes to the host."
        )),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} seconds", duration.as_secs_f64())
}
