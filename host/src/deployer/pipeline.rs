//! The way of a package: checked, published, compiled, ended.

use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::component_source::{ComponentSource, StoredComponents};
use super::initialization::InitObserver;
use super::rejection::{failure, unreadable};
use super::retention::{Claim, Retention};
use super::snapshots::InTheMaking;
use super::{CompileGuest, Fault, Rejection};
use crate::catalog::Catalog;
use crate::domain::lifecycle::{self, Failure, Revisions, Stamp, Work};
use crate::domain::settings::SettingsChange;
use crate::domain::{
    Account, Code, Digest, FunctionName, FunctionRecord, Refusal, Version, publishing, snapshot,
};
use crate::limits::{
    CODE_STORAGE_BYTES_MAX, CONCURRENT_DEPLOYS_MAX, UPDATE_DURATION_MIN, VERSIONS_PER_FUNCTION_MAX,
};
use crate::package;
use crate::storage::ContentStore;

/// Functions that are looked through at once.
const PAGE: usize = 1_000;

/// What all deployments share.
pub(super) struct Pipeline<G> {
    pub(super) account: Account,
    pub(super) catalog: Arc<Catalog>,
    pub(super) packages: Arc<ContentStore>,
    pub(super) retention: Retention<G>,
    /// Told after every change of the catalog.
    pub(super) changes: watch::Sender<()>,
    pub(super) guests: Arc<G>,
    pub(super) in_the_making: InTheMaking,
    pub(super) init_observer: OnceLock<InitObserver>,
    /// Bounds the memory that packages and components take while they are handled.
    room: Arc<Semaphore>,
}

/// Code that was checked and is being compiled, and that no version has yet.
pub(super) struct Checked<A> {
    accepted: A,
    package: Bytes,
    claim: Claim,
    _room: OwnedSemaphorePermit,
}

impl<A> Checked<A> {
    pub(super) fn code(&self) -> &Code {
        self.claim.code()
    }
}

impl<G: CompileGuest> Pipeline<G> {
    pub(super) fn new(
        account: Account,
        catalog: Arc<Catalog>,
        packages: Arc<ContentStore>,
        guests: Arc<G>,
    ) -> Self {
        let (kept, stored) = (Arc::clone(&catalog), Arc::clone(&packages));
        Self {
            account,
            catalog,
            packages,
            retention: Retention::new(kept, stored, Arc::clone(&guests)),
            changes: watch::Sender::new(()),
            guests,
            in_the_making: InTheMaking::default(),
            init_observer: OnceLock::new(),
            room: Arc::new(Semaphore::new(CONCURRENT_DEPLOYS_MAX)),
        }
    }

    /// Unpacks `package` and has its component checked; changes nothing that lasts.
    pub(super) async fn check(
        self: &Arc<Self>,
        package: Bytes,
    ) -> Result<Checked<G::Accepted>, Refusal> {
        let room = self.room().await?;
        let (package, code, wasm) = blocking(move || unpack(package)).await?;
        self.check_code_storage(code.package_bytes)?;
        let claim = self.retention.claim(code);
        match self.guests.accept(claim.code().component, wasm).await {
            Ok(accepted) => Ok(Checked {
                accepted,
                package,
                claim,
                _room: room,
            }),
            Err(Rejection { reason, fault }) => {
                self.release(claim).await;
                Err(match fault {
                    Fault::Code => Refusal::InvalidParameter(reason),
                    Fault::Host => internal(reason),
                })
            }
        }
    }

    /// Lets go of code that is not to be published after all.
    pub(super) async fn abandon(self: &Arc<Self>, checked: Checked<G::Accepted>) {
        drop(checked.accepted);
        self.release(checked.claim).await;
    }

    pub(super) async fn release(self: &Arc<Self>, claim: Claim) {
        let pipeline = Arc::clone(self);
        let released = blocking(move || {
            pipeline.retention.release(claim);
            Ok(())
        });
        // Nothing is refused there, and a panic is in the log already.
        let _ = released.await;
    }

    /// Stores the package, then makes it what `decide` says, and publishes that where it is wanted; the
    /// code is made ready behind the answer. Gives what was published, or else `$LATEST`.
    pub(super) async fn deploy(
        self: &Arc<Self>,
        name: FunctionName,
        checked: Checked<G::Accepted>,
        publish: bool,
        decide: impl FnOnce(Option<&FunctionRecord>) -> Result<FunctionRecord, Refusal> + Send + 'static,
    ) -> Result<Arc<Version>, Refusal> {
        let (pipeline, package, code) = (
            Arc::clone(self),
            checked.package.clone(),
            checked.code().clone(),
        );
        let function = name.clone();
        let deployed = blocking(move || {
            pipeline.packages.put(&package).map_err(internal)?;
            let mut told = None;
            let record = pipeline.change(&function, |record| {
                // Changes wait for each other, so no two can pass this check with the same room.
                let copies = 1 + u64::from(publish);
                pipeline.check_code_storage(code.package_bytes.saturating_mul(copies))?;
                let mut after = decide(record)?;
                let mut version = Arc::clone(&after.latest);
                if publish {
                    let before = after;
                    (after, version) = publishing::published_unready(&before, revisions());
                    pipeline.check_published(&before, &after)?;
                }
                told = Some(version);
                Ok(Some(after))
            })?;
            record.zip(told).ok_or(Refusal::Internal)
        })
        .await;
        let (record, told) = match deployed {
            Ok(deployed) => deployed,
            Err(refusal) => {
                self.abandon(checked).await;
                return Err(refusal);
            }
        };
        if let Some(work) = lifecycle::work(&record) {
            let Checked {
                accepted, claim, ..
            } = checked;
            let visible = Visible::from_now(&work);
            tokio::spawn(Arc::clone(self).finish(name, work, visible, accepted, claim));
        }
        Ok(told)
    }

    pub(super) async fn update_settings(
        self: Arc<Self>,
        name: FunctionName,
        expected_revision: Option<String>,
        change: SettingsChange,
    ) -> Result<Arc<Version>, Refusal> {
        let (pipeline, function) = (Arc::clone(&self), name.clone());
        let record = blocking(move || {
            pipeline.change(&function, |record| {
                let expected = expected_revision.as_deref();
                let record = pipeline.check_update(&function, record, expected)?;
                lifecycle::settings_update_begun(record, change, stamp()).map(Some)
            })
        })
        .await?
        .ok_or(Refusal::Internal)?;
        if let Some(work) = lifecycle::work(&record) {
            tokio::spawn(self.resume(name, work));
        }
        Ok(Arc::clone(&record.latest))
    }

    /// Functions whose work nobody does, as after a start.
    pub(super) fn interrupted(&self) -> Vec<(FunctionName, Work)> {
        self.find(|record| {
            let work = lifecycle::work(record)?;
            Some((record.latest.function.clone(), work))
        })
    }

    /// Functions with versions that wait for a snapshot.
    pub(super) fn without_snapshot(&self) -> Vec<FunctionName> {
        self.find(|record| {
            let version = snapshot::wanted(record).next()?;
            Some(version.function.clone())
        })
    }

    /// Looks through all functions.
    fn find<T>(&self, look: impl Fn(&FunctionRecord) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self.catalog.page(after.as_ref(), PAGE);
            let Some(last) = page.last() else {
                return found;
            };
            after = Some(last.latest.function.clone());
            found.extend(page.iter().filter_map(|record| look(record)));
        }
    }

    /// Does the work of a function from what is stored.
    pub(super) async fn resume(self: Arc<Self>, name: FunctionName, work: Work) {
        let visible = Visible::from_now(&work);
        if work.is_running {
            visible.long_enough().await;
            return self.end(name, work, Ok(()), None).await;
        }
        match self.accept_stored(&name, work.code.clone()).await {
            Ok((accepted, claim)) => self.finish(name, work, visible, accepted, claim).await,
            Err(failure) => self.end(name, work, Err(failure), None).await,
        }
    }

    async fn accept_stored(
        self: &Arc<Self>,
        name: &FunctionName,
        code: Code,
    ) -> Result<(G::Accepted, Claim), Failure> {
        let _room = self
            .room()
            .await
            .map_err(|refusal| unreadable(name, refusal))?;
        let claim = self.retention.claim(code.clone());
        let source = StoredComponents(Arc::clone(&self.packages));
        let component = tokio::task::spawn_blocking(move || source.component(&code)).await;
        let accepted = match component {
            Ok(Ok(wasm)) => {
                let accepted = self.guests.accept(claim.code().component, wasm).await;
                accepted.map_err(|rejection| failure(name, rejection))
            }
            Ok(Err(error)) => Err(unreadable(name, error)),
            Err(panic) => Err(unreadable(name, panic)),
        };
        match accepted {
            Ok(accepted) => Ok((accepted, claim)),
            Err(failure) => {
                self.release(claim).await;
                Err(failure)
            }
        }
    }

    async fn finish(
        self: Arc<Self>,
        name: FunctionName,
        work: Work,
        visible: Visible,
        accepted: G::Accepted,
        claim: Claim,
    ) {
        let guests = Arc::clone(&self.guests);
        // In a task of its own, so that a panic in the compiler ends as a state that can be seen.
        let finished = tokio::spawn(async move { guests.finish(accepted).await }).await;
        let result = match finished {
            Ok(result) => result.map_err(|rejection| failure(&name, rejection)),
            Err(broke_off) => Err(failure(&name, Rejection::of_host(broke_off.to_string()))),
        };
        visible.long_enough().await;
        self.end(name, work, result, Some(claim)).await;
    }

    /// Says how `work` went, if the function still waits for it.
    async fn end(
        self: Arc<Self>,
        name: FunctionName,
        work: Work,
        result: Result<(), Failure>,
        claim: Option<Claim>,
    ) {
        let (pipeline, function) = (Arc::clone(&self), name.clone());
        let ended = blocking(move || {
            if let Err(failure) = &result {
                tracing::warn!(function = %name, reason = failure.reason, "a deployment failed");
            }
            let ended = self.change_unseen(&name, |record| {
                let after =
                    record.and_then(|record| lifecycle::ended(record, &work, result, revisions()));
                // A late result leaves what is there, and nothing where nothing is.
                Ok(after.or_else(|| record.cloned()))
            });
            if let Some(claim) = claim {
                self.retention.release(claim);
            }
            self.changes.send_replace(());
            ended
        });
        if let Err(error) = ended.await {
            tracing::error!(%error, "the end of a deployment could not be recorded: it is taken up again at the next start");
        }
        pipeline.take_snapshots(&function);
    }

    /// One change of the catalog; what no version needs after it is removed. Blocks.
    pub(super) fn change(
        &self,
        name: &FunctionName,
        decide: impl FnOnce(Option<&FunctionRecord>) -> Result<Option<FunctionRecord>, Refusal>,
    ) -> Result<Option<Arc<FunctionRecord>>, Refusal> {
        let after = self.change_unseen(name, decide)?;
        self.changes.send_replace(());
        Ok(after)
    }

    /// A change that those who wait for one are not told of yet.
    pub(super) fn change_unseen(
        &self,
        name: &FunctionName,
        decide: impl FnOnce(Option<&FunctionRecord>) -> Result<Option<FunctionRecord>, Refusal>,
    ) -> Result<Option<Arc<FunctionRecord>>, Refusal> {
        let mut before: HashSet<Code> = HashSet::new();
        let after = self.catalog.change(name, |record| {
            before.extend(record.iter().flat_map(|record| record.codes()).cloned());
            decide(record)
        })?;
        let kept: HashSet<&Code> = after.iter().flat_map(|record| record.codes()).collect();
        for code in before.iter().filter(|code| !kept.contains(code)) {
            self.retention.collect(code);
        }
        Ok(after)
    }

    /// The function as it is, if an update may begin now.
    pub(super) fn updatable(
        &self,
        name: &FunctionName,
        expected_revision: Option<&str>,
    ) -> Result<Arc<FunctionRecord>, Refusal> {
        let record = self.catalog.get(name);
        self.check_update(name, record.as_deref(), expected_revision)?;
        record.ok_or_else(|| self.not_found(name))
    }

    pub(super) fn check_update<'a>(
        &self,
        name: &FunctionName,
        record: Option<&'a FunctionRecord>,
        expected_revision: Option<&str>,
    ) -> Result<&'a FunctionRecord, Refusal> {
        let record = record.ok_or_else(|| self.not_found(name))?;
        let arn = self.account.function_arn(name, None);
        lifecycle::check_update(record, arn, expected_revision)?;
        Ok(record)
    }

    pub(super) fn not_found(&self, name: &FunctionName) -> Refusal {
        Refusal::FunctionNotFound(self.account.function_arn(name, None))
    }

    /// Whether the versions that `after` has beyond `before` have room.
    pub(super) fn check_published(
        &self,
        before: &FunctionRecord,
        after: &FunctionRecord,
    ) -> Result<(), Refusal> {
        if after.versions.len() == before.versions.len() {
            return Ok(());
        }
        if after.versions.len() > VERSIONS_PER_FUNCTION_MAX {
            return Err(Refusal::InvalidParameter(format!(
                "A function can have at most {VERSIONS_PER_FUNCTION_MAX} published versions. Delete \
                 versions that are not needed, then publish again."
            )));
        }
        self.check_code_storage(after.latest.code.package_bytes)
    }

    pub(super) fn check_code_storage(&self, package_bytes: u64) -> Result<(), Refusal> {
        let used = self.catalog.usage().package_bytes;
        match used.saturating_add(package_bytes) > CODE_STORAGE_BYTES_MAX {
            true => Err(Refusal::CodeStorageExceeded),
            false => Ok(()),
        }
    }

    pub(super) async fn room(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        room.map_err(|_closed| Refusal::ShuttingDown)
    }
}

fn unpack(package: Bytes) -> Result<(Bytes, Code, Bytes), Refusal> {
    let wasm =
        package::wasm_of(&package).map_err(|error| Refusal::InvalidParameter(error.to_string()))?;
    let reuse =
        package::reuse_of(&wasm).map_err(|error| Refusal::InvalidParameter(error.to_string()))?;
    let code = Code {
        package: Digest::of(&package),
        package_bytes: package.len() as u64,
        component: Digest::of(&wasm),
        reuse,
    };
    Ok((package, code, wasm))
}

/// The time for which an update is to be seen in progress.
struct Visible {
    until: Option<Instant>,
}

impl Visible {
    fn from_now(work: &Work) -> Self {
        let until = Instant::now() + UPDATE_DURATION_MIN;
        Self {
            until: work.is_update.then_some(until),
        }
    }

    async fn long_enough(self) {
        if let Some(until) = self.until {
            tokio::time::sleep_until(until).await;
        }
    }
}

/// New revisions.
pub(super) fn revisions() -> Revisions {
    Revisions {
        latest: Uuid::new_v4(),
        published: Uuid::new_v4(),
    }
}

/// Now, and a new revision.
pub(crate) fn stamp() -> Stamp {
    Stamp::new(SystemTime::now(), Uuid::new_v4())
}

/// Runs `deployment` to its end, also where the caller leaves before that.
pub(super) async fn whole<T: Send + 'static>(
    deployment: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let ended = tokio::spawn(deployment).await;
    ended.unwrap_or_else(|broke_off| Err(internal(broke_off)))
}

/// Runs `work` where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|broke_off| Err(internal(broke_off)))
}

/// The caller cannot mend it; whoever runs the host reads it in the log.
pub(super) fn internal(error: impl Display) -> Refusal {
    tracing::error!(%error, "a deployment failed in the host");
    Refusal::Internal
}
