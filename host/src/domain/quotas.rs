//! What an account may have at most.

use std::sync::Arc;

use super::lock::SharedLock;

/// What an account may have at most. What the host has less of bounds it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// Functions.
    pub functions: u64,
    /// Bytes of the packages of all their versions.
    pub code_bytes: u64,
    /// Invocations that run at once.
    pub concurrency: u32,
    /// Asynchronous events that wait, run or are delivered.
    pub events: u64,
    /// Those have one of so many shares of the bytes that events of the host may have.
    pub event_shares: u64,
}

impl Quotas {
    /// No more than the host has.
    pub(crate) const NONE: Self = Self {
        functions: u64::MAX,
        code_bytes: u64::MAX,
        concurrency: u32::MAX,
        events: u64::MAX,
        event_shares: 1,
    };
}

/// The quotas of an account as they are now. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct CurrentQuotas(Arc<SharedLock<Quotas>>);

impl Default for CurrentQuotas {
    fn default() -> Self {
        Self(Arc::new(SharedLock::new(Quotas::NONE)))
    }
}

impl CurrentQuotas {
    pub(crate) fn get(&self) -> Quotas {
        *self.0.read()
    }

    #[cfg(feature = "server")]
    pub(crate) fn set(&self, quotas: Quotas) {
        *self.0.write() = quotas;
    }
}
