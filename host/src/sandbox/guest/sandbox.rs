//! One sandbox: a guest's memories, tables and globals, and the host's side of it.
//!
//! Nearly every one is made for one invocation and thrown away after it. One that was prepared ahead
//! is instantiated before its invocation comes; one that may be reused goes on to the next. What
//! belongs to an invocation is set by [`Sandbox::begin`], so that nothing of an earlier one is left
//! on the host's side.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wasmtime::component::Instance;
use wasmtime::{Store, UpdateDeadline};

use super::loaded::Loaded;
use crate::domain::{Invocation, Version};
use crate::limits;
use crate::sandbox::engine::compiled::Figures;
use crate::sandbox::kinds::answer::Answer;
use crate::sandbox::kinds::call::Call;
use crate::sandbox::kinds::entry::{GuestKind, ReadyGuest};
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::shared::{Initialization, Served, Shared};
use crate::sandbox::vitals::Vitals;

/// A sandbox, which holds its slot. Dropping it resets the slot, which counts as taken until then: the
/// order of the fields is the order in which they go.
pub(in crate::sandbox) struct Sandbox {
    stage: Stage,
    store: Store<GuestState>,
    invocations: u32,
    /// How long it took to prepare, until its first invocation was told.
    preparation: Option<Duration>,
    /// Its code counts as in use for as long as this lives.
    loaded: Arc<Loaded>,
    _slot: OwnedSemaphorePermit,
}

enum Stage {
    New,
    Live {
        handler: ReadyGuest,
        instance: Instance,
    },
}

impl Sandbox {
    /// A sandbox in which nothing runs yet, made for the invocation that `state` speaks of.
    pub(in crate::sandbox) fn new(
        loaded: Arc<Loaded>,
        state: GuestState,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let mut store = Store::new(loaded.component.engine(), state);
        store.limiter(|state| &mut state.shared.limiter);
        store.set_hostcall_fuel(limits::HOSTCALL_BYTES_MAX);
        store.set_max_component_handles(limits::GUEST_HANDLES_MAX);
        store.epoch_deadline_callback(|context| Ok(at_tick(context.data())));
        start_ticks(&mut store);
        Self {
            stage: Stage::New,
            store,
            invocations: 0,
            preparation: None,
            loaded,
            _slot: slot,
        }
    }

    /// Sets up the guest, which runs code of it: start functions, constructors and its lifecycle. Does
    /// nothing where that was done before.
    pub(in crate::sandbox) async fn instantiate(&mut self) -> wasmtime::Result<()> {
        if let Stage::New = &self.stage {
            let loaded = &self.loaded;
            let Figures { instance_bytes, .. } = loaded.figures;
            // Of all that it is, for as long as it is there.
            self.vitals().budget().take(instance_bytes)?;
            let instance = loaded.component.instantiate_async(&mut self.store).await?;
            let handler = loaded.entry.in_instance(&mut self.store, &instance)?;
            if let Some(lifecycle) = &loaded.lifecycle {
                Box::pin(lifecycle.run(&mut self.store, &instance)).await?;
            }
            self.stage = Stage::Live { handler, instance };
        }
        Ok(())
    }

    /// Sets up the guest ahead of its first invocation.
    pub(in crate::sandbox) async fn prepare(&mut self) -> wasmtime::Result<()> {
        let started = Instant::now();
        self.instantiate().await?;
        self.preparation = Some(started.elapsed());
        Ok(())
    }

    /// How long it took to prepare, for the first invocation of one that was prepared.
    pub(in crate::sandbox) fn take_preparation(&mut self) -> Option<Duration> {
        self.preparation.take()
    }

    /// What its guest is.
    pub(in crate::sandbox) fn kind(&self) -> GuestKind {
        self.loaded.entry.kind()
    }

    /// What it was made for.
    pub(in crate::sandbox) fn initialization(&self) -> Initialization {
        self.store.data().shared.made_for.initialization
    }

    /// Says which invocation it serves from now on.
    pub(in crate::sandbox) fn serve(&mut self, invocation: &Invocation) {
        self.store.data_mut().shared.served = Served::by(invocation);
    }

    /// Calls the guest, once it is set up.
    pub(in crate::sandbox) async fn handle(&mut self, call: Call<'_>) -> wasmtime::Result<Answer> {
        match &self.stage {
            Stage::New => {
                wasmtime::bail!("the guest was called before it was set up")
            }
            Stage::Live { handler, .. } => handler.call(&mut self.store, call).await,
        }
    }

    /// Whether the guest is set up.
    pub(in crate::sandbox) fn is_set_up(&self) -> bool {
        matches!(self.stage, Stage::Live { .. })
    }

    /// What is copied to set it up, where that was not done before.
    pub(in crate::sandbox) fn copied_bytes(&self) -> u64 {
        match &self.stage {
            Stage::New => self.loaded.figures.copied_bytes,
            Stage::Live { .. } => 0,
        }
    }

    /// Whether setting it up runs code that the function wrote for that.
    pub(in crate::sandbox) fn has_lifecycle(&self) -> bool {
        matches!(self.stage, Stage::New) && self.loaded.lifecycle.is_some()
    }

    /// What a guest that is set up consists of, for whoever reads its state; `None` where it is not.
    #[cfg_attr(
        not(feature = "compiler"),
        expect(dead_code, reason = "snapshots are of the compiler")
    )]
    pub(in crate::sandbox) fn into_guest(self) -> Option<(Store<GuestState>, Instance)> {
        match self.stage {
            Stage::New => None,
            Stage::Live { instance, .. } => Some((self.store, instance)),
        }
    }

    /// Makes a sandbox that was made for another invocation, or for none yet, that of the next one.
    pub(in crate::sandbox) fn begin(&mut self, version: Arc<Version>, deadline: Instant) {
        let state = self.store.data_mut();
        state.shared.vitals.begin();
        state.shared.version = version;
        state.shared.served = Served::default();
        state.shared.deadline = deadline;
        state.begin();
        start_ticks(&mut self.store);
    }

    /// Lets go of all that its guest has handles of, and will not use again. Requests know before that that their
    /// guest has ended.
    pub(in crate::sandbox) fn let_go(&mut self) {
        let state = self.store.data_mut();
        state.end();
        state.shared.table.clear();
    }

    /// Counts an invocation that it has served, and ends the requests that it left behind; gives how many
    /// invocations those are.
    pub(in crate::sandbox) fn count_invocation(&mut self) -> u32 {
        self.store.data_mut().end();
        self.invocations += 1;
        self.invocations
    }

    pub(in crate::sandbox) fn vitals(&self) -> &Arc<Vitals> {
        &self.store.data().shared.vitals
    }
}

/// The first tick may come at once; the second leaves at least one whole slice.
fn start_ticks(store: &mut Store<GuestState>) {
    store.set_epoch_deadline(2);
}

/// What happens to a guest that is still running at a tick: it ends at its deadline and when nobody
/// waits for it, and otherwise lets others have the thread.
fn at_tick(state: &GuestState) -> UpdateDeadline {
    let Shared {
        vitals, deadline, ..
    } = &state.shared;
    if Instant::now() >= *deadline || vitals.abandoned.load(Ordering::Relaxed) {
        return UpdateDeadline::Interrupt;
    }
    vitals.ticked.store(true, Ordering::Relaxed);
    UpdateDeadline::Yield(1)
}
