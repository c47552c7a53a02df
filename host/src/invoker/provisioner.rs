//! Provisioned concurrency: has sandboxes prepared for what is asked for, and tells how far it is.
//!
//! What is to be done is decided in [`Provisioning`], one for each function. Here is what happens around
//! it: the catalog tells of changes, and one task a function does its steps one after the other for as
//! long as there are any.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::prepare::{PrepareFailure, PrepareGuest};
use crate::catalog::{Catalog, Change};
use crate::domain::concurrency::Reservation;
use crate::domain::provisioning::{Cause, Progress, Provisioning, Step};
use crate::domain::{FunctionName, FunctionRecord, Lock, Qualifier, VersionId};
use crate::limits::{PROVISIONING_RETRY_PAUSE, PROVISIONING_SHOWN_MIN};

/// Has sandboxes prepared for the provisioned concurrency of all functions.
pub struct Provisioner<G> {
    guests: Arc<G>,
    functions: Lock<HashMap<FunctionName, Function>>,
    runtime: Handle,
}

#[derive(Default)]
struct Function {
    provisioning: Provisioning,
    /// Whether a task does its steps.
    is_busy: bool,
    /// Whether a task waits to try again what has failed.
    is_retried: bool,
}

impl<G: PrepareGuest> Provisioner<G> {
    /// Prepares what the functions in `catalog` ask for, from now on. What an earlier run had prepared
    /// is prepared anew.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn start(catalog: &Catalog, guests: Arc<G>) -> Arc<Self> {
        let provisioner = Arc::new(Self {
            guests,
            functions: Lock::default(),
            runtime: Handle::current(),
        });
        let told = Arc::clone(&provisioner);
        catalog.observe(move |change| told.follow(change));
        provisioner
    }

    /// How many prepared sandboxes wait, of each version of a function that has some.
    pub fn waiting(&self, name: &FunctionName) -> Vec<(VersionId, u32)> {
        let functions = self.functions.lock();
        let prepared = functions.get(name).into_iter();
        let prepared = prepared.flat_map(|function| function.provisioning.prepared());
        prepared
            .map(|version| (version.id, self.guests.waiting(version)))
            .collect()
    }

    fn follow(self: &Arc<Self>, change: Change<'_>) {
        let provisions = |record: Option<&FunctionRecord>| record.is_some_and(Reservation::exists);
        if !provisions(change.before) && !provisions(change.after) {
            return;
        }
        let mut functions = self.functions.lock();
        let function = functions.entry(change.name.clone()).or_default();
        function.provisioning.follow(change.after);
        if function.provisioning.is_over() && !function.is_busy {
            functions.remove(change.name);
            return;
        }
        self.set_to_work(change.name, function);
    }

    fn set_to_work(self: &Arc<Self>, name: &FunctionName, function: &mut Function) {
        if !function.is_busy && function.provisioning.next_step().is_some() {
            function.is_busy = true;
            let work = Arc::clone(self).work(name.clone());
            self.runtime.spawn(work);
        }
    }

    /// Does the steps of one function until there are none.
    async fn work(self: Arc<Self>, name: FunctionName) {
        while let Some(step) = self.next(&name) {
            let result = self.prepare(&name, &step).await;
            if let Some(function) = self.functions.lock().get_mut(&name) {
                function.provisioning.end(&step, result);
            }
        }
    }

    /// The next step, begun; where there is none, the function's task has ended.
    fn next(self: &Arc<Self>, name: &FunctionName) -> Option<Step> {
        let mut functions = self.functions.lock();
        let function = functions.get_mut(name)?;
        let step = function.provisioning.next_step();
        match &step {
            Some(step) => function.provisioning.begin(step),
            None => {
                function.is_busy = false;
                self.retry_later(name, function);
                if function.provisioning.is_over() {
                    functions.remove(name);
                }
            }
        }
        step
    }

    async fn prepare(&self, name: &FunctionName, step: &Step) -> Result<(), Cause> {
        let (guests, prepared) = (Arc::clone(&self.guests), step.clone());
        // In a task of its own, so that a panic ends as a state that can be seen.
        let preparing = tokio::spawn(async move {
            let Step { version, count } = prepared;
            guests.prepare(&version, count).await
        });
        if step.count > 0 {
            // So that whoever asks right after the change sees that something goes on, as in AWS.
            sleep(PROVISIONING_SHOWN_MIN).await;
        }
        let cause = match preparing.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => {
                tracing::warn!(function = %name, version = %step.version.id, %failure,
                    "provisioned concurrency could not be prepared");
                cause(&failure)
            }
            Err(broke_off) => {
                tracing::error!(function = %name, version = %step.version.id, %broke_off,
                    "the preparation of sandboxes broke off");
                Cause::Host("The host failed while it prepared the sandboxes.".into())
            }
        };
        Err(cause)
    }

    /// Tries again after a while what failed for a reason of the host.
    fn retry_later(self: &Arc<Self>, name: &FunctionName, function: &mut Function) {
        if function.is_retried || !function.provisioning.may_retry() {
            return;
        }
        function.is_retried = true;
        // Nobody waits for this one: the host may be gone before it is time.
        let (provisioner, name) = (Arc::downgrade(self), name.clone());
        self.runtime.spawn(async move {
            sleep(PROVISIONING_RETRY_PAUSE).await;
            if let Some(provisioner) = provisioner.upgrade() {
                provisioner.retry(&name);
            }
        });
    }

    fn retry(self: &Arc<Self>, name: &FunctionName) {
        if let Some(function) = self.functions.lock().get_mut(name) {
            function.is_retried = false;
            function.provisioning.retry();
            self.set_to_work(name, function);
        }
    }
}

impl<G> Provisioner<G> {
    /// How far the provisioned concurrency of a version or alias has come.
    pub fn progress(&self, name: &FunctionName, place: &Qualifier) -> Progress {
        let functions = self.functions.lock();
        let function = functions.get(name);
        let progress = function.and_then(|function| function.provisioning.progress(place));
        progress.cloned().unwrap_or_default()
    }
}

fn cause(failure: &PrepareFailure) -> Cause {
    match failure {
        PrepareFailure::Guest(_) => Cause::Function,
        PrepareFailure::NoConcurrency => Cause::Host(format!(
            "The sandboxes could not be prepared: {failure}. It is tried again."
        )),
        PrepareFailure::Host(failure) => Cause::Host(format!(
            "The host could not prepare the sandboxes: {failure}. It tries again by itself."
        )),
    }
}
