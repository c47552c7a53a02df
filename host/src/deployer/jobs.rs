//! What one host does, of those that share their functions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::{Account, FunctionName, Lock};

/// Something that functions wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Job {
    /// What a Pending or InProgress function waits for.
    Work(FunctionName),
    /// The snapshot of a published version.
    Snapshot(FunctionName, u64),
}

impl Job {
    /// Whose job it is.
    pub(super) fn function(&self) -> &FunctionName {
        match self {
            Self::Work(name) | Self::Snapshot(name, _) => name,
        }
    }

    /// The name of the lease that whoever does it has.
    pub(super) fn lease(&self, account: &Account) -> String {
        let account = &account.id;
        match self {
            Self::Work(name) => format!("work/{account}/{name}"),
            Self::Snapshot(name, number) => format!("snapshot/{account}/{name}/{number}"),
        }
    }
}

/// The jobs that a task of this host sees to.
#[derive(Clone, Default)]
pub(super) struct Tended(Arc<Lock<HashSet<Job>>>);

/// Somebody sees to a job for as long as this lives.
pub(super) struct Tending {
    tended: Tended,
    pub(super) job: Job,
}

impl Tended {
    /// The caller is to see to it; `None` where somebody else here does.
    pub(super) fn begin(&self, job: Job) -> Option<Tending> {
        let is_new = self.0.lock().insert(job.clone());
        is_new.then(|| Tending {
            tended: self.clone(),
            job,
        })
    }
}

impl Drop for Tending {
    fn drop(&mut self) {
        self.tended.0.lock().remove(&self.job);
    }
}

/// The jobs that this host does right now. Whoever waits for a function is told when such a job has ended, with
/// all that belongs to it, and not when its end is only to be seen.
#[derive(Clone)]
pub(super) struct InHand {
    jobs: watch::Sender<HashMap<Job, usize>>,
    changes: watch::Sender<()>,
}

/// A job is in hand for as long as this lives.
pub(super) struct Working {
    in_hand: InHand,
    job: Job,
}

impl InHand {
    /// Jobs whose end `changes` tells of.
    pub(super) fn telling(changes: watch::Sender<()>) -> Self {
        Self {
            jobs: watch::Sender::default(),
            changes,
        }
    }

    pub(super) fn begin(&self, job: Job) -> Working {
        self.jobs
            .send_modify(|jobs| *jobs.entry(job.clone()).or_default() += 1);
        Working {
            in_hand: self.clone(),
            job,
        }
    }

    /// Whether any job of a function is in hand.
    pub(super) fn has(&self, name: &FunctionName) -> bool {
        self.jobs.borrow().keys().any(|job| job.function() == name)
    }

    /// Waits until a job is in hand no longer.
    pub(super) async fn idle(&self, job: &Job) {
        let mut jobs = self.jobs.subscribe();
        let idle = jobs.wait_for(|jobs| !jobs.contains_key(job)).await;
        // What would tell it lives as long as this.
        drop(idle);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.in_hand.jobs.send_modify(|jobs| {
            if let Some(count) = jobs.get_mut(&self.job) {
                *count -= 1;
                if *count == 0 {
                    jobs.remove(&self.job);
                }
            }
        });
        // Nobody was told of what changed meanwhile, and a job that breaks off says nothing itself.
        self.in_hand.changes.send_replace(());
    }
}
