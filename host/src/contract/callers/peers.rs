//! Who is told apart from whom, and what is held for each.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::budget::{Budget, Full, Peer};
use super::encryption::Encryption;
use super::shares::Shares;
use crate::domain::{Lock, Scheme};

/// Peers that are remembered before those for which nothing is held any more are forgotten.
const REMEMBERED_MIN: usize = 1_024;

/// The peers for which something is held.
#[derive(Debug)]
pub(crate) struct Peers {
    shares: Shares,
    budget: Arc<Budget>,
    known: Lock<Known>,
    pub(super) connections: ConnectionCounts,
}

/// Connections of all peers.
#[derive(Debug, Default)]
pub(super) struct ConnectionCounts {
    pub(super) open: AtomicU64,
    pub(super) max: AtomicU64,
    pub(super) ended_idle: AtomicU64,
    pub(super) refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    by_address: HashMap<Option<PeerAddress>, Weak<Peer>>,
    /// With so many of them, those that hold nothing are looked for.
    sweep_at: usize,
}

/// An address; of IPv6 its network, since whoever has one has all of its 2⁶⁴ addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::contract) struct PeerAddress(pub(in crate::contract) IpAddr);

impl PeerAddress {
    pub(in crate::contract) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Self(IpAddr::V6(network.into()))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// What is held for callers, for whoever watches the host.
#[derive(Clone, Copy, Debug)]
pub(in crate::contract) struct HeldFigures {
    pub(in crate::contract) bytes: usize,
    pub(in crate::contract) bytes_max: usize,
    pub(in crate::contract) refused_for_share: u64,
    pub(in crate::contract) refused_for_host: u64,
    pub(in crate::contract) connections: u64,
    pub(in crate::contract) connections_max: u64,
    pub(in crate::contract) connections_ended_idle: u64,
    pub(in crate::contract) connections_ended_unread: u64,
    pub(in crate::contract) connections_refused: u64,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    /// Where that is known.
    pub(in crate::contract) address: Option<IpAddr>,
    /// What is held for the peer.
    pub(in crate::contract) peer: Arc<Peer>,
    /// Where the connection is encrypted.
    pub(in crate::contract) encryption: Option<Arc<Encryption>>,
}

impl Connected {
    /// The same, over a connection that is encrypted.
    pub(in crate::contract) fn encrypted(self) -> Self {
        Self {
            encryption: Some(Arc::default()),
            ..self
        }
    }

    /// How requests come over the connection.
    pub(in crate::contract) fn scheme(&self) -> Scheme {
        match self.encryption {
            Some(_) => Scheme::Https,
            None => Scheme::Http,
        }
    }
}

impl Default for Peers {
    fn default() -> Self {
        Self::sharing(u64::MAX)
    }
}

impl Peers {
    /// The peers of a host for which its guests leave so much memory: what is held for them has a share of that.
    pub(crate) fn sharing(memory_bytes: u64) -> Self {
        Self::with(Shares::of(memory_bytes))
    }

    fn with(shares: Shares) -> Self {
        Self {
            shares,
            budget: Arc::new(Budget::of(shares.bytes_max)),
            known: Lock::default(),
            connections: ConnectionCounts::default(),
        }
    }

    /// Connections that there is memory for, where each takes so many bytes besides what all take.
    pub(in crate::contract) fn connections_max(&self, more_bytes: u64) -> usize {
        self.shares.connections_max(more_bytes)
    }

    /// Notes a connection that was refused although there was room for it.
    pub(in crate::contract) fn refused_connection(&self) {
        self.connections.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Whoever has this address, where it is known.
    pub(in crate::contract) fn connected(&self, address: Option<IpAddr>) -> Connected {
        let address = address.map(|address| address.to_canonical());
        Connected {
            address,
            peer: self.peer(address),
            encryption: None,
        }
    }

    /// What is held for the peer with this address; all whose address is not known are one.
    pub(in crate::contract) fn peer(&self, address: Option<IpAddr>) -> Arc<Peer> {
        let key = address.map(PeerAddress::of);
        let mut known = self.known.lock();
        if let Some(peer) = known.by_address.get(&key).and_then(Weak::upgrade) {
            return peer;
        }
        let peer = Arc::new(Peer::new(&self.budget));
        known.by_address.insert(key, Arc::downgrade(&peer));
        known.sweep();
        peer
    }

    pub(in crate::contract) fn figures(&self) -> HeldFigures {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        HeldFigures {
            bytes: self.budget.held(),
            bytes_max: self.budget.bytes_max(),
            refused_for_share: self.budget.refused(Full::Share),
            refused_for_host: self.budget.refused(Full::Host),
            connections: count(&self.connections.open),
            connections_max: count(&self.connections.max),
            connections_ended_idle: count(&self.connections.ended_idle),
            connections_ended_unread: self.budget.ended_unread(),
            connections_refused: count(&self.connections.refused),
        }
    }

    #[cfg(test)]
    pub(in crate::contract) fn within(bytes_max: usize) -> Self {
        Self::with(Shares {
            bytes_max,
            ..Shares::of(u64::MAX)
        })
    }
}

impl Known {
    /// Forgets whom nothing refers to, each time that there are twice as many as were left.
    fn sweep(&mut self) {
        if self.by_address.len() < self.sweep_at.max(REMEMBERED_MIN) {
            return;
        }
        self.by_address.retain(|_, peer| peer.strong_count() > 0);
        self.sweep_at = 2 * self.by_address.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_address_and_with_ipv6_a_network() {
        let peers = Peers::default();
        let peer = |text: &str| peers.peer(Some(text.parse().expect("an address")));
        let first = peer("192.0.2.1");
        for (text, is_same) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.2", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(Arc::ptr_eq(&first, &peer(text)), is_same, "{text}");
        }
        let network = peer("2001:db8::1");
        assert!(Arc::ptr_eq(&network, &peer("2001:db8::ffff:1:2:3")));
        assert!(!Arc::ptr_eq(&network, &peer("2001:db8:0:1::1")));
        let unknown = peers.peer(None);
        assert!(Arc::ptr_eq(&unknown, &peers.peer(None)));
    }

    #[test]
    fn peers_for_which_nothing_is_held_are_forgotten() {
        let peers = Peers::default();
        let kept = peers.peer(Some([10, 0, 0, 0].into()));
        for number in 1..10_000 {
            let address = u32::from_be_bytes([10, 0, 0, 0]) + number;
            drop(peers.peer(Some(IpAddr::V4(address.into()))));
        }
        assert!(peers.known.lock().by_address.len() <= REMEMBERED_MIN);
        let again = peers.peer(Some([10, 0, 0, 0].into()));
        assert!(Arc::ptr_eq(&kept, &again));
    }
}
