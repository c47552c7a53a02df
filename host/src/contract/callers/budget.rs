//! The bound of what is held for all callers together, and the share of each peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::contract::error::{ErrorCode, WireError};
use crate::limits::{KEPT_PARTS_MAX, PEER_PARTS_MAX};

/// What is held for a caller is for one of these, which do not take each other's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Purpose {
    /// An invocation: its event, or its answer.
    Call,
    /// Any other request, with its answer.
    Control,
}

const PURPOSES: usize = 2;

/// What is held for all callers.
#[derive(Debug)]
pub(in crate::contract) struct Budget {
    bytes_max: usize,
    held: AtomicUsize,
    refused: [AtomicU64; 2],
    /// Connections that ended since what waited for their caller was not read.
    ended_unread: AtomicU64,
}

/// What is held for one peer.
#[derive(Debug)]
pub(in crate::contract) struct Peer {
    budget: Arc<Budget>,
    held: [AtomicUsize; PURPOSES],
    connections: AtomicUsize,
}

/// Bytes that are held for a peer, until this is dropped.
#[derive(Debug)]
pub(in crate::contract) struct Charge {
    peer: Arc<Peer>,
    purpose: Purpose,
    bytes: usize,
}

/// Why no more can be held for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Full {
    /// It has its share.
    Share,
    /// The host holds as much as it may for others.
    Host,
}

/// How much a peer may hold, in parts of what is free behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// What may as well be refused: alone, a peer gets to the half.
    Work,
    /// What was worked for: alone, a peer gets to three quarters.
    Done,
}

impl Budget {
    pub(super) fn of(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            held: AtomicUsize::new(0),
            refused: Default::default(),
            ended_unread: AtomicU64::new(0),
        }
    }

    /// Bytes that are held.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// How often something was refused for that reason.
    pub(super) fn refused(&self, full: Full) -> u64 {
        self.refused[full as usize].load(Ordering::Relaxed)
    }

    pub(super) fn ended_unread(&self) -> u64 {
        self.ended_unread.load(Ordering::Relaxed)
    }
}

impl Peer {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            held: Default::default(),
            connections: AtomicUsize::new(0),
        }
    }

    /// Connections that the peer has.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// So many bytes, of something that arrives or is about to be done.
    ///
    /// # Errors
    /// Where they are too many.
    pub(in crate::contract) fn hold(
        self: &Arc<Self>,
        purpose: Purpose,
        bytes: usize,
    ) -> Result<Charge, Full> {
        let mut charge = self.charge(purpose);
        charge.hold(bytes)?;
        Ok(charge)
    }

    /// So many bytes, of something that is done already.
    ///
    /// # Errors
    /// Where they are too many.
    pub(in crate::contract) fn settle(
        self: &Arc<Self>,
        purpose: Purpose,
        bytes: usize,
    ) -> Result<Charge, Full> {
        let mut charge = self.charge(purpose);
        charge.settle(bytes)?;
        Ok(charge)
    }

    /// Notes that a connection of it ends, since it has read nothing of an answer for too long.
    pub(in crate::contract) fn reads_nothing(&self) {
        self.budget.ended_unread.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nothing is to be kept for it that it does not need: it holds more than a small part, or all hold half.
    pub(super) fn keeps_nothing(&self) -> bool {
        let max = self.budget.bytes_max;
        let own = self.held[Purpose::Call as usize].load(Ordering::Relaxed);
        own > max / KEPT_PARTS_MAX || self.budget.held() > max / 2
    }

    /// Nothing yet.
    pub(in crate::contract) fn charge(self: &Arc<Self>, purpose: Purpose) -> Charge {
        Charge {
            peer: Arc::clone(self),
            purpose,
            bytes: 0,
        }
    }

    fn take(&self, purpose: Purpose, bytes: usize, reach: Reach) -> Result<(), Full> {
        let own = &self.held[purpose as usize];
        let all = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let of_own = own.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let free = self.budget.bytes_max.saturating_sub(all);
        let share = match reach {
            Reach::Work => free,
            Reach::Done => free.saturating_mul(3),
        };
        if of_own <= share {
            return Ok(());
        }
        self.give_back(purpose, bytes);
        // Who holds little is not to blame that there is no more.
        let full = match of_own - bytes >= self.budget.bytes_max / PEER_PARTS_MAX {
            true => Full::Share,
            false => Full::Host,
        };
        self.budget.refused[full as usize].fetch_add(1, Ordering::Relaxed);
        Err(full)
    }

    fn give_back(&self, purpose: Purpose, bytes: usize) {
        self.held[purpose as usize].fetch_sub(bytes, Ordering::Relaxed);
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Charge {
    /// Bytes that are held.
    pub(in crate::contract) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds other bytes for the same, of something that is done already.
    ///
    /// # Errors
    /// Where they are too many.
    pub(super) fn settle_more(&self, bytes: usize) -> Result<Self, Full> {
        self.peer.settle(self.purpose, bytes)
    }

    /// Holds so many bytes, of something that arrives or is about to be done.
    ///
    /// # Errors
    /// Where they are more than before, and too many; then what was held before is.
    pub(in crate::contract) fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        self.set(bytes, Reach::Work)
    }

    /// Holds so many bytes, of something that is done already: more can be held of that.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub(in crate::contract) fn settle(&mut self, bytes: usize) -> Result<(), Full> {
        self.set(bytes, Reach::Done)
    }

    fn set(&mut self, bytes: usize, reach: Reach) -> Result<(), Full> {
        match bytes.checked_sub(self.bytes) {
            Some(0) => {}
            Some(more) => self.peer.take(self.purpose, more, reach)?,
            None => self.peer.give_back(self.purpose, self.bytes - bytes),
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.peer.give_back(self.purpose, self.bytes);
        }
    }
}

impl Full {
    /// How a caller is told.
    pub(in crate::contract) fn code(self) -> ErrorCode {
        match self {
            Self::Share => ErrorCode::TooManyRequests,
            Self::Host => ErrorCode::ServiceUnavailable,
        }
    }
}

impl From<Full> for WireError {
    fn from(full: Full) -> Self {
        let text = match full {
            Full::Share => {
                "The host holds as much for this caller as it may: bodies that have not arrived whole, and answers \
                 that were not read. Read them, or send fewer at once, and try again."
            }
            Full::Host => "The host is busy with other large requests. Try again later.",
        };
        Self::new(full.code(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 20;

    fn peers<const N: usize>() -> (Arc<Budget>, [Arc<Peer>; N]) {
        let budget = Arc::new(Budget::of(MAX));
        let peers = std::array::from_fn(|_| Arc::new(Peer::new(&budget)));
        (budget, peers)
    }

    /// Takes pieces until no more can be had.
    fn fill(peer: &Arc<Peer>, purpose: Purpose) -> (Charge, Full) {
        let mut charge = peer.charge(purpose);
        loop {
            if let Err(full) = charge.hold(charge.bytes() + MAX / 64) {
                return (charge, full);
            }
        }
    }

    #[test]
    fn a_peer_alone_gets_to_the_half_and_there_is_room_for_the_next() {
        let (budget, [first, second, third]) = peers();
        let (held, full) = fill(&first, Purpose::Call);
        assert_eq!((held.bytes(), full), (MAX / 2, Full::Share));
        let (beside, full) = fill(&second, Purpose::Call);
        assert_eq!((beside.bytes(), full), (MAX / 4, Full::Share));
        let (last, _) = fill(&third, Purpose::Call);
        assert_eq!(last.bytes(), MAX / 8);
        drop((held, beside, last));
        assert_eq!(budget.held(), 0);
        assert_eq!(fill(&third, Purpose::Call).0.bytes(), MAX / 2);
    }

    #[test]
    fn who_holds_little_is_told_that_the_host_is_full() {
        let (budget, [first, second]) = peers();
        let _held = fill(&first, Purpose::Call);
        let mut charge = second.charge(Purpose::Call);
        assert_eq!(charge.hold(MAX / 3), Err(Full::Host));
        assert_eq!(charge.bytes(), 0);
        assert_eq!(charge.hold(MAX / 4), Ok(()));
        assert_eq!(budget.refused(Full::Host), 1);
        assert_eq!(budget.refused(Full::Share), 1);
    }

    #[test]
    fn calls_and_other_requests_of_a_peer_do_not_take_each_others_room() {
        let (_, [peer]) = peers();
        let _calls = fill(&peer, Purpose::Call);
        assert_eq!(fill(&peer, Purpose::Control).0.bytes(), MAX / 4);
    }

    #[test]
    fn what_is_done_finds_room_where_nothing_more_is_begun() {
        let (budget, [peer]) = peers();
        let (_begun, _) = fill(&peer, Purpose::Call);
        let mut done = peer.charge(Purpose::Call);
        assert_eq!(done.hold(1), Err(Full::Share));
        assert_eq!(done.settle(MAX / 4), Ok(()));
        assert_eq!(done.settle(MAX / 4 + 1), Err(Full::Share));
        assert_eq!(budget.held(), MAX * 3 / 4);
    }

    #[test]
    fn a_charge_that_shrinks_gives_back() {
        let (budget, [peer]) = peers();
        let mut charge = peer.charge(Purpose::Call);
        assert_eq!(charge.hold(7), Ok(()));
        assert_eq!(charge.hold(3), Ok(()));
        assert_eq!(budget.held(), 3);
    }
}
