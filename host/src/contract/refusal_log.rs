//! Refusals on their way to the audit log: gathered for a moment and written together, aside.
//!
//! Strangers make them, as many as they like, and no answer waits for any of it: see [`Batch`] for what is told of them.

mod batch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use tokio::sync::{Mutex, Notify};

use batch::Batch;

use super::passage::Passage;
use super::refused::{About, RefusedAnswer};
use crate::catalog::audit::AuditLog;
use crate::domain::audit::{Actor, Entry, Refused};
use crate::domain::{AccountId, Lock, arn};
use crate::limits::AUDIT_REFUSALS_INTERVAL;

/// Notes who was refused.
pub(crate) struct RefusalLog {
    log: AuditLog,
    gathered: Lock<Batch>,
    /// Held while a batch is written.
    writing: Mutex<()>,
    wake: Arc<Notify>,
    noted: AtomicU64,
    dropped: AtomicU64,
}

/// How many refusals there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RefusalFigures {
    /// Those that entries tell of.
    pub(super) noted: u64,
    /// Those that were too many, or could not be written.
    pub(super) dropped: u64,
}

impl RefusalLog {
    /// One that writes to `log` for as long as somebody has it.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(crate) fn start(log: AuditLog) -> Arc<Self> {
        let refusals = Arc::new(Self {
            log,
            gathered: Lock::default(),
            writing: Mutex::default(),
            wake: Arc::default(),
            noted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        let wake = Arc::clone(&refusals.wake);
        tokio::spawn(write_again_and_again(Arc::downgrade(&refusals), wake));
        refusals
    }

    /// Notes that a request was refused, which was for this account.
    pub(super) fn note(&self, passage: &Passage, refused: RefusedAnswer, account: AccountId) {
        let entry = entry(passage, refused);
        let untold = self.gathered.lock().add(passage.sender(), account, entry);
        self.noted.fetch_add(1, Ordering::Relaxed);
        self.drop_noted(untold);
        self.wake.notify_one();
    }

    /// Returns when what was noted before is durable, or was given up.
    pub(crate) async fn flush(&self) {
        let _writing = self.writing.lock().await;
        let gathered = std::mem::take(&mut *self.gathered.lock());
        if gathered.is_empty() {
            return;
        }
        let requests = gathered.requests();
        if let Err(error) = self.log.write(gathered.into_entries()).await {
            tracing::warn!(requests, %error, "refused requests are missing in the audit log");
            self.drop_noted(requests);
        }
    }

    /// Of those that were noted, so many are told by no entry.
    fn drop_noted(&self, requests: u64) {
        self.noted.fetch_sub(requests, Ordering::Relaxed);
        self.dropped.fetch_add(requests, Ordering::Relaxed);
    }

    pub(super) fn figures(&self) -> RefusalFigures {
        RefusalFigures {
            noted: self.noted.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Drop for RefusalLog {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn write_again_and_again(refusals: Weak<RefusalLog>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        if refusals.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(AUDIT_REFUSALS_INTERVAL).await;
        let Some(refusals) = refusals.upgrade() else {
            return;
        };
        refusals.flush().await;
    }
}

fn entry(passage: &Passage, refused: RefusedAnswer) -> Entry {
    let RefusedAnswer { reason, about } = refused;
    let About {
        principal,
        key,
        resource,
        statement,
        account: _,
    } = about.map_or_else(About::default, |about| *about);
    let plain = passage.cause(Actor::Anonymous).entry();
    Entry {
        principal: principal.unwrap_or(plain.principal),
        key,
        function: resource.as_deref().and_then(arn::function_of),
        resource,
        refused: Some(Refused {
            reason: reason.into(),
            statement,
            more: 0,
        }),
        ..plain
    }
}
