//! What all deployments share, and the way of a package until something has it: checked, then published by one
//! change of the catalog.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::CompileGuest;
use super::component_source::{ComponentSource, StoredComponents};
use super::image_memory::ImageMemory;
use super::initialization::InitObserver;
use super::jobs::{InHand, Job, Tended};
use super::rejection::refused;
use super::retention::{Claim, Retention};
use super::tasks::{aside, internal};
use super::unpacked::{EntryPoint, Unpacked, unpack};
use crate::catalog::{Catalog, stored_bytes};
use crate::domain::quotas::CurrentQuotas;
use crate::domain::{
    Account, Cause, Code, Digest, FunctionName, FunctionRecord, Growing, Refusal, Settings,
    lifecycle,
};
use crate::limits::{
    ARTIFACT_BYTES_OF_COMPONENT_BYTE, CODE_STORAGE_BYTES_MAX, CONCURRENT_DEPLOYS_MAX,
    LEASE_DURATION, STATE_BYTES_EXPECTED, UNSTORED_IMAGES_BYTES_MAX, VERSIONS_PER_FUNCTION_MAX,
};
use crate::storage::{Content, DISK_FULL, Held, Leases, NoRoom, Promise, StorageError};
use crate::turns::{Lane, Place, Places};

/// What all deployments share.
pub(super) struct Pipeline<G> {
    pub(super) account: Account,
    pub(super) catalog: Arc<Catalog>,
    pub(super) packages: Arc<dyn Content>,
    /// Components out of these packages.
    pub(super) source: Arc<dyn ComponentSource>,
    pub(super) leases: Arc<dyn Leases>,
    pub(super) retention: Retention<G>,
    /// Told after every change of the catalog.
    pub(super) changes: watch::Sender<()>,
    pub(super) guests: Arc<G>,
    pub(super) tended: Tended,
    pub(super) in_hand: InHand,
    pub(super) init_observer: OnceLock<InitObserver>,
    /// Bounds the memory that packages and components take while they are handled. Whoever is given some waits for
    /// nothing that code does: only for its own check.
    pub(super) room: Arc<Places>,
    /// What the account may have.
    pub(super) quotas: CurrentQuotas,
    /// Memory for images that are not stored yet.
    pub(super) images: Arc<ImageMemory>,
}

/// Code that was checked and is being compiled, and that no version has yet.
pub(super) struct Checked<A> {
    pub(super) accepted: A,
    pub(super) package: Bytes,
    pub(super) claim: Claim,
    pub(super) lane: Lane,
    pub(super) on_disk: Promise,
    _room: Place,
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
        packages: Arc<dyn Content>,
        leases: Arc<dyn Leases>,
        guests: Arc<G>,
    ) -> Self {
        let retention = Retention::new(
            Arc::clone(&catalog),
            Arc::clone(&packages),
            Arc::clone(&leases),
            Arc::clone(&guests),
        );
        let room = Places::without_levels(CONCURRENT_DEPLOYS_MAX, 1);
        let images = ImageMemory::of(UNSTORED_IMAGES_BYTES_MAX);
        Self::with(account, catalog, retention, (room, images))
    }

    /// The same for another account of the host.
    pub(super) fn for_account(
        &self,
        account: Account,
        catalog: Arc<Catalog>,
        guests: Arc<G>,
    ) -> Self {
        let retention = self.retention.for_account(Arc::clone(&catalog), guests);
        let bounds = (Arc::clone(&self.room), Arc::clone(&self.images));
        Self::with(account, catalog, retention, bounds)
    }

    fn with(
        account: Account,
        catalog: Arc<Catalog>,
        retention: Retention<G>,
        (room, images): (Arc<Places>, Arc<ImageMemory>),
    ) -> Self {
        let (packages, leases, guests) = retention.parts();
        let source = StoredComponents(Arc::clone(&packages));
        let changes = watch::Sender::new(());
        Self {
            account,
            catalog,
            packages,
            source: Arc::new(source),
            leases,
            retention,
            in_hand: InHand::telling(changes.clone()),
            changes,
            guests,
            tended: Tended::default(),
            init_observer: OnceLock::new(),
            images,
            room,
            quotas: CurrentQuotas::default(),
        }
    }

    /// Unpacks `package` and has its component checked; changes nothing that lasts.
    pub(super) async fn check(
        &self,
        lane: Lane,
        package: Bytes,
        settings: &Settings,
    ) -> Result<Checked<G::Accepted>, Refusal> {
        let room = self.room(&lane, package.len() as u64).await;
        let entry_point = EntryPoint::of(settings);
        let guests = Arc::clone(&self.guests);
        let interpreter = move |language| guests.interpreter(language);
        let unpacked = aside(move || unpack(package, entry_point.as_ref(), interpreter)).await?;
        let Unpacked {
            package,
            code,
            wasm,
        } = unpacked;
        self.check_code_storage(code.package_bytes)?;
        let compiled_bytes = match code.is_sources() {
            true => STATE_BYTES_EXPECTED,
            false => wasm.len() as u64 * ARTIFACT_BYTES_OF_COMPONENT_BYTE,
        };
        let content = Some((code.package, code.package_bytes));
        let on_disk = self.check_code_room(content, compiled_bytes).await?;
        let claim = self.retention.claim(code).await?;
        match self.guests.accept(&lane, claim.code(), wasm).await {
            Ok(accepted) => Ok(Checked {
                accepted,
                package,
                claim,
                lane,
                on_disk,
                _room: room,
            }),
            Err(rejection) => {
                self.retention.release(claim).await;
                Err(refused(rejection))
            }
        }
    }

    /// The lease of a job that is about to begin; `None` where another has it, who may then do the same.
    pub(super) async fn lease_of(&self, job: &Job) -> Option<Held> {
        let lease = job.lease(&self.account);
        let taken = self.leases.take(&lease, LEASE_DURATION).await;
        taken.unwrap_or_else(|error| {
            tracing::warn!(lease, %error, "a lease was not given");
            None
        })
    }

    /// Stores the package that is claimed, and again where it may have been removed meanwhile. It has room until it
    /// is.
    pub(super) async fn store(
        &self,
        claim: &mut Claim,
        package: &Bytes,
        room: &mut Promise,
    ) -> Result<(), Refusal> {
        loop {
            let stored = self.packages.put(claim.code().package, package.clone());
            stored.await.map_err(not_stored)?;
            if !claim.has_lapsed() {
                *room = Promise::default();
                return Ok(());
            }
            *claim = self.retention.claim(claim.code().clone()).await?;
        }
    }

    /// Lets go of code that is not to be published after all.
    pub(super) async fn abandon(&self, checked: Checked<G::Accepted>) {
        drop(checked.accepted);
        self.retention.release(checked.claim).await;
    }

    /// One change of the catalog; what no version needs after it is removed. Where there is no room, only what
    /// makes a function smaller is changed.
    pub(super) async fn change<T: Send>(
        &self,
        cause: &Cause,
        name: &FunctionName,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<(Option<FunctionRecord>, T), Refusal> + Send,
    ) -> Result<(Option<Arc<FunctionRecord>>, T), Refusal> {
        let no_room = self.packages.room(None, 0).await.err();
        let changed = self.change_unseen(cause, name, move |record| {
            let (after, given) = decide(record)?;
            match (&no_room, &after) {
                (Some(NoRoom(reason)), Some(after)) if grows(record, after) => {
                    Err(Refusal::NoRoom(Growing::Configuration, reason.clone()))
                }
                _ => Ok((after, given)),
            }
        });
        let changed = changed.await?;
        self.changes.send_replace(());
        Ok(changed)
    }

    /// A change that those who wait for one are not told of yet.
    pub(super) async fn change_unseen<T: Send>(
        &self,
        cause: &Cause,
        name: &FunctionName,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<(Option<FunctionRecord>, T), Refusal> + Send,
    ) -> Result<(Option<Arc<FunctionRecord>>, T), Refusal> {
        let codes = |record: Option<&FunctionRecord>| -> HashSet<Code> {
            let codes = record.into_iter().flat_map(FunctionRecord::codes);
            codes.cloned().collect()
        };
        let changed = self.catalog.change_with(cause, name, move |record| {
            let (after, given) = decide(record)?;
            Ok((after, (codes(record), given)))
        });
        let (after, (before, given)) = changed.await?;
        let kept = codes(after.as_deref());
        for code in before.difference(&kept) {
            self.retention.collect(code).await;
        }
        Ok((after, given))
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

    /// Whether the account may have one function more.
    pub(super) fn check_functions(&self) -> Result<(), Refusal> {
        let (used, quota) = (self.catalog.usage().functions, self.quotas.get().functions);
        match used as u64 >= quota {
            true => Err(Refusal::NoRoom(
                Growing::Code,
                format!(
                    "The account has {used} functions, and its quota is {quota}. Delete some, or ask the owner of this \
                     host for a larger quota."
                ),
            )),
            false => Ok(()),
        }
    }

    /// What the packages of all versions may have.
    pub(super) fn code_bytes_max(&self) -> u64 {
        self.quotas.get().code_bytes.min(CODE_STORAGE_BYTES_MAX)
    }

    pub(super) fn check_code_storage(&self, package_bytes: u64) -> Result<(), Refusal> {
        let used = self.catalog.usage().package_bytes;
        match used.saturating_add(package_bytes) > self.code_bytes_max() {
            true => Err(Refusal::CodeStorageExceeded),
            false => Ok(()),
        }
    }

    /// Whose turn it is, where this function is deployed by this sender. What nobody in particular sends, such as
    /// what is taken up after a crash, is the account's.
    pub(super) fn lane(&self, sender: Option<IpAddr>, name: &FunctionName) -> Lane {
        let owner = sender.map_or_else(|| self.account.id.clone(), |address| address.to_string());
        Lane {
            owner: owner.into(),
            name: name.to_string().into(),
        }
    }

    /// Keeps room for a package where it is kept, if there is some for what is compiled of it as well: that is kept
    /// when it is compiled, however long it waits for that.
    pub(super) async fn check_code_room(
        &self,
        package: Option<(Digest, u64)>,
        compiled_bytes: u64,
    ) -> Result<Promise, Refusal> {
        let room = self.packages.room(package, compiled_bytes).await;
        room.map_err(|NoRoom(reason)| Refusal::NoRoom(Growing::Code, reason))
    }

    /// Room for a package of this size, and for the component in it.
    pub(super) async fn room(&self, lane: &Lane, package_bytes: u64) -> Place {
        let expected = Duration::from_millis(package_bytes / UNPACKED_BYTES_PER_MILLISECOND);
        self.room.take(lane, expected).await
    }
}

/// What had room when it was checked may have none where others fill the disk, or where there is a quota.
fn not_stored(error: StorageError) -> Refusal {
    if !error.is_for_want_of_room() {
        return internal(error);
    }
    tracing::warn!(%error, "a package could not be stored");
    Refusal::NoRoom(Growing::Code, DISK_FULL.into())
}

/// What is unpacked and checked in a millisecond, about.
const UNPACKED_BYTES_PER_MILLISECOND: u64 = 50_000;

/// Whether a function takes more where it is kept than it did.
fn grows(before: Option<&FunctionRecord>, after: &FunctionRecord) -> bool {
    stored_bytes(after) > before.map_or(0, stored_bytes)
}
