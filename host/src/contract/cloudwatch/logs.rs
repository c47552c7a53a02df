//! What the operations of CloudWatch Logs work on.

use std::sync::Arc;

use crate::contract::api::Api;
use crate::domain::Account;
use crate::logs::LogKeeper;

/// The logs of an account.
pub(in crate::contract) struct Logs {
    pub(super) account: Account,
    pub(super) keeper: Arc<LogKeeper>,
}

impl Logs {
    /// Those of this account.
    pub(super) fn of<G>(api: &Api<G>) -> Self {
        Self {
            account: api.account.clone(),
            keeper: Arc::clone(&api.logs),
        }
    }

    /// The ARN of a group.
    pub(super) fn group_arn(&self, name: &str) -> String {
        let Self { account, .. } = self;
        format!(
            "arn:aws:logs:{}:{}:log-group:{name}",
            account.region, account.id
        )
    }
}
