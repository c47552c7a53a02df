//! How code becomes a function: package → component → artifact → state.
//!
//! What a deployment decides is in [`lifecycle`]; here is what happens around it. Each change runs in a
//! task of its own, so that a caller who leaves in the middle leaves a whole deployment or none:
//!
//! 1. the package is unpacked and its component checked, while nothing has changed;
//! 2. the package is stored, then one change of the catalog makes the function Pending, or its update
//!    InProgress: from here on it survives a crash;
//! 3. the caller is answered, and the code is compiled behind;
//! 4. a second change of the catalog says how that went, if the function still waits for it.
//!
//! A version that is published with SnapStart goes on from there: see `snapshots`.
//!
//! A crash before 2 leaves at most a package that nothing refers to, a crash after it leaves work:
//! [`Deployer::recover`] removes the one and takes up the other, as a neighbour does who shares the functions.

mod changes;
mod component_source;
mod deployment;
mod figures;
mod image_memory;
mod initialization;
mod jobs;
mod pipeline;
mod rejection;
mod retention;
mod snapshots;
mod stamps;
mod tasks;
mod tending;
mod unpacked;
mod wanted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

pub(crate) use changes::Changes;
pub(crate) use component_source::{ComponentSource, StoredComponents};
pub(crate) use figures::DeployFigures;
#[cfg(feature = "compiler")]
pub(crate) use initialization::InitFailure;
pub(crate) use initialization::{InitCause, InitOutcome, InitReport, Initialized};
pub(crate) use rejection::{Fault, Rejection};
pub(crate) use stamps::stamp;
pub use wanted::{Deployed, NotDeployed, Wanted};

pub(crate) use crate::turns::{Lane, PlaceFigures};

use crate::catalog::Catalog;
use crate::domain::language::Language;
use crate::domain::quotas::CurrentQuotas;
use crate::domain::settings::Architecture;
use crate::domain::{
    Account, Cause, Code, DataFigures, Digest, FunctionName, Refusal, Settings, State, Version,
    VersionId, lifecycle,
};
use crate::storage::{Content, Leases};
use pipeline::Pipeline;
use tasks::internal;

/// The seam behind which code is checked and compiled: the sandbox in the product, a script in tests.
///
/// All of it takes turns, by the lane that it is given: a function of whoever deploys it.
pub trait CompileGuest: Send + Sync + 'static {
    /// Code that was checked and whose compilation goes on.
    type Accepted: Send + 'static;

    /// Checks that `wasm`, the component of `code`, is a function that this host can run.
    ///
    /// # Errors
    /// With the reason, and whose fault it is.
    fn accept(
        &self,
        lane: &Lane,
        code: &Code,
        wasm: Bytes,
    ) -> impl Future<Output = Result<Self::Accepted, Rejection>> + Send;

    /// Compiles it when its turn comes, and waits until the artifact is stored. `source` gives the component
    /// again, where it is begun anew.
    ///
    /// # Errors
    /// With the reason, and whose fault it is.
    fn finish(
        &self,
        accepted: Self::Accepted,
        source: Arc<dyn ComponentSource>,
    ) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// Initializes a version that is being published when its turn comes, from the component that `source` gives.
    ///
    /// # Errors
    /// Where nothing can be said of it. A fault of the code means that there can be no snapshot of it.
    fn initialize(
        &self,
        lane: &Lane,
        version: &Arc<Version>,
        source: Arc<dyn ComponentSource>,
    ) -> impl Future<Output = Result<Initialized, Rejection>> + Send;

    /// Loads what the sandboxes of a version are made of, ahead of its first call.
    ///
    /// # Errors
    /// With the reason, and whose fault it is.
    fn load(&self, version: &Version) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// The component of the interpreter that new code of a language runs on.
    ///
    /// # Errors
    /// Where there is none, with what brings it.
    fn interpreter(&self, language: Language) -> Result<Digest, Rejection>;

    /// Drops what is kept of a component that no version uses any more.
    fn forget(&self, component: Digest);

    /// What waits for its turn and what has it.
    fn figures(&self) -> DeployFigures;
}

/// A function to create.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its settings, checked.
    pub settings: Settings,
    /// The package as it was uploaded: a zip, or bare wasm.
    pub package: Bytes,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is published at once, as version 1.
    pub publish: bool,
    /// Who sends it, where that is known: senders take turns.
    pub sender: Option<IpAddr>,
}

/// A change of a function's code.
#[derive(Clone, Debug)]
pub struct CodeChange {
    /// The package as it was uploaded: a zip, or bare wasm.
    pub package: Bytes,
    /// The architecture to show, where it changes.
    pub architecture: Option<Architecture>,
    /// Check everything, change nothing.
    pub dry_run: bool,
    /// Whether what becomes of it is published at once.
    pub publish: bool,
    /// The revision that the caller believes to be current.
    pub expected_revision: Option<String>,
    /// Who sends it, where that is known: senders take turns.
    pub sender: Option<IpAddr>,
}

/// Creates, changes and deletes functions.
pub struct Deployer<G> {
    pipeline: Arc<Pipeline<G>>,
}

impl<G> Deployer<G> {
    /// What the code of functions takes where it is kept, and what is there beside it, if that is bounded.
    pub async fn data_figures(&self) -> Option<DataFigures> {
        self.pipeline.packages.figures().await
    }
}

impl<G: CompileGuest> Deployer<G> {
    /// A deployer into `catalog`. What has to be done behind a change, wherever that was made, is done from
    /// now on by one of the hosts that share `leases`.
    pub fn new(
        account: Account,
        catalog: Arc<Catalog>,
        packages: Arc<dyn Content>,
        leases: Arc<dyn Leases>,
        guests: Arc<G>,
    ) -> Self {
        let pipeline = Arc::new(Pipeline::new(account, catalog, packages, leases, guests));
        pipeline.follow();
        Self { pipeline }
    }

    /// A deployer for another account of the same host, with what all of them share.
    pub fn for_account(&self, account: Account, catalog: Arc<Catalog>, guests: Arc<G>) -> Self {
        let pipeline = Arc::new(self.pipeline.for_account(account, catalog, guests));
        pipeline.follow();
        Self { pipeline }
    }

    /// Has `observer` told of every initialization that is made for a snapshot. The first observer stays.
    pub fn observe_initializations(&self, observer: impl Fn(InitReport) + Send + Sync + 'static) {
        let _ = self.pipeline.init_observer.set(Box::new(observer));
    }

    /// What the account may have, as it is now.
    pub(crate) fn quotas(&self) -> &CurrentQuotas {
        &self.pipeline.quotas
    }

    /// Bytes that the packages of all versions may have together.
    pub fn code_bytes_max(&self) -> u64 {
        self.pipeline.code_bytes_max()
    }

    /// The functions that this deployer deploys.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.pipeline.catalog
    }

    /// What changes functions for this `cause`.
    pub fn by(&self, cause: Cause) -> Changes<'_, G> {
        Changes {
            deployer: self,
            cause,
        }
    }

    /// Takes up what a crash interrupted, of this account alone.
    pub fn resume(&self) {
        self.pipeline.tend_all();
    }

    /// Takes up what a crash interrupted, and removes what nothing refers to. Returns when all of it is
    /// under way; [`Deployer::settled`] tells when a function is done.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the stored packages cannot be listed.
    pub async fn recover(&self) -> Result<(), Refusal> {
        self.pipeline.retention.collect_orphans().await?;
        self.resume();
        Ok(())
    }

    /// Waits until the function is neither Pending nor being updated.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`], also where it is deleted meanwhile.
    pub async fn settled(&self, name: &FunctionName) -> Result<Arc<Version>, Refusal> {
        let mut changes: watch::Receiver<()> = self.pipeline.changes.subscribe();
        loop {
            // Seen before looking: a change after the look wakes the wait below.
            changes.borrow_and_update();
            let record = self
                .catalog()
                .get(name)
                .ok_or_else(|| self.pipeline.not_found(name))?;
            if lifecycle::work(&record).is_none() {
                return Ok(Arc::clone(&record.latest));
            }
            changes.changed().await.map_err(|_| Refusal::ShuttingDown)?;
        }
    }

    /// Waits until a version is not Pending any more, as one that is published with SnapStart is until its
    /// snapshot was taken.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`], also where it is deleted meanwhile.
    pub async fn ready(&self, name: &FunctionName, id: VersionId) -> Result<Arc<Version>, Refusal> {
        let mut changes: watch::Receiver<()> = self.pipeline.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let record = self.catalog().get(name);
            let version = record.as_ref().and_then(|record| record.version(id));
            match version {
                None => return Err(self.pipeline.not_found(name)),
                Some(version) if version.state != State::Pending => return Ok(Arc::clone(version)),
                Some(_) => changes.changed().await.map_err(|_| Refusal::ShuttingDown)?,
            }
        }
    }

    /// What waits for its turn and what has it.
    pub fn figures(&self) -> DeployFigures {
        let mut figures = self.pipeline.guests.figures();
        figures
            .stages
            .insert(0, ("unpack", self.pipeline.room.figures()));
        figures
    }

    /// The uploaded bytes of a package that some version uses.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when it is stored and cannot be read, or nobody knows whether some version uses it.
    pub async fn package(&self, digest: Digest) -> Result<Option<Bytes>, Refusal> {
        if !self.catalog().uses_package(digest) {
            // A neighbour may have told of it a moment ago.
            self.catalog().catch_up().await.map_err(internal)?;
        }
        if !self.catalog().uses_package(digest) {
            return Ok(None);
        }
        self.pipeline.packages.get(digest).await.map_err(internal)
    }
}
