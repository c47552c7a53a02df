//! Where the sandbox of an invocation comes from, before its time begins.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::keep::shelf::InUse;
use crate::sandbox::kinds::entry::GuestKind;

/// Where a sandbox comes from.
pub(super) enum SandboxSource {
    /// It is to be made.
    Fresh {
        loaded: Arc<Loaded>,
        slot: OwnedSemaphorePermit,
        /// How long loading took, where this invocation had to do it.
        loading: Option<Duration>,
    },
    /// It was prepared, or has served before.
    Kept {
        sandbox: Sandbox,
        in_use: Option<InUse<Sandbox>>,
    },
}

impl SandboxSource {
    /// What the guest is.
    pub(super) fn kind(&self) -> GuestKind {
        match self {
            Self::Fresh { loaded, .. } => loaded.entry.kind(),
            Self::Kept { sandbox, .. } => sandbox.kind(),
        }
    }
}
