//! Which events are dead, of each account, and which of them goes where they are too many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::events::event::EventId;
use crate::events::log::LogBounds;

/// A dead event, by the time of its end.
pub(super) type Ended = (u64, EventId);

/// The dead of all accounts.
#[derive(Debug, Default)]
pub(super) struct Dead {
    events: u64,
    bytes: u64,
    of_accounts: BTreeMap<Arc<str>, OfAccount>,
}

#[derive(Debug, Default)]
struct OfAccount {
    events: BTreeSet<Ended>,
    bytes: u64,
}

impl Dead {
    pub(super) fn add(&mut self, account: &Arc<str>, ended: Ended, bytes: u64) {
        let own = self.of_accounts.entry(Arc::clone(account)).or_default();
        if own.events.insert(ended) {
            own.bytes += bytes;
            self.events += 1;
            self.bytes += bytes;
        }
    }

    /// Takes one out, if it is dead.
    pub(super) fn remove(&mut self, account: &Arc<str>, ended: Ended, bytes: u64) {
        let Some(own) = self.of_accounts.get_mut(account) else {
            return;
        };
        if own.events.remove(&ended) {
            own.bytes -= bytes;
            self.events -= 1;
            self.bytes -= bytes;
        }
        if own.events.is_empty() {
            self.of_accounts.remove(account);
        }
    }

    /// Those of an account, the oldest first.
    pub(super) fn of(&self, account: &Arc<str>) -> impl Iterator<Item = Ended> {
        let own = self.of_accounts.get(account).into_iter();
        own.flat_map(|own| own.events.iter().copied())
    }

    /// The one that makes room where there are too many: the oldest of the account that has the most of what there is
    /// too much of.
    pub(super) fn to_go(&self, bounds: &LogBounds) -> Option<EventId> {
        let accounts = self.of_accounts.values();
        let most = if self.events > bounds.dead_max {
            accounts.max_by_key(|own| own.events.len())
        } else if self.bytes > bounds.dead_bytes_max {
            accounts.max_by_key(|own| own.bytes)
        } else {
            None
        };
        most?.events.first().map(|(_, id)| *id)
    }
}
