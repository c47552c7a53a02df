//! What the operations of the API work on, for one account.

use std::sync::Arc;

use super::error::WireError;
use super::host_api::HostApi;
use super::reference::Reference;
use super::wire::configuration::Renderer;
use crate::catalog::Catalog;
use crate::deployer::Deployer;
use crate::domain::{Account, FunctionRecord};
use crate::events::Events;
use crate::invoker::{Invoker, Provisioner};
use crate::logs::LogKeeper;

/// What the operations of the API work on, for one account. Nothing of another one is within its reach.
pub(crate) struct Api<G> {
    /// Whose functions these are.
    pub account: Account,
    /// Which functions there are.
    pub catalog: Arc<Catalog>,
    /// Runs them.
    pub invoker: Arc<Invoker<G>>,
    /// Prepares their sandboxes ahead.
    pub provisioner: Arc<Provisioner<G>>,
    /// Runs them later.
    pub events: Events<G>,
    /// Creates, changes and deletes them.
    pub deployer: Arc<Deployer<G>>,
    /// Keeps what functions wrote.
    pub logs: Arc<LogKeeper>,
    /// What it has of its host.
    pub host: Arc<HostApi>,
}

impl<G> Api<G> {
    pub(super) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            account: &self.account,
            engine: self.host.engine,
        }
    }

    /// The function that a caller names, whatever the qualifier.
    ///
    /// # Errors
    /// Where it does not exist, as most operations word it: without the qualifier.
    pub(super) fn existing(&self, reference: &Reference) -> Result<Arc<FunctionRecord>, WireError> {
        let record = reference.function().and_then(|name| self.catalog.get(name));
        record.ok_or_else(|| reference.not_found(&self.account, None))
    }
}
