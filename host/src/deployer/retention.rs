//! Packages and artifacts live as long as a version needs them, and no longer.
//!
//! The danger is a package that is removed, since its last version has just ended, while another
//! deployment of the same bytes stores it. So whoever deploys code *claims* it, from before the package
//! is stored and the component is compiled until after the catalog refers to it and the compilation has
//! ended. Code is removed under the lock of the claims, and only if there is no claim on it and no
//! version in the catalog has it. That is enough:
//! - The catalog cannot begin to use code without a claim on it: a change that brings in code is made
//!   under one, and any other change keeps code that is in use.
//! - So while the lock is held and no claim is there, unused code stays unused.
//! - Who claims it after that stores the package, and the artifact, anew.
//!
//! Whoever gives a claim back looks once more: the function may have been deleted during the compilation,
//! or refused before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::CompileGuest;
use super::pipeline::internal;
use crate::catalog::Catalog;
use crate::domain::{Code, Digest, Refusal};
use crate::storage::ContentStore;

/// Decides what can be removed, and removes it.
pub(super) struct Retention<G> {
    catalog: Arc<Catalog>,
    packages: Arc<ContentStore>,
    guests: Arc<G>,
    claims: Mutex<Claims>,
}

#[derive(Default)]
struct Claims {
    packages: HashMap<Digest, usize>,
    components: HashMap<Digest, usize>,
}

/// Keeps code from being removed. Give it back with [`Retention::release`]: one that is only dropped, by
/// a panic, keeps its code until the next start.
#[must_use]
pub(super) struct Claim {
    code: Code,
}

impl Claim {
    pub(super) fn code(&self) -> &Code {
        &self.code
    }
}

impl<G: CompileGuest> Retention<G> {
    pub(super) fn new(catalog: Arc<Catalog>, packages: Arc<ContentStore>, guests: Arc<G>) -> Self {
        Self {
            catalog,
            packages,
            guests,
            claims: Mutex::default(),
        }
    }

    pub(super) fn claim(&self, code: Code) -> Claim {
        let mut claims = self.lock();
        *claims.packages.entry(code.package).or_default() += 1;
        *claims.components.entry(code.component).or_default() += 1;
        Claim { code }
    }

    /// Blocks, as the others here do.
    pub(super) fn release(&self, claim: Claim) {
        let Claim { code } = claim;
        let mut claims = self.lock();
        give_back(&mut claims.packages, code.package);
        give_back(&mut claims.components, code.component);
        self.collect_locked(&claims, &code);
    }

    /// Removes `code`, unless it is needed.
    pub(super) fn collect(&self, code: &Code) {
        self.collect_locked(&self.lock(), code);
    }

    /// Removes the packages that nothing refers to: what a crash left behind. Where the catalog that had
    /// them was moved away, they stay.
    pub(super) fn collect_orphans(&self) -> Result<(), Refusal> {
        let mut packages = self.packages.digests().map_err(internal)?;
        packages.retain(|package| !self.catalog.uses_package(*package));
        if let Some(mark) = self.packages.orphans_kept_by().map_err(internal)? {
            if !packages.is_empty() {
                tracing::warn!(
                    packages = packages.len(),
                    mark = %mark.display(),
                    "packages that no function has are kept, since a new catalog was made beside them: \
                     put the catalog back that knew them, or remove the mark to have them removed at \
                     the next start"
                );
            }
            return Ok(());
        }
        for package in packages {
            self.collect_package(&self.lock(), package);
        }
        Ok(())
    }

    fn collect_locked(&self, claims: &Claims, code: &Code) {
        self.collect_package(claims, code.package);
        let component = code.component;
        if !claims.components.contains_key(&component) && !self.catalog.uses_component(component) {
            self.guests.forget(component);
        }
    }

    fn collect_package(&self, claims: &Claims, package: Digest) {
        if claims.packages.contains_key(&package) || self.catalog.uses_package(package) {
            return;
        }
        if let Err(error) = self.packages.remove(package) {
            tracing::warn!(%package, %error, "a package that is not needed any more stays");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn give_back(claims: &mut HashMap<Digest, usize>, digest: Digest) {
    if let Some(count) = claims.get_mut(&digest) {
        *count -= 1;
        if *count == 0 {
            claims.remove(&digest);
        }
    }
}
