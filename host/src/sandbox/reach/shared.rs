//! What every part of a guest's reach may need: who the guest is, what it may hold, and until when.

use std::sync::Arc;

use tokio::time::Instant;

use super::files::Mount;
use super::grants::Granted;
use super::table::Table;
use crate::domain::{Invocation, RequestId, Version};
use crate::sandbox::engine::memory_limiter::MemoryLimiter;
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::vitals::Vitals;

/// The host's side of a guest, as far as it is no part's own.
pub(in crate::sandbox) struct Shared {
    pub(in crate::sandbox) vitals: Arc<Vitals>,
    /// How memories and tables come out of the budget.
    pub(in crate::sandbox) limiter: MemoryLimiter,
    /// What the guest has handles of, which comes out of it as well.
    pub(in crate::sandbox) table: Table,
    pub(in crate::sandbox) version: Arc<Version>,
    /// What of the host's machine the function may use, where it asks for any of it.
    pub(in crate::sandbox) granted: Option<Arc<Granted>>,
    /// The package of the function, where it holds sources.
    pub(in crate::sandbox) task: Option<Arc<Mount>>,
    pub(in crate::sandbox) made_for: MadeFor,
    pub(in crate::sandbox) served: Served,
    pub(in crate::sandbox) deadline: Instant,
}

impl Shared {
    /// The one budget of memory: whatever is held for the guest comes out of it.
    pub(in crate::sandbox) fn budget(&self) -> &Arc<Budget> {
        self.vitals.budget()
    }
}

/// What a sandbox was made for.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct MadeFor {
    pub(in crate::sandbox) initialization: Initialization,
    /// Whether the sandbox may serve several invocations. Guests read their environment once and keep
    /// it, so what belongs to one invocation is left out of it then.
    pub(in crate::sandbox) is_reusable: bool,
    /// Whether the guest is called as a program is, by a name.
    pub(in crate::sandbox) is_command: bool,
}

/// When a sandbox was instantiated, which its guest may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Initialization {
    /// For the invocation that it serves, or serves first.
    OnDemand,
    /// Ahead of it.
    Provisioned,
    /// For a snapshot, or from one.
    SnapStart,
}

impl Initialization {
    /// As AWS names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Provisioned => "provisioned-concurrency",
            Self::SnapStart => "snap-start",
        }
    }

    /// What a sandbox of `version` is told that serves calls of provisioned concurrency, or others.
    pub(in crate::sandbox) fn of(version: &Version, is_provisioned: bool) -> Self {
        match is_provisioned {
            _ if version.is_snap_started() => Self::SnapStart,
            true => Self::Provisioned,
            false => Self::OnDemand,
        }
    }
}

/// What a sandbox knows of the invocation that it serves.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct Served {
    pub(in crate::sandbox) request_id: Option<RequestId>,
    pub(in crate::sandbox) tenant_id: Option<String>,
    pub(in crate::sandbox) trace_id: Option<String>,
}

impl Served {
    pub(in crate::sandbox) fn by(invocation: &Invocation) -> Self {
        Self {
            request_id: Some(invocation.request_id),
            tenant_id: invocation.tenant_id.clone(),
            trace_id: invocation.trace_id.clone(),
        }
    }
}
