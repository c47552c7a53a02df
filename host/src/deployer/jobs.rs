//! What one host does, of those that share their functions.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::{Account, FunctionName};

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
#[derive(Default)]
pub(super) struct Tended(Mutex<HashSet<Job>>);

impl Tended {
    /// Whether the caller is to see to it: nobody else here does.
    pub(super) fn begin(&self, job: &Job) -> bool {
        self.lock().insert(job.clone())
    }

    pub(super) fn end(&self, job: &Job) {
        self.lock().remove(job);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The jobs that this host does right now. Whoever waits for a function is told when such a job has ended, with
/// all that belongs to it, and not when its end is only to be seen.
#[derive(Clone)]
pub(super) struct InHand(Arc<watch::Sender<HashMap<Job, usize>>>);

/// A job is in hand for as long as this lives.
pub(super) struct Working {
    in_hand: InHand,
    job: Job,
}

impl Default for InHand {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(HashMap::new())))
    }
}

impl InHand {
    pub(super) fn begin(&self, job: Job) -> Working {
        self.0
            .send_modify(|jobs| *jobs.entry(job.clone()).or_default() += 1);
        Working {
            in_hand: self.clone(),
            job,
        }
    }

    /// Whether any job of a function is in hand.
    pub(super) fn has(&self, name: &FunctionName) -> bool {
        self.0.borrow().keys().any(|job| job.function() == name)
    }

    /// Waits until a job is in hand no longer.
    pub(super) async fn idle(&self, job: &Job) {
        let mut jobs = self.0.subscribe();
        let idle = jobs.wait_for(|jobs| !jobs.contains_key(job)).await;
        // What would tell it lives as long as this.
        drop(idle);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.in_hand.0.send_modify(|jobs| {
            if let Some(count) = jobs.get_mut(&self.job) {
                *count -= 1;
                if *count == 0 {
                    jobs.remove(&self.job);
                }
            }
        });
    }
}
