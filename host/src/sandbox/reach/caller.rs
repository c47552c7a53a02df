//! Who calls a host function.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::StoreContextMut;

use super::guest_state::GuestState;
use crate::domain::{Invocation, RequestId, Version};
use crate::sandbox::vitals::Vitals;

/// What a sandbox knows of the invocation that it serves.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct Served {
    request_id: Option<RequestId>,
    tenant_id: Option<String>,
}

impl Served {
    pub(in crate::sandbox) fn by(invocation: &Invocation) -> Self {
        Self {
            request_id: Some(invocation.request_id),
            tenant_id: invocation.tenant_id.clone(),
        }
    }
}

/// The invocation out of which a guest calls a function of the program that embeds the host.
#[derive(Clone)]
pub struct Caller {
    version: Arc<Version>,
    served: Served,
    deadline: Instant,
    vitals: Arc<Vitals>,
}

impl Caller {
    pub(in crate::sandbox) fn of(store: &StoreContextMut<'_, GuestState>) -> Self {
        let state = store.data();
        Self {
            version: Arc::clone(&state.surroundings.version),
            served: state.served.clone(),
            deadline: state.deadline.into_std(),
            vitals: Arc::clone(&state.vitals),
        }
    }

    /// The name of the function that runs.
    pub fn function(&self) -> &str {
        self.version.function.as_str()
    }

    /// The id of the invocation; `None` while a sandbox is set up ahead of its first one.
    pub fn request_id(&self) -> Option<RequestId> {
        self.served.request_id
    }

    /// The tenant that the invocation is for, where one was named.
    pub fn tenant(&self) -> Option<&str> {
        self.served.tenant_id.as_deref()
    }

    /// When the invocation is ended. An asynchronous function that still waits then is dropped where it is;
    /// any other holds the guest, and one of the host's threads, until it returns.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The time until then.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Writes a line into the log of the invocation.
    pub fn log(&self, line: &str) {
        self.vitals.write_log_lines(&format!("{line}\n"));
    }
}
