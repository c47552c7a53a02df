//! What sandboxes are made of: loaded code, a slot, and the host's side of a guest.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::loaded_functions::LoadedFunctions;
use super::loader::Loader;
use super::packages::Packages;
use crate::deployer::{ComponentSource, Lane, Rejection};
use crate::domain::{Code, FunctionName, Version};
use crate::invoker::HostFailure;
use crate::sandbox::compile::compiler::Compiler;
use crate::sandbox::engine::concurrency::Concurrency;
use crate::sandbox::engine::memory_limiter::MemoryLimiter;
use crate::sandbox::engine::slots::Slots;
use crate::sandbox::engine::ticker::Ticker;
use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::kinds::entry::GuestKind;
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::host_memory::HostMemory;
use crate::sandbox::reach::grants::{Granted, Grants};
use crate::sandbox::reach::guest_state::{GuestState, Hosts};
use crate::sandbox::reach::outbound::Network;
use crate::sandbox::reach::shared::{Initialization, MadeFor, Served, Shared};
use crate::sandbox::reach::table::Table;
use crate::sandbox::vitals::Vitals;

/// Makes sandboxes.
#[derive(Clone)]
pub(in crate::sandbox) struct Maker {
    /// What guests share of all that they reach.
    pub(in crate::sandbox) hosts: Arc<Hosts>,
    pub(in crate::sandbox) network: Arc<Network>,
    pub(in crate::sandbox) grants: Arc<Grants>,
    pub(in crate::sandbox) loader: Arc<Loader>,
    pub(in crate::sandbox) compiler: Arc<Compiler>,
    pub(in crate::sandbox) components: Arc<dyn ComponentSource>,
    pub(in crate::sandbox) packages: Arc<Packages>,
    pub(in crate::sandbox) loaded: Arc<LoadedFunctions>,
    pub(in crate::sandbox) slots: Arc<Slots>,
    pub(in crate::sandbox) host_memory: Arc<HostMemory>,
    pub(in crate::sandbox) ticker: Arc<Ticker>,
    /// What initializations of its functions count to.
    pub(in crate::sandbox) concurrency: Concurrency,
}

/// What tells one sandbox of a version from another.
pub(in crate::sandbox) struct Purpose {
    pub(in crate::sandbox) initialization: Initialization,
    pub(in crate::sandbox) is_reusable: bool,
    pub(in crate::sandbox) granted: Option<Arc<Granted>>,
    pub(in crate::sandbox) deadline: Instant,
}

impl Maker {
    /// A sandbox of `version` in which nothing runs yet.
    pub(in crate::sandbox) fn sandbox(
        &self,
        version: &Arc<Version>,
        loaded: Arc<Loaded>,
        slot: OwnedSemaphorePermit,
        purpose: Purpose,
    ) -> Sandbox {
        let budget = Arc::new(Budget::new(
            Arc::clone(&self.host_memory),
            version.settings.memory_bytes_max(),
        ));
        let Purpose {
            initialization,
            is_reusable,
            granted,
            deadline,
        } = purpose;
        let shared = Shared {
            limiter: MemoryLimiter::new(Arc::clone(&budget)),
            table: Table::new(&budget),
            vitals: Arc::new(Vitals::new(budget)),
            version: Arc::clone(version),
            granted,
            task: self.packages.mount(&version.code),
            made_for: MadeFor {
                initialization,
                is_reusable,
                is_command: loaded.entry.kind() == GuestKind::Command,
            },
            served: Served::default(),
            deadline,
        };
        let mut state = GuestState::new(Arc::clone(&self.hosts), shared);
        if version.is_snapshotted() {
            let clocks = &mut state.parts.clocks;
            clocks.start_after(version.settings.init_duration_max());
        }
        Sandbox::new(loaded, state, slot)
    }

    /// The function's code, and the time that it took where it had to be loaded.
    pub(in crate::sandbox) async fn loaded(
        &self,
        version: &Version,
    ) -> Result<(Arc<Loaded>, Option<Duration>), HostFailure> {
        let image = version.image();
        let component = image.component;
        if let Some(loaded) = self.loaded.get(component) {
            return Ok((loaded, None));
        }
        let started = Instant::now();
        let loading = self.load(&version.function, image);
        let loading = self.loaded.get_or_load(component, loading);
        match Box::pin(loading).await {
            Ok(loaded) => Ok((loaded, Some(started.elapsed()))),
            Err(Rejection { reason, .. }) => Err(HostFailure::CodeUnavailable(reason)),
        }
    }

    /// Whose turn it is when something is made for a function that nobody deploys now.
    pub(in crate::sandbox) fn lane(&self, function: &FunctionName) -> Lane {
        Lane {
            owner: self.hosts.environment.id.as_str().into(),
            name: function.to_string().into(),
        }
    }

    /// That of what the host makes for itself.
    pub(in crate::sandbox) fn lane_of_host(&self, name: &str) -> Lane {
        Lane {
            owner: self.hosts.environment.id.as_str().into(),
            name: name.into(),
        }
    }

    /// Loads the artifact, making it anew where there is none that can be used. In a task of its own:
    /// a caller that leaves does not undo what others wait for.
    async fn load(&self, function: &FunctionName, code: &Code) -> Result<Arc<Loaded>, Rejection> {
        let (loader, compiler) = (Arc::clone(&self.loader), Arc::clone(&self.compiler));
        let (components, code) = (Arc::clone(&self.components), code.clone());
        let lane = self.lane(function);
        let loading = async move {
            if let Ok(Some(loaded)) = load_artifact(&loader, &code).await {
                return Ok(loaded);
            }
            tracing::info!(component = %code.component, "there is no usable artifact; it is made anew");
            let wasm = components.component(&code).await.map_err(rejected)?;
            let accepted = compiler.accept(&lane, &code, wasm).await?;
            compiler.finish(accepted, components).await?;
            load_artifact(&loader, &code).await?.ok_or_else(gone)
        };
        tokio::spawn(loading).await.map_err(rejected)?
    }
}

pub(in crate::sandbox) async fn load_artifact(
    loader: &Arc<Loader>,
    code: &Code,
) -> Result<Option<Arc<Loaded>>, Rejection> {
    let (loader, code) = (Arc::clone(loader), code.clone());
    let loaded = spawn_blocking(move || loader.load(&code))
        .await
        .map_err(rejected)??;
    Ok(loaded.map(Arc::new))
}

fn rejected(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(error.to_string())
}

pub(in crate::sandbox) fn gone() -> Rejection {
    Rejection::of_host("the compiled code was gone as soon as it was written")
}
