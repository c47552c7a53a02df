//! What the operations of the API work on.

use std::sync::Arc;

use super::callers::{ExpectedAnswers, Peers};
use super::cloudwatch::LogReads;
use super::download_key::DownloadKey;
use super::error::WireError;
use super::forwarded::TrustedProxies;
use super::host_names::HostNames;
use super::reference::Reference;
use super::refusal_log::RefusalLog;
use super::request_counts::RequestCounts;
use super::wire::configuration::Renderer;
use crate::catalog::Catalog;
use crate::deployer::Deployer;
use crate::domain::{Account, Digest, FunctionRecord};
use crate::events::Events;
use crate::identity::Identities;
use crate::invoker::{Invoker, Provisioner};
use crate::logs::LogKeeper;

/// What the operations of the API work on.
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
    /// Stands for the version of the engine, in the runtime's version that answers show.
    pub engine: Digest,
    /// Signs the addresses of packages.
    pub downloads: DownloadKey,
    /// Whom the host believes who sends a request.
    pub proxies: TrustedProxies,
    /// Who may call; `None` where nobody is asked who they are.
    pub identities: Option<Arc<Identities>>,
    /// What is held for callers.
    pub peers: Arc<Peers>,
    /// How large answers will be.
    pub answers: ExpectedAnswers,
    /// The places for reads of logs.
    pub log_reads: LogReads,
    /// Notes who was refused.
    pub refusals: Arc<RefusalLog>,
    /// What was answered.
    pub requests: RequestCounts,
    /// What the jail around this process confines, and whether it does.
    pub jail: Vec<(&'static str, bool)>,
    /// The names under which the API may be asked, besides addresses and `localhost`.
    pub host_names: HostNames,
    /// Whether function URLs whose `AuthType` is `NONE` need no permission in the resource policy.
    pub open_function_urls: bool,
}

impl<G> Api<G> {
    pub(super) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            account: &self.account,
            engine: self.engine,
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
