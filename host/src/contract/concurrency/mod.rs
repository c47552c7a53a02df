//! How much may run at once: what is reserved, what is provisioned, and what the account has.

pub(super) mod account;
pub(super) mod provisioned;
pub(super) mod provisioned_shape;
pub(super) mod reserved;

use super::api::Api;
use crate::catalog::Catalog;
use crate::domain::concurrency::AccountConcurrency;

impl<G: crate::invoker::RunGuest> Api<G> {
    /// The concurrency that this host has.
    fn concurrency_limit(&self) -> u32 {
        self.invoker.gate().limit()
    }
}

/// The account's concurrency as it is now; the same for as long as a change is decided.
fn of_account(catalog: &Catalog, limit: u32) -> AccountConcurrency {
    let usage = catalog.usage();
    AccountConcurrency {
        limit,
        set_aside: usage.reserved_concurrency + usage.provisioned_concurrency,
    }
}
