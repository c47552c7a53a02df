//! What the operations of CloudWatch Logs work on.

use std::sync::Arc;

use crate::domain::Account;
use crate::logs::LogKeeper;

/// The logs of an account.
pub(in crate::contract) struct Logs {
    pub(super) account: Account,
    pub(super) keeper: Arc<LogKeeper>,
}

impl Logs {
    /// The ARN of a group.
    pub(super) fn group_arn(&self, name: &str) -> String {
        let Self { account, .. } = self;
        format!(
            "arn:aws:logs:{}:{}:log-group:{name}",
            account.region, account.id
        )
    }
}
