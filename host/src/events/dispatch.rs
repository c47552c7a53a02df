//! The task that gives turns: to events that are due, and to messages that are to be delivered.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::Shared;
use super::attempt::attempt;
use super::delivering::deliver;
use super::log::{Administer, Handed, LogError};
use super::taking::Taking;
use crate::domain::times::milliseconds;
use crate::invoker::RunGuest;
use crate::limits::{DEAD_EVENT_AGE_MAX, EVENT_LEASE_DURATION};
use crate::turns::backoff_ms;

/// How often dead events are looked through for those that are too old.
const PURGE_INTERVAL: Duration = Duration::from_secs(3_600);

/// How often leases are extended, and looked for that others have lost.
const EXTEND_INTERVAL: Duration = Duration::from_secs(10);

const _: () = assert!(2 * EXTEND_INTERVAL.as_secs() < EVENT_LEASE_DURATION.as_secs());

/// Gives turns until it is told to stop, or nobody is left who could tell.
pub(super) async fn dispatch<G: RunGuest>(
    shared: Arc<Shared<G>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut purge = tokio::time::interval(PURGE_INTERVAL);
    let mut look = tokio::time::interval(EXTEND_INTERVAL);
    let mut failures = 0;
    while !*stopped.borrow_and_update() {
        let leased_ms = shared.lease(&mut failures).await;
        let wake_ms = [give_turns(&shared), leased_ms];
        let later = async {
            match wake_ms.into_iter().flatten().min() {
                Some(at_ms) => shared.clock.until(at_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // In this order, so that what has become due is not waited past.
            biased;
            changed = stopped.changed() => if changed.is_err() { break },
            () = shared.queues.woken() => {}
            () = shared.log.woken(shared.holder) => {}
            _ = look.tick() => {}
            _ = purge.tick() => drop(tokio::spawn(purge_the_old(Arc::clone(&shared)))),
            () = later => {}
        }
    }
    if let Err(error) = shared.log.leave(shared.holder).await {
        tracing::warn!(%error, "events that were leased wait until their leases lapse");
    }
}

/// Begins what is due and has room; tells when to look again.
fn give_turns<G: RunGuest>(shared: &Arc<Shared<G>>) -> Option<u64> {
    let due = shared.queues.take();
    for turn in due.events {
        let taking = Taking::event(&shared.queues, turn);
        tokio::spawn(attempt(Arc::clone(shared), taking));
    }
    for turn in due.messages {
        let taking = Taking::message(&shared.queues, turn);
        tokio::spawn(deliver(Arc::clone(shared), taking));
    }
    due.wake_ms
}

impl<G: RunGuest> Shared<G> {
    /// Leases what there is room for; tells when to look again.
    async fn lease(&self, failures: &mut u32) -> Option<u64> {
        let now_ms = self.clock.now_ms();
        match self.try_lease(now_ms).await {
            Ok(handed) => {
                *failures = 0;
                let wake_ms = handed.wake_ms;
                self.queues.hold(handed);
                wake_ms
            }
            Err(error) => {
                *failures = failures.saturating_add(1);
                tracing::error!(%error, "no events are run, since they cannot be leased");
                Some(now_ms + backoff_ms(*failures))
            }
        }
    }

    /// Whoever has not joined yet, or was given up in between, joins.
    async fn try_lease(&self, now_ms: u64) -> Result<Handed, LogError> {
        match self.log.lease(self.holder, now_ms).await {
            Err(LogError::Lapsed) => {
                let account = Arc::clone(&self.account_id);
                let wait_ms_max = self.delays.wait_ms_max();
                let joining = self.queues.joining(self.holder, account, wait_ms_max);
                self.log.join(joining).await?;
                self.log.lease(self.holder, now_ms).await
            }
            handed => handed,
        }
    }
}

/// Extends what a host holds, for as long as there is a host.
pub(super) async fn keep_leases<G: RunGuest>(shared: Weak<Shared<G>>) {
    let mut extend = tokio::time::interval(EXTEND_INTERVAL);
    loop {
        extend.tick().await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        match shared.log.extend(shared.holder).await {
            // Who has lapsed joins again with the next lease.
            Ok(()) | Err(LogError::Lapsed) => {}
            Err(error) => tracing::warn!(%error, "leases of events could not be extended"),
        }
    }
}

/// Removes dead events that are too old, some at a time: others write in between.
pub(super) async fn purge_the_old<G: RunGuest>(shared: Arc<Shared<G>>) {
    let age_ms_max = milliseconds(DEAD_EVENT_AGE_MAX);
    let than_ms = shared.clock.now_ms().saturating_sub(age_ms_max);
    let purge = Administer::PurgeOlder { than_ms };
    // What fails is told of by the log; the next hour brings another try.
    while let Ok(moved) = shared.log.administer(shared.all(), purge).await
        && moved.has_more
    {}
}
