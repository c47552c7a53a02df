//! The functions of one account: read from memory, changed through the journal.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::accounts::{AccountView, Accounts, Change};
use super::follow::{Follower, load, refuse};
use super::journal::{Journal, JournalError, Revision};
use super::turns::Turns;
use super::usage::Usage;
use crate::domain::{AccountId, Digest, FunctionName, FunctionRecord, Qualifier};
use crate::limits::CHANGE_DURATION_MAX;

/// The functions that an account has.
///
/// All of them are in memory, where an invocation finds its version. What the journal tells is shown there,
/// changes that were made here included; whoever makes one is answered when it is to be seen here.
pub struct Catalog {
    pub(super) account: AccountId,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) view: Arc<AccountView>,
    pub(super) turns: Turns,
    accounts: Arc<Accounts>,
    revision: watch::Receiver<Revision>,
}

impl Catalog {
    /// The functions of `account` in `journal`, as of now and from now on.
    ///
    /// # Errors
    /// When the journal cannot be read.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub async fn open(
        journal: Arc<dyn Journal>,
        account: &AccountId,
    ) -> Result<Self, JournalError> {
        let mut watch = journal.watch().await?;
        let accounts = Arc::new(Accounts::default());
        let loaded = load(&*journal, &mut watch, &accounts, refuse).await?;
        let (shown, revision) = watch::channel(loaded);
        let follower = Follower {
            journal: Arc::downgrade(&journal),
            accounts: Arc::downgrade(&accounts),
            revision: shown,
        };
        tokio::spawn(follower.follow(watch));
        Ok(Self {
            account: account.clone(),
            view: accounts.account(account),
            journal,
            turns: Turns::default(),
            accounts,
            revision,
        })
    }

    /// The functions of another account in the same journal.
    pub fn of_account(&self, account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            view: self.accounts.account(account),
            journal: Arc::clone(&self.journal),
            turns: Turns::default(),
            accounts: Arc::clone(&self.accounts),
            revision: self.revision.clone(),
        }
    }

    /// The accounts in the journal that have functions.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.accounts.with_functions()
    }

    /// The account in the journal whose function has the URL with this id.
    pub fn account_with_url(&self, id: &str) -> Option<AccountId> {
        self.accounts.with_url(id)
    }

    /// Has `observer` told of all functions that there are, and from now on of every change, before whoever made
    /// it is answered, if it was made here. It delays what is shown, so it is to be quick.
    pub fn observe(&self, observer: impl Fn(Change<'_>) + Send + Sync + 'static) {
        self.view.observe(observer);
    }

    /// The same, without those that there are.
    pub fn observe_changes(&self, observer: impl Fn(Change<'_>) + Send + Sync + 'static) {
        self.view.observe_changes(observer);
    }

    /// A function. Never waits for a change.
    pub fn get(&self, name: &FunctionName) -> Option<Arc<FunctionRecord>> {
        self.view.read().get(name).cloned()
    }

    /// Up to `limit` functions in the order of their names, those after `after`.
    pub fn page(&self, after: Option<&FunctionName>, limit: usize) -> Vec<Arc<FunctionRecord>> {
        self.view.read().page(after, limit)
    }

    /// The function whose URL has this id, and what of it the URL is attached to: `$LATEST` stands for
    /// the function itself.
    pub fn with_url(&self, id: &str) -> Option<(Arc<FunctionRecord>, Qualifier)> {
        self.view.read().with_url(id)
    }

    /// What all functions together take up.
    pub fn usage(&self) -> Usage {
        self.view.read().usage()
    }

    /// Whether some version, shown or running, has this package, of whatever account: those of one journal
    /// share their packages.
    pub fn uses_package(&self, package: Digest) -> bool {
        self.accounts.uses_package(package)
    }

    /// Whether some version, shown or running, has this component, of whatever account: those of one journal share
    /// what is compiled of it.
    pub fn uses_component(&self, component: Digest) -> bool {
        self.accounts.uses_component(component)
    }

    /// Waits until all is to be seen here that was answered anywhere before this was asked.
    ///
    /// # Errors
    /// Where the journal cannot be asked, or is too far ahead for too long.
    pub async fn catch_up(&self) -> Result<(), JournalError> {
        let revision = self.journal.barrier().await?;
        match self
            .shows(revision, Instant::now() + CHANGE_DURATION_MAX)
            .await
        {
            true => Ok(()),
            false => Err(JournalError(
                "what is shown of the catalog is too old".into(),
            )),
        }
    }

    /// How far what is shown has come.
    pub(super) fn revision(&self) -> Revision {
        *self.revision.borrow()
    }

    /// Waits until what `revision` wrote is shown; gives whether it is.
    pub(super) async fn shows(&self, revision: Revision, until: Instant) -> bool {
        let mut shown = self.revision.clone();
        let waiting = shown.wait_for(|shown| *shown >= revision);
        matches!(timeout_at(until, waiting).await, Ok(Ok(_)))
    }
}
