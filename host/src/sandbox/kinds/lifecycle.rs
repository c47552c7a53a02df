//! What a guest does before its first event: `sparkler:function/lifecycle`, where it exports that.

use std::fmt;

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::sandbox::bindings::exports::sparkler::function::lifecycle;
use crate::sandbox::bindings::sparkler::function::types;
use crate::sandbox::reach::guest_state::GuestState;

/// The export that lets a component initialize itself.
pub(crate) const LIFECYCLE_EXPORT: &str = "sparkler:function/lifecycle@0.1.0";

/// The lifecycle of a component, found before there is an instance of it.
pub(in crate::sandbox) struct Lifecycle(lifecycle::GuestIndices);

impl Lifecycle {
    /// The lifecycle of a component that has one.
    ///
    /// # Errors
    /// Where it has another signature.
    pub(in crate::sandbox) fn of(
        component: &InstancePre<GuestState>,
    ) -> wasmtime::Result<Option<Self>> {
        let export = component
            .component()
            .get_export_index(None, LIFECYCLE_EXPORT);
        match export {
            Some(_) => lifecycle::GuestIndices::new(component).map(|indices| Some(Self(indices))),
            None => Ok(None),
        }
    }

    /// Runs `init` in a sandbox that was set up from nothing, and `after-restore` in one that was made of
    /// a snapshot.
    ///
    /// # Errors
    /// [`GaveUp`] where the guest says so, and whatever else a call of a guest ends in.
    pub(in crate::sandbox) async fn run(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<()> {
        let guest = self.0.load(&mut *store, instance)?;
        let is_restored = store.data().shared.version.is_snapshotted();
        let ended = match is_restored {
            true => guest.call_after_restore(store).await?,
            false => guest.call_init(store).await?,
        };
        ended.map_err(|error| wasmtime::Error::new(GaveUp(error)))
    }
}

/// The error that a guest's `init` or `after-restore` returned.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct GaveUp(pub(in crate::sandbox) types::FunctionError);

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.error_type, self.0.error_message)
    }
}

impl std::error::Error for GaveUp {}
