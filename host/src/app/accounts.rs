//! The accounts of a host besides its own: started when it starts, or when the file of keys first names them.

use std::collections::BTreeMap;
#[cfg(feature = "server")]
use std::collections::BTreeSet;
use std::sync::Arc;

use super::in_account::{InAccount, Shared};
#[cfg(feature = "server")]
use crate::domain::Account;
#[cfg(feature = "server")]
use crate::domain::quotas::Quotas;
use crate::domain::{AccountId, SharedLock};
#[cfg(feature = "server")]
use crate::identity::StatedQuotas;
#[cfg(feature = "server")]
use crate::limits::{ACCOUNT_SHARES, CODE_STORAGE_BYTES_MAX, EVENTS_WAITING_MAX};

/// All accounts that a host has.
pub(super) struct HostAccounts {
    pub(super) own: InAccount,
    shared: Shared,
    others: SharedLock<BTreeMap<AccountId, Arc<InAccount>>>,
}

impl HostAccounts {
    pub(super) fn new(own: InAccount, shared: Shared) -> Self {
        Self {
            own,
            shared,
            others: SharedLock::default(),
        }
    }

    /// Bounds the accounts that the file of keys names, those of `unnamed` that have functions all the same, and those that
    /// it names no longer; starts those that have not been started yet, and gives them. One that cannot be started is told
    /// in the log, and tried again the next time.
    #[cfg(feature = "server")]
    pub(super) fn start(
        &self,
        named: &BTreeMap<AccountId, StatedQuotas>,
        unnamed: Vec<AccountId>,
    ) -> Vec<Arc<InAccount>> {
        let mut others = self.others.write();
        let mut started = Vec::new();
        let own = self.own.account.owner();
        let stated = named.get(&own).copied().unwrap_or_default();
        self.own.bound_by(stated.or(Quotas::NONE), &self.shared);
        let ids: BTreeSet<_> = named.keys().chain(others.keys()).cloned().collect();
        let mut ids: BTreeSet<_> = ids.into_iter().chain(unnamed).collect();
        ids.remove(&own);
        for id in ids {
            let quotas = match named.get(&id) {
                Some(stated) => stated.or(quotas_of_others()),
                None => quotas_of_unnamed(self.shared.concurrency_max),
            };
            if let Some(known) = others.get(&id) {
                known.bound_by(quotas, &self.shared);
                continue;
            }
            let account = Account {
                id: id.to_string(),
                region: self.own.account.region.clone(),
            };
            match self.own.beside(account, &self.shared) {
                Ok(account) => {
                    let account = Arc::new(account);
                    account.bound_by(quotas, &self.shared);
                    others.insert(id.clone(), Arc::clone(&account));
                    started.push(account);
                }
                Err(error) => {
                    tracing::error!(account = %id, error, "an account is not ready, and its keys are not served");
                }
            }
        }
        started
    }

    /// Begins nothing more, and returns when what runs has ended and its logs are written.
    pub(super) async fn close(&self) {
        let others: Vec<_> = self.others.read().values().cloned().collect();
        let all = || std::iter::once(&self.own).chain(others.iter().map(|other| &**other));
        all().for_each(InAccount::stop);
        for account in all() {
            account.drained().await;
        }
        let guests = Arc::clone(&self.own.guests);
        // Not when the last one lets go of them: that may be a thread which nobody waits for.
        if let Err(error) = tokio::task::spawn_blocking(move || guests.remove_tmp()).await {
            tracing::error!(%error, "temporary files of functions could not be removed");
        }
    }
}

/// What another account than the host's own may have, where nothing is said.
#[cfg(feature = "server")]
fn quotas_of_others() -> Quotas {
    Quotas {
        code_bytes: CODE_STORAGE_BYTES_MAX / ACCOUNT_SHARES,
        events: EVENTS_WAITING_MAX / ACCOUNT_SHARES,
        event_shares: ACCOUNT_SHARES,
        ..Quotas::NONE
    }
}

/// What an account may have that the file of keys does not name, or names no longer: nobody signs for it, and what it has
/// left runs on, through addresses that are open and events that wait, within one share of what there is.
#[cfg(feature = "server")]
fn quotas_of_unnamed(concurrency_max: u32) -> Quotas {
    let shares = u32::try_from(ACCOUNT_SHARES).unwrap_or(u32::MAX);
    Quotas {
        concurrency: (concurrency_max / shares).max(1),
        ..quotas_of_others()
    }
}
