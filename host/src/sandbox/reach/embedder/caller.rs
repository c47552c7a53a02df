//! Who calls a host function.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::StoreContextMut;

use crate::domain::{RequestId, Version};
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::vitals::Vitals;

/// The invocation out of which a guest calls a function of the program that embeds the host.
#[derive(Clone)]
pub struct Caller {
    version: Arc<Version>,
    request_id: Option<RequestId>,
    tenant_id: Option<String>,
    deadline: Instant,
    vitals: Arc<Vitals>,
}

impl Caller {
    pub(in crate::sandbox) fn of(store: &StoreContextMut<'_, GuestState>) -> Self {
        let shared = &store.data().shared;
        Self {
            version: Arc::clone(&shared.version),
            request_id: shared.served.request_id,
            tenant_id: shared.served.tenant_id.clone(),
            deadline: shared.deadline.into_std(),
            vitals: Arc::clone(&shared.vitals),
        }
    }

    /// The name of the function that runs.
    pub fn function(&self) -> &str {
        self.version.function.as_str()
    }

    /// The id of the invocation; `None` while a sandbox is set up ahead of its first one.
    pub fn request_id(&self) -> Option<RequestId> {
        self.request_id
    }

    /// The tenant that the invocation is for, where one was named.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant_id.as_deref()
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
