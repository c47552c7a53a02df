//! Refusals that are written together.
//!
//! Those that are alike become one entry with a number, a source has few entries of its own, and a batch has a bound. Where
//! it is full, the network that has the most entries gives way to one that has fewer, so that no source keeps others out;
//! what is beyond that is counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::domain::AccountId;
use crate::domain::audit::Entry;
use crate::limits::{AUDIT_REFUSALS_MAX, AUDIT_REFUSALS_OF_SOURCE_MAX};

/// Refusals of a moment.
#[derive(Default)]
pub(super) struct Batch(Vec<Gathered>);

/// Refusals that one entry tells of.
struct Gathered {
    source: Option<IpAddr>,
    account: AccountId,
    entry: Entry,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many requests it tells of.
    pub(super) fn requests(&self) -> u64 {
        self.0.iter().map(Gathered::requests).sum()
    }

    pub(super) fn into_entries(self) -> Vec<(AccountId, Entry)> {
        let entries = self.0.into_iter();
        entries.map(|one| (one.account, one.entry)).collect()
    }

    /// Adds an entry, or one more to an entry that there is. Gives of how many requests nothing is told for that.
    pub(super) fn add(&mut self, source: Option<IpAddr>, account: AccountId, entry: Entry) -> u64 {
        let new = Gathered {
            source,
            account,
            entry,
        };
        if let Some(place) = self.told_with(&new) {
            self.0[place].tell_of(&new);
            return 0;
        }
        if self.0.len() < AUDIT_REFUSALS_MAX {
            self.0.push(new);
            return 0;
        }
        let Some(place) = self.giving_way_to(&new) else {
            return new.requests();
        };
        let gone = std::mem::replace(&mut self.0[place], new);
        self.tell_elsewhere(&gone)
    }

    /// The entry that tells of it as well: one that is alike, or the last of a source that has as many as it may.
    fn told_with(&self, new: &Gathered) -> Option<usize> {
        let of_source = self.0.iter().enumerate();
        let of_source = of_source.filter(|(_, one)| one.source == new.source);
        let mut of_account = of_source
            .clone()
            // What is noted for one account is told to no other one.
            .filter(|(_, one)| one.account == new.account);
        let alike = of_account
            .clone()
            .find(|(_, one)| is_alike(&one.entry, &new.entry));
        let last = || {
            let is_full = of_source.count() >= AUDIT_REFUSALS_OF_SOURCE_MAX;
            of_account.next_back().filter(|_| is_full)
        };
        alike.or_else(last).map(|(place, _)| place)
    }

    /// The entry that makes room in a full batch: the last of the source that has the most in the network that has the
    /// most, if that still has no fewer than the network of the new one then.
    fn giving_way_to(&self, new: &Gathered) -> Option<usize> {
        let (mut networks, mut sources) = (HashMap::new(), HashMap::new());
        for one in &self.0 {
            *networks.entry(one.network()).or_insert(0_usize) += 1;
            *sources.entry(one.source).or_insert(0_usize) += 1;
        }
        let has = |one: &Gathered| (networks[&one.network()], sources[&one.source]);
        let (place, most) = self.0.iter().enumerate().max_by_key(|(_, one)| has(one))?;
        let own = networks.get(&new.network()).copied().unwrap_or(0);
        (own + 1 < networks[&most.network()]).then_some(place)
    }

    /// Has another entry of its source tell of one that is gone; gives of how many requests none does.
    fn tell_elsewhere(&mut self, gone: &Gathered) -> u64 {
        let mut others = self.0.iter_mut().rev();
        let other = others.find(|one| one.source == gone.source && one.account == gone.account);
        match other {
            Some(other) => {
                other.tell_of(gone);
                0
            }
            None => gone.requests(),
        }
    }
}

impl Gathered {
    fn requests(&self) -> u64 {
        1 + self
            .entry
            .refused
            .as_ref()
            .map_or(0, |refused| refused.more)
    }

    fn tell_of(&mut self, other: &Self) {
        if let Some(refused) = &mut self.entry.refused {
            refused.more += other.requests();
        }
    }

    /// Where it comes from, as coarse as addresses are given to one customer: who has one address often has its
    /// neighbours.
    fn network(&self) -> Option<IpAddr> {
        self.source.map(|source| match source {
            IpAddr::V4(address) => {
                let network = address.to_bits() & NETWORK_V4;
                Ipv4Addr::from_bits(network).into()
            }
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & NETWORK_V6).into()),
        })
    }
}

/// The first 24 bits.
const NETWORK_V4: u32 = u32::MAX << 8;

/// The first 48 bits.
const NETWORK_V6: u128 = u128::MAX << 80;

fn is_alike(one: &Entry, other: &Entry) -> bool {
    fn reason(entry: &Entry) -> Option<(&str, Option<&str>)> {
        let refused = entry.refused.as_ref()?;
        Some((&refused.reason, refused.statement.as_deref()))
    }
    one.operation == other.operation
        && one.key == other.key
        && one.resource == other.resource
        && reason(one) == reason(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cause;
    use crate::domain::audit::Refused;

    const NETWORK: u32 = 256;

    fn refusal(reason: &str) -> Entry {
        Entry {
            refused: Some(Refused {
                reason: reason.into(),
                statement: None,
                more: 0,
            }),
            ..Cause::host("Invoke").entry()
        }
    }

    /// Gives of how many nothing is told for this one.
    fn sent(batch: &mut Batch, source: u32, reason: &str) -> u64 {
        let source = IpAddr::from(source.to_be_bytes());
        batch.add(Some(source), "123456789012".into(), refusal(reason))
    }

    fn of_network(batch: &Batch, network: u32) -> usize {
        let network = IpAddr::from(network.to_be_bytes());
        let networks = batch.0.iter().filter_map(Gathered::network);
        networks.filter(|other| *other == network).count()
    }

    #[test]
    fn those_that_are_alike_become_one_entry_with_their_number() {
        let mut batch = Batch::default();
        for _ in 0..1_000 {
            assert_eq!(sent(&mut batch, 1, "Expired"), 0);
        }
        sent(&mut batch, 1, "Denied");
        sent(&mut batch, 2, "Expired");
        let told: Vec<_> = batch.0.iter().map(Gathered::requests).collect();
        assert_eq!(told, [1_000, 1, 1]);
    }

    #[test]
    fn a_source_that_tries_everything_leaves_room_for_others() {
        let mut batch = Batch::default();
        for number in 0..10_000 {
            assert_eq!(sent(&mut batch, 1, &number.to_string()), 0);
        }
        assert_eq!(batch.0.len(), AUDIT_REFUSALS_OF_SOURCE_MAX);
        assert_eq!(batch.requests(), 10_000);
        sent(&mut batch, 2, "Denied");
        assert_eq!(batch.0.len(), AUDIT_REFUSALS_OF_SOURCE_MAX + 1);
    }

    #[test]
    fn a_network_that_tries_everything_leaves_room_for_others() {
        let mut batch = Batch::default();
        let (mut requests, mut untold) = (0, 0);
        let mut send = |batch: &mut Batch, source, reason: &str| {
            requests += 1;
            untold += sent(batch, source, reason);
        };
        for source in 0..NETWORK {
            for number in 0..20 {
                send(&mut batch, source, &number.to_string());
            }
        }
        assert_eq!(of_network(&batch, 0), AUDIT_REFUSALS_MAX);
        for number in 0..100 {
            send(&mut batch, 7 * NETWORK, &number.to_string());
        }
        assert_eq!(
            of_network(&batch, 7 * NETWORK),
            AUDIT_REFUSALS_OF_SOURCE_MAX
        );
        for number in 0..100 {
            for source in 0..NETWORK {
                send(&mut batch, source, &format!("again {number}"));
            }
            send(&mut batch, 9 * NETWORK, "Denied");
        }
        assert_eq!(
            of_network(&batch, 7 * NETWORK),
            AUDIT_REFUSALS_OF_SOURCE_MAX
        );
        assert_eq!(of_network(&batch, 9 * NETWORK), 1);
        assert_eq!(batch.0.len(), AUDIT_REFUSALS_MAX);
        assert_eq!(
            batch.requests() + untold,
            requests,
            "each is told or counted"
        );
    }

    #[test]
    fn a_batch_of_ever_so_many_networks_has_a_bound() {
        let mut batch = Batch::default();
        let told = (0..10_000).filter(|one| sent(&mut batch, one * NETWORK, "Denied") == 0);
        assert_eq!(told.count(), AUDIT_REFUSALS_MAX);
        assert_eq!(batch.0.len(), AUDIT_REFUSALS_MAX);
        // Who is in it already is counted there.
        assert_eq!(sent(&mut batch, 0, "Denied"), 0);
    }
}
