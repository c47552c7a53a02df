//! One connection, as those see it who count what it holds, and who decide which has to go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use http::Request;

use super::budget::{Charge, Full, Peer, Purpose};
use crate::limits::READ_BYTES_MAX;

/// What a header costs beside its bytes, once it was read.
const HEADER_BYTES: usize = 104;

/// Stands for the time since when a connection is idle that is not.
const BUSY: u64 = u64::MAX;

/// A connection. All of it but the question whether it is idle belongs to the thread that serves it.
#[derive(Debug)]
pub(in crate::contract) struct Connection {
    peer: Arc<Peer>,
    /// What was read and not asked for yet: a head that arrives, or requests before their turn.
    unclaimed: AtomicUsize,
    is_answering: AtomicBool,
    idle_since: AtomicU64,
    /// Counts connections: what makes one idle longer than another is how many came since.
    clock: Arc<AtomicU64>,
}

/// A request that is being answered.
pub(in crate::contract) struct Answering(Arc<Connection>);

impl Connection {
    /// A connection on which nothing was asked yet.
    pub(in crate::contract) fn new(peer: Arc<Peer>, clock: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self {
            peer,
            unclaimed: AtomicUsize::new(0),
            is_answering: AtomicBool::new(false),
            idle_since: AtomicU64::new(clock.load(Ordering::Relaxed)),
            clock: Arc::clone(clock),
        })
    }

    /// What is held for its peer.
    pub(in crate::contract) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Notes that the head of a request has arrived.
    pub(in crate::contract) fn begin(self: &Arc<Self>) -> Answering {
        self.is_answering.store(true, Ordering::Relaxed);
        self.idle_since.store(BUSY, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// Room for the head of a request, which has just arrived; a small one needs none.
    ///
    /// # Errors
    /// Where there is none.
    pub(in crate::contract) fn hold_head<B>(
        &self,
        request: &Request<B>,
    ) -> Result<Option<Charge>, Full> {
        let arrived = self.unclaimed.swap(0, Ordering::Relaxed);
        if arrived <= READ_BYTES_MAX {
            return Ok(None);
        }
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER_BYTES);
        let bytes = headers.sum::<usize>() + request.uri().path().len();
        self.peer.hold(Purpose::Call, bytes).map(Some)
    }

    /// Notes bytes that were read, and says how many are not asked for yet.
    pub(in crate::contract) fn arrived(&self, bytes: usize) -> usize {
        self.unclaimed.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// Notes that what was read is asked for.
    pub(in crate::contract) fn claim(&self) {
        self.unclaimed.store(0, Ordering::Relaxed);
    }

    /// Notes that nothing is there to be read. Where no request is being answered, it is idle; one whose head does
    /// not arrive whole is, too.
    pub(in crate::contract) fn waits(&self) {
        if !self.is_answering.load(Ordering::Relaxed)
            && self.idle_since.load(Ordering::Relaxed) == BUSY
        {
            let now = self.clock.load(Ordering::Relaxed);
            self.idle_since.store(now, Ordering::Relaxed);
        }
    }

    /// Since when it is idle, if it is.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let since = self.idle_since.load(Ordering::Relaxed);
        (since != BUSY).then_some(since)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.is_answering.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::peers::Peers;

    fn connection() -> Arc<Connection> {
        Connection::new(Peers::default().peer(None), &Arc::default())
    }

    #[test]
    fn it_is_idle_while_it_waits_and_nothing_is_being_answered() {
        let connection = connection();
        assert_eq!(connection.idle_since(), Some(0));
        let answering = connection.begin();
        connection.waits();
        assert_eq!(connection.idle_since(), None);
        connection.clock.store(7, Ordering::Relaxed);
        drop(answering);
        assert_eq!(connection.idle_since(), None);
        connection.waits();
        connection.clock.store(8, Ordering::Relaxed);
        connection.waits();
        assert_eq!(connection.idle_since(), Some(7));
    }

    #[test]
    fn a_large_head_is_held_and_a_small_one_is_not() {
        let connection = connection();
        let request = Request::builder().header("x", "y".repeat(READ_BYTES_MAX));
        let request = request.body(()).expect("a request");
        connection.arrived(READ_BYTES_MAX);
        assert!(
            connection
                .hold_head(&request)
                .expect("it is small")
                .is_none()
        );
        connection.arrived(READ_BYTES_MAX);
        assert_eq!(connection.arrived(1), READ_BYTES_MAX + 1);
        let held = connection.hold_head(&request).expect("there is room");
        assert!(held.expect("it is large").bytes() > READ_BYTES_MAX);
        assert_eq!(connection.arrived(0), 0);
    }
}
