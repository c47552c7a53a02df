//! The way of code from the change that made it wanted to the one that says how it went.

use std::sync::Arc;

use tokio::time::Instant;

use super::jobs::{Job, Working};
use super::pipeline::{Checked, Pipeline};
use super::rejection::{failure, unreadable};
use super::retention::Claim;
use super::stamps::{revisions, stamp};
use super::{CompileGuest, Rejection};
use crate::domain::lifecycle::{self, Failure, Work};
use crate::domain::settings::SettingsChange;
use crate::domain::{Cause, FunctionName, FunctionRecord, Refusal, Snapshot, Version, publishing};
use crate::limits::UPDATE_DURATION_MIN;
use crate::storage::Held;
use crate::turns::Lane;

/// For what reason a function becomes active, or fails to: from when on which code runs is for the audit log, too.
static ENDED: Cause = Cause::host("EndDeployment");

/// What a function waits for, on its way.
pub(super) struct Deployment<G> {
    pub(super) pipeline: Arc<Pipeline<G>>,
    pub(super) name: FunctionName,
    pub(super) work: Work,
    lane: Lane,
    /// Until when an update is to be seen in progress.
    visible_until: Option<Instant>,
    /// Keeps other hosts from doing the same; `None` where another does already, whose work this may be.
    _lease: Option<Held>,
    _working: Working,
}

impl<G: CompileGuest> Pipeline<G> {
    /// Stores the package, then makes it what `decide` says, and publishes that where it is wanted; the
    /// code is made ready behind the answer. Gives what was published, or else `$LATEST`.
    pub(super) async fn deploy(
        self: &Arc<Self>,
        cause: &Cause,
        name: FunctionName,
        mut checked: Checked<G::Accepted>,
        publish: bool,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<FunctionRecord, Refusal> + Send,
    ) -> Result<Arc<Version>, Refusal> {
        let job = Job::Work(name.clone());
        let lease = self.lease_of(&job).await;
        let working = self.in_hand.begin(job);
        let Checked {
            claim,
            package,
            on_disk,
            ..
        } = &mut checked;
        let published = match self.store(claim, package, on_disk).await {
            Ok(()) => {
                let package_bytes = checked.code().package_bytes;
                self.publish_unready(cause, &name, package_bytes, publish, decide)
                    .await
            }
            Err(refusal) => Err(refusal),
        };
        let (record, told) = match published {
            Ok(published) => published,
            Err(refusal) => {
                self.abandon(checked).await;
                return Err(refusal);
            }
        };
        if let Some(work) = lifecycle::work(&record) {
            let Checked {
                accepted,
                claim,
                lane,
                ..
            } = checked;
            let pipeline = Arc::clone(self);
            let deployment = Deployment::new(pipeline, name, lane, work, lease, working);
            tokio::spawn(deployment.finish(accepted, claim));
        }
        Ok(told)
    }

    /// The change that makes it what it is to be: from there on it survives a crash.
    async fn publish_unready(
        &self,
        cause: &Cause,
        name: &FunctionName,
        package_bytes: u64,
        publish: bool,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<FunctionRecord, Refusal> + Send,
    ) -> Result<(Arc<FunctionRecord>, Arc<Version>), Refusal> {
        let changed = self.change(cause, name, move |record| {
            // It is decided again where another takes up room meanwhile.
            let copies = 1 + u64::from(publish);
            self.check_code_storage(package_bytes.saturating_mul(copies))?;
            let before = decide(record)?;
            if !publish {
                let latest = Arc::clone(&before.latest);
                return Ok((Some(before), latest));
            }
            let (after, version) = publishing::published_unready(&before, revisions());
            self.check_published(&before, &after)?;
            Ok((Some(after), version))
        });
        let (record, version) = changed.await?;
        Ok((record.ok_or(Refusal::Internal)?, version))
    }

    pub(super) async fn update_settings(
        self: Arc<Self>,
        cause: Cause,
        name: FunctionName,
        expected_revision: Option<String>,
        change: SettingsChange,
    ) -> Result<Arc<Version>, Refusal> {
        let job = Job::Work(name.clone());
        let lease = self.lease_of(&job).await;
        let working = self.in_hand.begin(job);
        let changed = self.change(&cause, &name, |record| {
            let expected = expected_revision.as_deref();
            let record = self.check_update(&name, record, expected)?;
            let after = lifecycle::settings_update_begun(record, change.clone(), stamp())?;
            Ok((Some(after), ()))
        });
        let record = changed.await?.0.ok_or(Refusal::Internal)?;
        if let Some(work) = lifecycle::work(&record) {
            let lane = self.lane(None, &name);
            let pipeline = Arc::clone(&self);
            let deployment = Deployment::new(pipeline, name, lane, work, lease, working);
            tokio::spawn(deployment.resume());
        }
        Ok(Arc::clone(&record.latest))
    }
}

impl<G: CompileGuest> Deployment<G> {
    pub(super) fn new(
        pipeline: Arc<Pipeline<G>>,
        name: FunctionName,
        lane: Lane,
        work: Work,
        lease: Option<Held>,
        working: Working,
    ) -> Self {
        let until = Instant::now() + UPDATE_DURATION_MIN;
        Self {
            pipeline,
            name,
            visible_until: work.is_update.then_some(until),
            work,
            lane,
            _lease: lease,
            _working: working,
        }
    }

    /// Does the work from what is stored.
    pub(super) async fn resume(self) {
        if self.work.is_running {
            return self.end(Ok(None), Vec::new()).await;
        }
        match self.accept_stored().await {
            Ok((accepted, claim)) => self.finish(accepted, claim).await,
            Err(failure) => self.end(Err(failure), Vec::new()).await,
        }
    }

    async fn accept_stored(&self) -> Result<(G::Accepted, Claim), Failure> {
        let (pipeline, name) = (&self.pipeline, &self.name);
        let package_bytes = self.work.code.package_bytes;
        let _room = pipeline.room(&self.lane, package_bytes).await;
        let claim = pipeline.retention.claim(self.work.code.clone()).await;
        let claim = claim.map_err(|refusal| unreadable(name, refusal))?;
        let accepted = match pipeline.source.component(claim.code()).await {
            Ok(wasm) => {
                let accepted = pipeline.guests.accept(&self.lane, claim.code(), wasm);
                accepted.await.map_err(|rejection| failure(name, rejection))
            }
            Err(error) => Err(unreadable(name, error)),
        };
        match accepted {
            Ok(accepted) => Ok((accepted, claim)),
            Err(failure) => {
                pipeline.retention.release(claim).await;
                Err(failure)
            }
        }
    }

    /// Waits until the code is compiled.
    pub(super) async fn finish(self, accepted: G::Accepted, claim: Claim) {
        let guests = Arc::clone(&self.pipeline.guests);
        let source = Arc::clone(&self.pipeline.source);
        // In a task of its own, so that a panic in the compiler ends as a state that can be seen.
        let finished = tokio::spawn(async move { guests.finish(accepted, source).await }).await;
        let result = match finished {
            Ok(result) => result.map_err(|rejection| failure(&self.name, rejection)),
            Err(broke_off) => Err(failure(
                &self.name,
                Rejection::of_host(broke_off.to_string()),
            )),
        };
        let mut claims = vec![claim];
        let result = match result {
            Ok(()) => self.import(&mut claims).await,
            Err(failure) => Err(failure),
        };
        self.end(result, claims).await;
    }

    /// Has sources imported, and gives the state that they start from; nothing of a component.
    async fn import(&self, claims: &mut Vec<Claim>) -> Result<Option<Snapshot>, Failure> {
        let Some(record) = self.pipeline.catalog.get(&self.name) else {
            return Ok(None);
        };
        let version = &record.latest;
        // Where it was deployed anew, nobody waits for this.
        if version.code != self.work.code || !version.code.is_sources() {
            return Ok(None);
        }
        let running = record.running.as_ref();
        let is_of_settings = running.is_some_and(|it| it.code.package == version.code.package);
        match self.pipeline.state_of(version).await {
            Ok((snapshot, claim)) => {
                claims.extend(claim);
                Ok(Some(snapshot))
            }
            // Whoever changes the handler and then the code does it in two steps, of which the first may go with neither.
            Err(Failure { reason, .. }) if is_of_settings => {
                Ok(Some(Snapshot::Impossible { reason }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Says how it went, if the function still waits for it.
    async fn end(self, result: Result<Option<Snapshot>, Failure>, claims: Vec<Claim>) {
        if let Some(until) = self.visible_until {
            tokio::time::sleep_until(until).await;
        }
        let Self {
            pipeline,
            name,
            work,
            ..
        } = &self;
        if let Err(failure) = &result {
            tracing::warn!(function = %name, reason = failure.reason, "a deployment failed");
        }
        let ended = pipeline.change_unseen(&ENDED, name, |record| {
            let after = record
                .and_then(|record| lifecycle::ended(record, work, result.clone(), revisions()));
            // A late result leaves what is there, and nothing where nothing is.
            Ok((after.or_else(|| record.cloned()), ()))
        });
        let ended = ended.await;
        for claim in claims {
            pipeline.retention.release(claim).await;
        }
        pipeline.changes.send_replace(());
        if let Err(error) = ended {
            tracing::error!(%error, "the end of a deployment could not be recorded: it is taken up again");
        }
    }
}
