//! Running guests: the only module that knows wasmtime.
//!
//! A component is compiled once (`compile`), kept as an artifact, loaded when it is first called
//! (`load`), and instantiated afresh for every invocation (`run`), unless its owner
//! wants it otherwise (`keep`). Callers speak of functions, deadlines and bytes;
//! epochs, pages and slots stay in here.

// From what everything stands on to what stands on everything: each names those above it alone.
mod bindings;
mod vitals;
mod engine;
mod reach;
mod kinds;
mod guest;
mod compile;
mod load;
mod keep;
mod run;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod stages;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

pub use compile::compilation::inspect;
pub use compile::compiler::Accepted;
pub use compile::inspect::{
    COMMAND_EXPORT, GuestKind, HANDLER_EXPORT, HTTP_EXPORT, Import, Inspection, Memory,
    STREAMING_HANDLER_EXPORT,
};
pub use compile::isolation::{CompileIsolation, CompileLimits};
#[cfg(feature = "compiler")]
pub use compile::precompile::precompile;
#[cfg(feature = "compiler")]
pub use compile::worker::compile_worker;
pub use engine::engines::ENGINE_VERSION;
pub use kinds::lifecycle::LIFECYCLE_EXPORT;
pub use reach::caller::Caller;
pub use reach::component;
pub use reach::interfaces::{Interface, InterfaceError, Interfaces};

use crate::deployer::{CompileGuest, ComponentSource, Initialized, Rejection};
use crate::domain::{Account, Digest, FunctionName, HostFolder, HostSecret, Version};
use crate::limits;
use crate::package::Precompiled;
use crate::storage::{ArtifactStore, TmpFolders};
use compile::compiler::{Compiler, Turns};
use engine::engines;
use engine::memory_limiter::HostMemory;
use engine::slots::Slots;
use engine::ticker::Ticker;
use guest::loaded::LoadedFunctions;
use keep::idle_sandboxes::IdleSandboxes;
use keep::prepare::{Prepared, Preparer};
use load::loader::Loader;
use load::maker::{Maker, gone, load_artifact};
use reach::files::HostFiles;
use reach::grants::Grants;
use reach::linker;
use reach::outbound::Network;
use run::long_runners::LongRunners;

/// Compiles functions and runs each invocation in a sandbox of its own.
///
/// Two kinds of functions are different, both by the word of their owner: of one with provisioned
/// concurrency, sandboxes are instantiated ahead; of one that opts in to reuse, a sandbox that has served
/// an invocation serves the next one of the same version and tenant.
pub struct Sandboxes {
    maker: Arc<Maker>,
    idle: Arc<IdleSandboxes>,
    prepared: Arc<Prepared>,
    preparer: Preparer,
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
    /// What guests may import besides what every host provides.
    pub interfaces: Interfaces,
    /// Whether code that was compiled elsewhere is taken in.
    pub trusts_artifacts: bool,
    /// Where compiled code is kept.
    pub artifacts: Arc<ArtifactStore>,
    /// Where components come from whose artifact is missing.
    pub components: Arc<dyn ComponentSource>,
    /// Whether guests may send HTTP requests to everybody, and it is noted what they would need.
    pub learn_http: bool,
    /// Where guests have their `/tmp`.
    pub tmp: TmpFolders,
    /// Folders of this machine that functions may ask for.
    pub folders: Vec<HostFolder>,
    /// Secrets that functions may refer to.
    pub secrets: Vec<HostSecret>,
}

/// The engine could not be started; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

impl Sandboxes {
    /// Starts the engine: reserves the address space of the sandboxes, starts the clock.
    ///
    /// # Errors
    /// When the system refuses memory or threads, or a folder or a secret is not there.
    pub fn start(config: SandboxesConfig) -> Result<Self, EngineError> {
        let failed = |error: &dyn std::fmt::Display| {
            EngineError(format!("the engine could not be started: {error}"))
        };
        if !limits::ARE_ENFORCED {
            tracing::warn!(
                "this host was built with `unlimited-for-benchmarks`: nothing stops a function that runs for \
                 ever or takes all memory, and no log is kept. Build it without that feature"
            );
        }
        let grants = Grants::open(&config.folders, &config.secrets).map_err(EngineError)?;
        let slots = config
            .concurrency_max
            .saturating_add(limits::SANDBOXES_SPARE);
        #[cfg(feature = "measure")]
        let slots = stages::at_most(slots);
        let engine = engines::running(slots).map_err(|error| failed(&error))?;
        let engine_key = engines::key();
        let artifacts = config.artifacts;
        // Without a compiler, what another engine left could not be made again.
        if cfg!(feature = "compiler") {
            artifacts
                .retain_engine(&engine_key)
                .map_err(|error| failed(&error))?;
        }
        let linker = linker::linker(&engine, &config.interfaces).map_err(|error| failed(&error))?;
        let compiler = Compiler {
            isolation: config.isolation,
            interfaces: config.interfaces,
            engine_key: engine_key.clone(),
            artifacts: Arc::clone(&artifacts),
            trusts_artifacts: config.trusts_artifacts,
            turns: Turns::default(),
        };
        let long_runners = LongRunners::start().map_err(|error| failed(&error))?;
        let elsewhere = long_runners.handle().clone();
        let idle = Arc::new(IdleSandboxes::new(elsewhere.clone()));
        let prepared = Arc::new(Prepared::default());
        let maker = Arc::new(Maker {
            account: Arc::new(config.account),
            files: HostFiles::new(config.tmp, elsewhere.clone()),
            grants,
            compiler: Arc::new(compiler),
            components: config.components,
            loaded: LoadedFunctions::default(),
            slots: Slots::new(slots, Arc::clone(&idle), Arc::clone(&prepared)),
            host_memory: Arc::new(HostMemory::of_this_machine(Arc::downgrade(&idle))),
            network: Arc::new(Network::new(config.learn_http, elsewhere.clone())),
            ticker: Ticker::start(&engine).map_err(|error| failed(&error))?,
            loader: Arc::new(Loader {
                linker,
                engine,
                engine_key,
                artifacts,
            }),
        });
        let cores = std::thread::available_parallelism().map_err(|error| failed(&error))?;
        Ok(Self {
            preparer: Preparer {
                maker: Arc::clone(&maker),
                turns: Arc::new(Semaphore::new(cores.get())),
                elsewhere,
            },
            maker,
            idle,
            prepared,
            long_runners,
        })
    }

    /// Whether there is compiled code of `component` that fits this host.
    async fn can_run(&self, component: Digest) -> bool {
        let Maker { loaded, loader, .. } = &*self.maker;
        loaded.get(component).is_some()
            || matches!(load_artifact(loader, component).await, Ok(Some(_)))
    }

    /// The rules for HTTP requests that functions need, by function, as far as they were learned.
    pub fn learned_http(&self) -> Vec<(FunctionName, Vec<String>)> {
        self.maker.network.learned()
    }
}

impl CompileGuest for Sandboxes {
    type Accepted = Accepted;

    /// What this host has compiled and can run needs neither: another function has the same code, or had
    /// it a moment ago. Compiled code that is handed in is not compared with what is there, since whether
    /// it is taken in may have changed.
    async fn accept(&self, component: Digest, wasm: Bytes) -> Result<Accepted, Rejection> {
        if !Precompiled::is_one(&wasm) && self.can_run(component).await {
            return Ok(Accepted::known(component));
        }
        self.maker.compiler.accept(component, wasm).await
    }

    /// An artifact counts when it has been loaded once, by the engine that will run it: what does not
    /// fit a sandbox is told to the person who deploys and not to those who call.
    async fn finish(&self, accepted: Accepted) -> Result<(), Rejection> {
        if accepted.is_known() {
            return Ok(());
        }
        let component = accepted.component();
        self.maker.compiler.finish(accepted).await?;
        load_artifact(&self.maker.loader, component)
            .await?
            .map(drop)
            .ok_or_else(gone)
    }

    async fn initialize(
        &self,
        version: &Arc<Version>,
        wasm: Bytes,
    ) -> Result<Initialized, Rejection> {
        let Maker {
            compiler, account, ..
        } = &*self.maker;
        compiler.initialize(account, version, wasm).await
    }

    async fn load(&self, version: &Version) -> Result<(), Rejection> {
        let component = version.image().component;
        let loaded = load_artifact(&self.maker.loader, component).await?;
        let loaded = loaded.ok_or_else(gone)?;
        self.maker.loaded.put(component, loaded).await;
        Ok(())
    }

    fn forget(&self, component: Digest) {
        self.prepared.forget(component);
        self.idle.forget(component);
        self.maker.loaded.remove(component);
        if let Err(error) = self.maker.loader.artifacts.remove(component) {
            tracing::warn!(%component, %error, "compiled code that nothing uses could not be removed");
        }
    }
}
