//! What functions wait for, and that somebody does it: one host of those that share them.
//!
//! Whoever begins such work has its lease until the work has ended. Every other host waits for the lease, too: it
//! is free again when the work has ended, or when the host that did it is gone. In the first case nothing is left
//! to do, in the second the next one does it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::CompileGuest;
use super::deployment::Deployment;
use super::jobs::{Job, Tending};
use super::pipeline::Pipeline;
use crate::catalog::Change;
use crate::domain::{
    Digest, FunctionName, FunctionRecord, Version, VersionId, lifecycle, snapshot,
};
use crate::limits::LEASE_DURATION;
use crate::storage::{Held, StorageError};
use crate::turns::backoff_ms;

/// Functions that are looked through at once.
const PAGE: usize = 1_000;

impl<G: CompileGuest> Pipeline<G> {
    /// From now on sees to what changes of the catalog have to be done behind, wherever they were made.
    pub(super) fn follow(self: &Arc<Self>) {
        let pipeline = Arc::downgrade(self);
        self.catalog.observe_changes(move |change| {
            let Some(pipeline) = pipeline.upgrade() else {
                return;
            };
            if let Some(after) = change.after {
                pipeline.tend(after);
            }
            pipeline.forget_compiled(change);
            if !pipeline.in_hand.has(change.name) {
                pipeline.changes.send_replace(());
            }
        });
    }

    /// Forgets what was compiled here of code that a function has no more, wherever that was changed.
    fn forget_compiled(self: &Arc<Self>, change: Change<'_>) {
        let Some(before) = change.before else {
            return;
        };
        let components = |record: &FunctionRecord| -> HashSet<Digest> {
            record.codes().map(|code| code.component).collect()
        };
        let kept = change.after.map(components).unwrap_or_default();
        for component in components(before).difference(&kept).copied() {
            if !self.catalog.uses_component(component) {
                let pipeline = Arc::clone(self);
                tokio::spawn(async move { pipeline.retention.forget(component).await });
            }
        }
    }

    /// Sees to all that functions wait for, as after a start.
    pub(super) fn tend_all(self: &Arc<Self>) {
        let mut after = None;
        loop {
            let page = self.catalog.page(after.as_ref(), PAGE);
            let Some(last) = page.last() else {
                return;
            };
            after = Some(last.latest.function.clone());
            page.iter().for_each(|record| self.tend(record));
        }
    }

    /// Sees to what a function waits for.
    fn tend(self: &Arc<Self>, record: &FunctionRecord) {
        let name = &record.latest.function;
        if lifecycle::work(record).is_some() {
            self.tend_to(Job::Work(name.clone()));
        }
        for version in snapshot::wanted(record) {
            if let VersionId::Number(number) = version.id {
                self.tend_to(Job::Snapshot(name.clone(), number));
            }
        }
    }

    fn tend_to(self: &Arc<Self>, job: Job) {
        if let Some(tending) = self.tended.begin(job) {
            tokio::spawn(Self::see_to(Arc::downgrade(self), tending));
        }
    }

    /// While it waits, it keeps nothing of the host: whoever drops that finds all of it gone, with the lock of
    /// its directory. `None` where that has happened.
    async fn see_to(pipeline: Weak<Self>, tending: Tending) -> Option<()> {
        let job = &tending.job;
        let (in_hand, leases, lease) = {
            let pipeline = pipeline.upgrade()?;
            let lease = job.lease(&pipeline.account);
            (
                pipeline.in_hand.clone(),
                Arc::clone(&pipeline.leases),
                lease,
            )
        };
        let mut failures = 0;
        loop {
            // Whoever begins a job here also ends it.
            in_hand.idle(job).await;
            if !pipeline.upgrade()?.is_open(job) {
                break;
            }
            let done = match leases.take(&lease, LEASE_DURATION).await {
                Ok(Some(held)) => pipeline.upgrade()?.try_job(job.clone(), held).await,
                Ok(None) => leases.freed(&lease).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::error!(lease, %error, "what a function waits for is tried again");
                    tokio::time::sleep(Duration::from_millis(backoff_ms(failures))).await;
                }
            }
        }
        let (pipeline, name) = (pipeline.upgrade()?, job.function().clone());
        drop(tending);
        // It may have been asked for anew since it was looked at.
        if let Some(record) = pipeline.catalog.get(&name) {
            pipeline.tend(&record);
        }
        Some(())
    }

    /// Does it in a task of its own: a panic fails this try, and not those after it.
    async fn try_job(self: Arc<Self>, job: Job, held: Held) -> Result<(), StorageError> {
        let tried = tokio::spawn(async move { self.do_job(&job, held).await }).await;
        tried.unwrap_or_else(|broke_off| Err(StorageError::of(broke_off.to_string())))
    }

    /// Does it, if it still is to be done; an error where it still is after that.
    async fn do_job(self: &Arc<Self>, job: &Job, held: Held) -> Result<(), StorageError> {
        // Who had the lease before may have ended it, which need not be shown here yet.
        let caught_up = self.catalog.catch_up().await;
        caught_up.map_err(|error| StorageError::of(error.0))?;
        match job {
            Job::Work(name) => {
                let record = self.catalog.get(name);
                let Some(work) = record.as_deref().and_then(lifecycle::work) else {
                    return Ok(());
                };
                tracing::info!(function = %name, "a deployment that was interrupted is taken up again");
                let working = self.in_hand.begin(job.clone());
                let (pipeline, name) = (Arc::clone(self), name.clone());
                let lane = self.lane(None, &name);
                let deployment = Deployment::new(pipeline, name, lane, work, Some(held), working);
                deployment.resume().await;
            }
            Job::Snapshot(name, number) => {
                let Some(version) = self.wanting(name, *number) else {
                    return Ok(());
                };
                let _working = self.in_hand.begin(job.clone());
                self.take_snapshot(&version).await;
                drop(held);
            }
        }
        match self.is_open(job) {
            false => Ok(()),
            true => Err(StorageError::of("its end could not be recorded")),
        }
    }

    fn is_open(&self, job: &Job) -> bool {
        match job {
            Job::Work(name) => {
                let record = self.catalog.get(name);
                record.as_deref().and_then(lifecycle::work).is_some()
            }
            Job::Snapshot(name, number) => self.wanting(name, *number).is_some(),
        }
    }

    /// The version of this number, where it waits for its snapshot.
    fn wanting(&self, name: &FunctionName, number: u64) -> Option<Arc<Version>> {
        let record = self.catalog.get(name)?;
        let mut wanting = snapshot::wanted(&record);
        let found = wanting.find(|version| version.id == VersionId::Number(number));
        found.map(Arc::clone)
    }
}
