//! Sandboxes that have served an invocation and wait for the next one of the same version.
//!
//! They hold slots of the pool and memory of the host, and give both up as soon as somebody else needs
//! them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::idle_list::{IdleList, Owner};
use crate::domain::{Digest, Version};
use crate::limits;
use crate::sandbox::guest::sandbox::Sandbox;

/// The idle sandboxes of all functions. No lock is held while one is dropped.
pub(in crate::sandbox) struct IdleSandboxes {
    idle: Mutex<Idle>,
    elsewhere: Handle,
}

#[derive(Default)]
struct Idle {
    list: IdleList<Sandbox>,
    /// Whether a task looks after the list; there is none while it is empty.
    is_swept: bool,
}

impl IdleSandboxes {
    /// None yet. Those that come are looked after by tasks of `elsewhere`.
    pub(in crate::sandbox) fn new(elsewhere: Handle) -> Self {
        Self {
            idle: Mutex::default(),
            elsewhere,
        }
    }

    /// Keeps a sandbox for the next invocation of this version by this tenant, and of the kind that it
    /// was made for.
    pub(in crate::sandbox) fn put(
        self: &Arc<Self>,
        version: &Arc<Version>,
        tenant_id: Option<String>,
        sandbox: Sandbox,
    ) {
        let owner = Owner {
            tenant_id,
            initialization: sandbox.initialization(),
        };
        let mut idle = self.lock();
        let gives_way = idle.list.put(version, owner, sandbox, Instant::now());
        let was_swept = std::mem::replace(&mut idle.is_swept, true);
        drop(idle);
        drop(gives_way);
        if !was_swept {
            self.elsewhere.spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// The sandbox of this version and this owner that was used last.
    pub(in crate::sandbox) fn take(&self, version: &Version, owner: &Owner) -> Option<Sandbox> {
        let (taken, stale) = self.lock().list.take(version, owner);
        drop(stale);
        taken
    }

    /// Drops the sandbox that was idle for longest; `false` where there is none.
    pub(in crate::sandbox) fn give_way(&self) -> bool {
        let oldest = self.lock().list.pop_oldest();
        oldest.is_some()
    }

    /// Drops those of a component that no version uses any more.
    pub(in crate::sandbox) fn forget(&self, component: Digest) {
        let gone = self.lock().list.take_component(component);
        drop(gone);
    }

    /// Drops those that were idle for too long; `false` where none is left to look after.
    fn drop_expired(&self) -> bool {
        let mut idle = self.lock();
        let expired = idle.list.take_expired(Instant::now());
        idle.is_swept = !idle.list.is_empty();
        let is_swept = idle.is_swept;
        drop(idle);
        drop(expired);
        is_swept
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(idle: Weak<IdleSandboxes>) {
    loop {
        sleep(limits::IDLE_SWEEP_INTERVAL).await;
        match idle.upgrade() {
            Some(idle) if idle.drop_expired() => {}
            Some(_) | None => return,
        }
    }
}
