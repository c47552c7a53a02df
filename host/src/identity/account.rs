//! What a file of keys says of an account.

use std::sync::Arc;

use super::bucket::{Rate, Tokens};
use crate::domain::quotas::Quotas;

/// What a file of keys says of an account.
#[derive(Clone)]
pub(super) struct Stated {
    pub(super) quotas: StatedQuotas,
    pub(super) requests: Arc<Requests>,
}

/// What a file says that an account may have; the rest is left to the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatedQuotas {
    pub(super) functions: Option<u64>,
    pub(super) code_bytes: Option<u64>,
    pub(super) concurrency: Option<u32>,
    pub(super) events: Option<u64>,
}

impl StatedQuotas {
    /// With those of `host` for what is not said.
    pub(crate) fn or(self, host: Quotas) -> Quotas {
        Quotas {
            functions: self.functions.unwrap_or(host.functions),
            code_bytes: self.code_bytes.unwrap_or(host.code_bytes),
            concurrency: self.concurrency.unwrap_or(host.concurrency),
            events: self.events.unwrap_or(host.events),
            event_shares: host.event_shares,
        }
    }
}

/// The requests that all keys of an account send.
#[derive(Debug, Default)]
pub(super) struct Requests {
    rate: Option<Rate>,
    tokens: Arc<Tokens>,
}

impl Requests {
    /// So many from now on, of those that came `before`.
    pub(super) fn at(rate: Option<Rate>, before: Option<&Self>) -> Self {
        Self {
            rate,
            tokens: before
                .map(|known| Arc::clone(&known.tokens))
                .unwrap_or_default(),
        }
    }

    /// Whether one more may be sent now.
    pub(super) fn take_turn(&self) -> bool {
        self.rate.is_none_or(|rate| self.tokens.take(rate))
    }
}
