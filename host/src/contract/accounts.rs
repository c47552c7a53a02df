//! The accounts of a host, and which of them a request is for.
//!
//! Each has an [`Api`] of its own, with its own catalog, logs and events: a handler is given one of them, and knows of no
//! other. A request is for the account of the key that it is signed with, but for one that names a function of another
//! one: whether its sender may reach that, policies say. What nobody has signed is for the host's own account.

use std::collections::HashMap;
use std::sync::Arc;

use super::api::Api;
use super::error::{ErrorCode, WireError};
use super::host_api::HostApi;
use super::operations::{Operation, Resource};
use super::path_names::PathNames;
use super::spelling;
use crate::domain::{AccountId, SharedLock};

/// All accounts of a host.
pub(crate) struct Accounts<G> {
    own: Arc<Api<G>>,
    others: SharedLock<HashMap<AccountId, Arc<Api<G>>>>,
}

impl<G> Accounts<G> {
    /// The host's own account, and none besides.
    pub(crate) fn of(own: Api<G>) -> Self {
        Self {
            own: Arc::new(own),
            others: SharedLock::default(),
        }
    }

    /// Takes in one more account, which the host has to be the same of.
    pub(crate) fn add(&self, api: Api<G>) {
        let mut others = self.others.write();
        others.insert(api.account.owner(), Arc::new(api));
    }

    /// The host's own account.
    pub(super) fn own(&self) -> &Arc<Api<G>> {
        &self.own
    }

    /// The host.
    pub(super) fn host(&self) -> &HostApi {
        &self.own.host
    }

    /// All of them, the host's own first, then by their numbers.
    pub(super) fn all(&self) -> Vec<Arc<Api<G>>> {
        let mut others: Vec<_> = self.others.read().values().cloned().collect();
        others.sort_by(|one, other| one.account.id.cmp(&other.account.id));
        others.insert(0, Arc::clone(&self.own));
        others
    }

    /// An account.
    fn get(&self, id: &str) -> Option<Arc<Api<G>>> {
        if self.own.account.id == id {
            return Some(Arc::clone(&self.own));
        }
        self.others.read().get(id).cloned()
    }

    /// The account that a request by a user of `signer` is for, where it names a function like this.
    ///
    /// # Errors
    /// Where the account has not been opened yet, or could not be.
    pub(super) fn named(
        &self,
        signer: &AccountId,
        function: Option<&str>,
    ) -> Result<Arc<Api<G>>, WireError> {
        let named = function.and_then(spelling::account_of);
        // One that is not there is told as one whose policies allow nothing.
        let named = named.and_then(|account| self.get(account));
        let found = named.or_else(|| self.get(signer.as_str()));
        found.ok_or_else(|| not_open(signer))
    }

    /// The account that a request by a user of `signer` for this operation is for.
    ///
    /// # Errors
    /// As [`Self::named`].
    pub(super) fn asked(
        &self,
        signer: &AccountId,
        operation: Option<Operation>,
        names: &PathNames,
    ) -> Result<Arc<Api<G>>, WireError> {
        match operation.map(Operation::resource) {
            Some(Resource::Host | Resource::Package) => Ok(Arc::clone(&self.own)),
            Some(
                Resource::Function
                | Resource::QualifiedFunction
                | Resource::Attachment
                | Resource::VersionOrAlias
                | Resource::Tagged
                | Resource::Policy,
            ) => self.named(signer, names.first()),
            Some(_) | None => self.named(signer, None),
        }
    }

    /// The account whose function has the URL with this id; the host's own, where none has.
    pub(super) fn with_url(&self, id: &str) -> Arc<Api<G>> {
        let others = self.others.read();
        if others.is_empty() {
            return Arc::clone(&self.own);
        }
        let owner = self.own.catalog.account_with_url(id);
        let other = owner.and_then(|owner| others.get(&owner).cloned());
        other.unwrap_or_else(|| Arc::clone(&self.own))
    }
}

/// An account of the file of keys that this host could not make ready.
fn not_open(account: &AccountId) -> WireError {
    WireError::new(
        ErrorCode::ServiceUnavailable,
        format!(
            "The account {account} is not ready on this host. Try again in a moment; if that does not help, the host's log \
             says why."
        ),
    )
}
