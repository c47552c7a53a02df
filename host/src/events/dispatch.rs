//! The task that gives turns: to events that are due, and to messages that are to be delivered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Shared;
use super::administration::blocking;
use super::attempt::attempt;
use super::clock::milliseconds;
use super::delivering::deliver;
use super::store::Change;
use super::taking::Taking;
use crate::invoker::RunGuest;
use crate::limits::DEAD_EVENT_AGE_MAX;

/// How often dead events are looked through for those that are too old.
const PURGE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Gives turns until it is told to stop, or nobody is left who could tell.
pub(super) async fn dispatch<G: RunGuest>(
    shared: Arc<Shared<G>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut purge = tokio::time::interval(PURGE_INTERVAL);
    while !*stopped.borrow_and_update() {
        let due = shared.queues.take();
        for turn in due.runs {
            let taking = Taking::run(&shared.queues, turn);
            tokio::spawn(attempt(Arc::clone(&shared), taking));
        }
        for turn in due.deliveries {
            let taking = Taking::delivery(&shared.queues, turn);
            tokio::spawn(deliver(Arc::clone(&shared), taking));
        }
        let later = async {
            match due.wake_ms {
                Some(at_ms) => shared.clock.until(at_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // In this order, so that what has become due is not waited past.
            biased;
            changed = stopped.changed() => if changed.is_err() { return },
            () = shared.queues.woken() => {}
            _ = purge.tick() => drop(tokio::spawn(purge_the_old(Arc::clone(&shared)))),
            () = later => {}
        }
    }
}

/// Removes dead events that are too old, some at a time: others write in between.
pub(super) async fn purge_the_old<G: RunGuest>(shared: Arc<Shared<G>>) {
    let age_ms_max = milliseconds(DEAD_EVENT_AGE_MAX);
    let than_ms = shared.clock.now_ms().saturating_sub(age_ms_max);
    // None of them goes while somebody brings it back.
    let _alone = shared.administration.lock().await;
    loop {
        let store = shared.store.clone();
        let has_older = blocking(move || store.has_dead_before(than_ms)).await;
        if !has_older.unwrap_or(false) {
            return;
        }
        let purge = vec![Change::PurgeOlder { than_ms }];
        if shared.writer.commit(purge, |_| {}).await.is_err() {
            // The writer has told of it; the next hour brings another try.
            return;
        }
    }
}
