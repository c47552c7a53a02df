//! What sandboxes are made of: loaded code, a slot, and the host's side of a guest.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::compiler::Compiler;
use super::environment::{Initialization, Surroundings};
use super::files::HostFiles;
use super::grants::{Granted, Grants};
use super::guest_state::{GuestState, Reach};
use super::loaded::{Loaded, LoadedFunctions};
use super::loader::Loader;
use super::memory_limiter::{HostMemory, MemoryLimiter};
use super::outbound::Network;
use super::sandbox::Sandbox;
use super::slots::Slots;
use super::ticker::Ticker;
use super::vitals::Vitals;
use crate::deployer::{ComponentSource, Rejection};
use crate::domain::{Account, Code, Digest, Version};
use crate::invoker::HostFailure;

/// Makes sandboxes.
pub(super) struct Maker {
    pub(super) account: Arc<Account>,
    pub(super) files: Arc<HostFiles>,
    pub(super) grants: Grants,
    pub(super) loader: Arc<Loader>,
    pub(super) compiler: Arc<Compiler>,
    pub(super) components: Arc<dyn ComponentSource>,
    pub(super) loaded: LoadedFunctions,
    pub(super) slots: Slots,
    pub(super) host_memory: Arc<HostMemory>,
    pub(super) ticker: Ticker,
    pub(super) network: Arc<Network>,
}

/// What tells one sandbox of a version from another.
pub(super) struct Purpose {
    pub(super) initialization: Initialization,
    pub(super) is_reusable: bool,
    pub(super) trace_id: Option<String>,
    pub(super) granted: Option<Arc<Granted>>,
    pub(super) deadline: Instant,
}

impl Maker {
    /// A sandbox of `version` in which nothing runs yet.
    pub(super) fn sandbox(
        &self,
        version: &Arc<Version>,
        loaded: Arc<Loaded>,
        slot: OwnedSemaphorePermit,
        purpose: Purpose,
    ) -> Sandbox {
        let vitals = Arc::new(Vitals::default());
        let limiter = MemoryLimiter::new(
            Arc::clone(&vitals),
            Arc::clone(&self.host_memory),
            version.settings.memory_bytes_max(),
        );
        let surroundings = Surroundings {
            account: Arc::clone(&self.account),
            version: Arc::clone(version),
            kind: loaded.entry.kind(),
            trace_id: purpose.trace_id,
            initialization: purpose.initialization,
            is_reusable: purpose.is_reusable,
            granted: purpose.granted,
        };
        let reach = Reach {
            files: Arc::clone(&self.files),
            network: Arc::clone(&self.network),
        };
        let deadline = purpose.deadline;
        let mut state = GuestState::new(vitals, limiter, surroundings, Some(reach), deadline);
        if version.is_snapshotted() {
            state.start_clock_after(version.settings.init_duration_max());
        }
        Sandbox::new(loaded, state, slot)
    }

    /// The function's code, and the time that it took where it had to be loaded.
    pub(super) async fn loaded(
        &self,
        version: &Version,
    ) -> Result<(Arc<Loaded>, Option<Duration>), HostFailure> {
        let image = version.image();
        let component = image.component;
        if let Some(loaded) = self.loaded.get(component) {
            return Ok((loaded, None));
        }
        let started = Instant::now();
        let loaded = self.loaded.get_or_load(component, self.load(image)).await;
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
}

pub(super) async fn load_artifact(
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

pub(super) fn gone() -> Rejection {
    Rejection::of_host("the compiled code was gone as soon as it was written")
}
