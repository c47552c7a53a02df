//! Packages and artifacts live as long as a version needs them, and no longer.
//!
//! The danger is a package that is removed, since its last version has just ended, while another
//! deployment of the same bytes stores it. So whoever deploys code *claims* it, from before the package
//! is stored and the component is compiled until after the catalog refers to it and the compilation has
//! ended. Claims and removals are leases, so that hosts which share their packages respect each
//! other's; what is compiled each host has for itself, with
//! leases of its own:
//! - Who claims code first has the lease of the claim, then waits until no removal of it goes on.
//! - Who removes code first has the lease of the removal, then looks whether there is a claim, and then
//!   whether a version in the catalog has it.
//! - So of a claim and a removal at the same time, the removal gives way, or is over when the claim holds.
//! - The catalog cannot begin to use code without a claim on it: a change that brings in code is made
//!   under one, and any other change keeps code that is in use. So while no claim is there, unused code stays
//!   unused.
//! - Who claims it after that stores the package, and the artifact, anew.
//!
//! Whoever gives a claim back looks once more: the function may have been deleted during the compilation,
//! or refused before it.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::CompileGuest;
use super::tasks::internal;
use crate::catalog::Catalog;
use crate::domain::{Code, Digest, Refusal};
use crate::limits::LEASE_DURATION;
use crate::storage::{Content, Held, Leases, MemoryLeases, StorageError};

/// Decides what can be removed, and removes it.
pub(super) struct Retention<G> {
    catalog: Arc<Catalog>,
    packages: Arc<dyn Content>,
    leases: Arc<dyn Leases>,
    /// Of what is compiled, which each host has for itself.
    own_leases: Arc<MemoryLeases>,
    guests: Arc<G>,
}

/// Keeps code from being removed. Give it back with [`Retention::release`]: one that is only dropped, by
/// a panic, leaves its code until the next start.
#[must_use]
pub(super) struct Claim {
    code: Code,
    held: [Held; 2],
}

impl Claim {
    pub(super) fn code(&self) -> &Code {
        &self.code
    }

    /// Whether the code may have been removed all the same.
    pub(super) fn has_lapsed(&self) -> bool {
        self.held.iter().any(Held::has_lapsed)
    }
}

/// What code is made of.
#[derive(Clone, Copy)]
enum Part {
    Package(Digest),
    Component(Digest),
}

impl Part {
    fn of(code: &Code) -> [Self; 2] {
        [Self::Package(code.package), Self::Component(code.component)]
    }

    /// The names of claims on it begin like this.
    fn claims(self) -> String {
        match self {
            Self::Package(digest) => format!("claim/package/{digest}/"),
            Self::Component(digest) => format!("claim/component/{digest}/"),
        }
    }

    fn removal(self) -> String {
        match self {
            Self::Package(digest) => format!("remove/package/{digest}"),
            Self::Component(digest) => format!("remove/component/{digest}"),
        }
    }
}

impl<G: CompileGuest> Retention<G> {
    pub(super) fn new(
        catalog: Arc<Catalog>,
        packages: Arc<dyn Content>,
        leases: Arc<dyn Leases>,
        guests: Arc<G>,
    ) -> Self {
        Self {
            catalog,
            packages,
            leases,
            own_leases: Arc::default(),
            guests,
        }
    }

    /// The same for another account of the host: packages and what is compiled are those of all accounts.
    pub(super) fn for_account(&self, catalog: Arc<Catalog>, guests: Arc<G>) -> Self {
        Self {
            catalog,
            packages: Arc::clone(&self.packages),
            leases: Arc::clone(&self.leases),
            own_leases: Arc::clone(&self.own_leases),
            guests,
        }
    }

    /// What it works on, which a deployer works on as well.
    pub(super) fn parts(&self) -> (Arc<dyn Content>, Arc<dyn Leases>, Arc<G>) {
        (
            Arc::clone(&self.packages),
            Arc::clone(&self.leases),
            Arc::clone(&self.guests),
        )
    }

    /// Where claims on it and removals of it exclude each other.
    fn leases_of(&self, part: Part) -> &dyn Leases {
        match part {
            Part::Package(_) => &*self.leases,
            Part::Component(_) => &*self.own_leases,
        }
    }

    /// Claims code; others may have claims on the same.
    pub(super) async fn claim(&self, code: Code) -> Result<Claim, Refusal> {
        let [package, component] = Part::of(&code);
        let held = [
            self.claim_part(package).await.map_err(internal)?,
            self.claim_part(component).await.map_err(internal)?,
        ];
        Ok(Claim { code, held })
    }

    async fn claim_part(&self, part: Part) -> Result<Held, StorageError> {
        let claim = format!("{}{}", part.claims(), Uuid::new_v4());
        let leases = self.leases_of(part);
        let held = wait_for(leases, &claim).await?;
        leases.freed(&part.removal()).await?;
        Ok(held)
    }

    pub(super) async fn release(&self, claim: Claim) {
        let Claim { code, held } = claim;
        drop(held);
        self.collect(&code).await;
    }

    /// Removes `code`, unless it is needed.
    pub(super) async fn collect(&self, code: &Code) {
        for part in Part::of(code) {
            self.collect_part(part).await;
        }
    }

    /// Forgets what was compiled of a component, unless it is needed here.
    pub(super) async fn forget(&self, component: Digest) {
        self.collect_part(Part::Component(component)).await;
    }

    /// Removes the packages that nothing refers to: what a crash left behind. Where the catalog that had
    /// them was moved away, they stay.
    pub(super) async fn collect_orphans(&self) -> Result<(), Refusal> {
        let mut packages = self.packages.digests().await.map_err(internal)?;
        packages.retain(|package| !self.catalog.uses_package(*package));
        if let Some(mark) = self.packages.orphans_kept_by().await.map_err(internal)? {
            if !packages.is_empty() {
                tracing::warn!(
                    packages = packages.len(),
                    mark,
                    "packages that no function has are kept, since a new catalog was made beside them: \
                     put the catalog back that knew them, or remove the mark to have them removed at \
                     the next start"
                );
            }
            return Ok(());
        }
        for package in packages {
            self.collect_part(Part::Package(package)).await;
        }
        Ok(())
    }

    async fn collect_part(&self, part: Part) {
        if let Err(error) = self.remove_unneeded(part).await {
            let part = part.removal();
            tracing::warn!(part, %error, "what is not needed any more stays");
        }
    }

    async fn remove_unneeded(&self, part: Part) -> Result<(), StorageError> {
        let leases = self.leases_of(part);
        let removal = wait_for(leases, &part.removal()).await?;
        if !leases.held(&part.claims()).await?.is_empty() {
            return Ok(());
        }
        let caught_up = self.catalog.catch_up().await;
        caught_up.map_err(|error| StorageError::of(error.0))?;
        if self.is_used(part) || removal.has_lapsed() {
            return Ok(());
        }
        match part {
            Part::Package(digest) => self.packages.remove(digest).await,
            Part::Component(digest) => {
                let guests = Arc::clone(&self.guests);
                let forgotten = spawn_blocking(move || guests.forget(digest)).await;
                forgotten.map_err(|panic| StorageError::of(panic.to_string()))
            }
        }
    }

    fn is_used(&self, part: Part) -> bool {
        match part {
            Part::Package(digest) => self.catalog.uses_package(digest),
            Part::Component(digest) => self.catalog.uses_component(digest),
        }
    }
}

async fn wait_for(leases: &dyn Leases, what: &str) -> Result<Held, StorageError> {
    loop {
        match leases.take(what, LEASE_DURATION).await? {
            Some(held) => return Ok(held),
            None => leases.freed(what).await?,
        }
    }
}
