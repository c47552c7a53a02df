//! The connections that are open: as many as there may be, and not all of them one peer's.
//!
//! Where there are as many as there may be, one that is idle goes for each that comes: the one that is idle for longest
//! of the peer that has most, among those that have an idle one. So nobody can keep others out by connecting and asking
//! nothing.
//!
//! All are looked through for that, so a part of them goes at once. Where fewer than that are idle, nobody is looked for
//! again for a moment: else whoever keeps all of them at work would have the host look through them for each that comes.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::{AbortHandle, Id};
use tokio::time::Instant;

use super::budget::{Full, Peer};
use super::connection::Connection;
use super::peers::Peers;
use crate::limits::{CONNECTIONS_OF_PEER_PERCENT_MAX, CONNECTIONS_SWEEP_PAUSE};

/// One of so many connections goes at once where there is no room, since all are looked through for that.
const PART_OF_SWEEP: usize = 100;

/// The connections that are open.
pub(in crate::contract) struct Connections {
    open: HashMap<Id, Open>,
    max: usize,
    peers: Arc<Peers>,
    clock: Arc<AtomicU64>,
    /// When all may be looked through again, for idle ones of the peer that asks, and of any.
    sweep_of_peer: Sweep,
    sweep_of_all: Sweep,
}

/// When connections may be looked through.
#[derive(Debug, Default)]
struct Sweep {
    not_before: Option<Instant>,
}

impl Sweep {
    fn is_due(&self) -> bool {
        self.not_before.is_none_or(|due| Instant::now() >= due)
    }

    /// Notes how many were found, of so many that were looked for.
    fn found(&mut self, found: usize, wanted: usize) {
        self.not_before = (found < wanted).then(|| Instant::now() + CONNECTIONS_SWEEP_PAUSE);
    }
}

struct Open {
    connection: Arc<Connection>,
    abort: AbortHandle,
}

impl Connections {
    /// None yet, and at most so many.
    pub(in crate::contract) fn at_most(max: usize, peers: Arc<Peers>) -> Self {
        peers.connections.max.store(max as u64, Ordering::Relaxed);
        Self {
            open: HashMap::new(),
            max,
            peers,
            clock: Arc::default(),
            sweep_of_peer: Sweep::default(),
            sweep_of_all: Sweep::default(),
        }
    }

    /// Makes room for a connection of this peer, which may have a part of all of them unless others speak through
    /// it.
    ///
    /// # Errors
    /// Where there are too many, and none of them is idle.
    pub(in crate::contract) fn room_for(
        &mut self,
        peer: &Arc<Peer>,
        is_proxy: bool,
    ) -> Result<(), Full> {
        self.clock.fetch_add(1, Ordering::Relaxed);
        let of_peer_max = (self.max * CONNECTIONS_OF_PEER_PERCENT_MAX / 100).max(1);
        if !is_proxy && peer.connections() >= of_peer_max && !self.make_room_of(peer) {
            return Err(self.refused(Full::Share));
        }
        if self.open.len() >= self.max && !self.make_room() {
            return Err(self.refused(Full::Host));
        }
        Ok(())
    }

    /// A new connection of this peer.
    pub(in crate::contract) fn connection(&self, peer: Arc<Peer>) -> Arc<Connection> {
        Connection::new(peer, &self.clock)
    }

    /// Notes a connection that is served.
    pub(in crate::contract) fn opened(&mut self, connection: Arc<Connection>, abort: AbortHandle) {
        connection.peer().connected();
        self.peers.connections.open.fetch_add(1, Ordering::Relaxed);
        self.open.insert(abort.id(), Open { connection, abort });
    }

    /// Notes that one has ended.
    pub(in crate::contract) fn ended(&mut self, id: Id) {
        if let Some(ended) = self.open.remove(&id) {
            ended.connection.peer().disconnected();
            self.peers.connections.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn refused(&self, full: Full) -> Full {
        self.peers
            .connections
            .refused
            .fetch_add(1, Ordering::Relaxed);
        full
    }

    fn make_room_of(&mut self, peer: &Arc<Peer>) -> bool {
        if !self.sweep_of_peer.is_due() {
            return false;
        }
        let ended = self.end_idle(|holder| Arc::ptr_eq(holder, peer));
        self.sweep_of_peer.found(ended, self.part());
        ended > 0
    }

    fn make_room(&mut self) -> bool {
        if !self.sweep_of_all.is_due() {
            return false;
        }
        let ended = self.end_idle(|_| true);
        self.sweep_of_all.found(ended, self.part());
        ended > 0
    }

    /// As many as go at once.
    fn part(&self) -> usize {
        (self.max / PART_OF_SWEEP).max(1)
    }

    /// Ends idle ones of these peers, and says how many: those of the peer that has most, and of the one that has most
    /// behind it, until they are enough; of each those that are idle for longest.
    fn end_idle(&mut self, is_asked: impl Fn(&Arc<Peer>) -> bool) -> usize {
        let idle = self.open.iter().filter_map(|(id, open)| {
            let since = open.connection.idle_since()?;
            let peer = open.connection.peer();
            let order = (Reverse(peer.connections()), Arc::as_ptr(peer), since);
            is_asked(peer).then_some((order, since, *id))
        });
        let mut idle: Vec<_> = idle.collect();
        let count = self.part().min(idle.len());
        if count == 0 {
            return 0;
        }
        idle.select_nth_unstable_by_key(count - 1, |(order, ..)| *order);
        let ended = idle[..count]
            .iter()
            .filter(|(_, since, id)| self.end(*id, *since));
        let ended = ended.count();
        let counts = &self.peers.connections;
        counts.ended_idle.fetch_add(ended as u64, Ordering::Relaxed);
        ended
    }

    /// Ends one that has been idle since then, unless a request was begun on it meanwhile.
    fn end(&mut self, id: Id, since: u64) -> bool {
        let open = self.open.get(&id);
        let Some(open) = open.filter(|open| open.connection.end_idle(since)) else {
            return false;
        };
        open.abort.abort();
        self.ended(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::answering::Answering;
    use http::Request;

    struct Table {
        connections: Connections,
        peers: Arc<Peers>,
    }

    impl Table {
        fn at_most(max: usize) -> Self {
            let peers = Arc::new(Peers::default());
            Self {
                connections: Connections::at_most(max, Arc::clone(&peers)),
                peers,
            }
        }

        fn peer(&self, peer: u8) -> Arc<Peer> {
            self.peers.peer(Some([10, 0, 0, peer].into()))
        }

        /// A connection of this peer, idle; `None` where it is refused.
        fn open(&mut self, peer: u8) -> Result<(Arc<Connection>, Id), Full> {
            let peer = self.peer(peer);
            self.connections.room_for(&peer, false)?;
            let connection = self.connections.connection(peer);
            let task = tokio::spawn(std::future::pending::<()>());
            let abort = task.abort_handle();
            let id = abort.id();
            self.connections.opened(Arc::clone(&connection), abort);
            Ok((connection, id))
        }

        fn busy(&mut self, peer: u8) -> Result<(Answering, Id), Full> {
            let (connection, id) = self.open(peer)?;
            let answering = connection.begin(&Request::new(()));
            Ok((answering.expect("it is small"), id))
        }

        fn is_open(&self, id: Id) -> bool {
            self.connections.open.contains_key(&id)
        }
    }

    #[tokio::test]
    async fn the_largest_holders_longest_idle_connection_goes_for_a_new_one() {
        let mut table = Table::at_most(4);
        let (_, single) = table.open(1).expect("there is room");
        let (_, first) = table.open(2).expect("there is room");
        let (_, second) = table.open(2).expect("there is room");
        let (_, third) = table.open(2).expect("there is room");
        let (_, new) = table.open(3).expect("there is made room");
        let open = [single, first, second, third, new].map(|id| table.is_open(id));
        assert_eq!(open, [true, false, true, true, true]);
        assert_eq!(table.peers.figures().connections_ended_idle, 1);
        table.connections.ended(new);
        assert_eq!(table.peers.figures().connections, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_being_answered_stays_and_a_new_connection_is_refused_at_once() {
        let mut table = Table::at_most(2);
        let _first = table.busy(1).expect("there is room");
        let (second, id) = table.busy(2).expect("there is room");
        assert_eq!(table.open(3).err(), Some(Full::Host));
        let connection = Arc::clone(&table.connections.open[&id].connection);
        drop(second);
        connection.waits();
        // They were looked through just now, and none was idle.
        assert_eq!(table.open(3).err(), Some(Full::Host));
        tokio::time::advance(CONNECTIONS_SWEEP_PAUSE).await;
        assert!(table.open(3).is_ok());
        assert!(!table.is_open(id));
    }

    #[tokio::test]
    async fn a_request_that_is_begun_while_idle_ones_are_looked_for_is_answered() {
        let mut table = Table::at_most(1);
        let (connection, id) = table.open(1).expect("there is room");
        let seen = connection.idle_since().expect("it is idle");
        let answering = connection.begin(&Request::new(()));
        assert!(!table.connections.end(id, seen));
        assert!(table.is_open(id));
        drop(answering);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_whose_connections_are_all_at_work_does_not_keep_others_from_being_looked_for() {
        let mut table = Table::at_most(10);
        let busy: Vec<_> = std::iter::from_fn(|| table.busy(1).ok()).collect();
        let (_, idle) = table.open(2).expect("there is room");
        assert_eq!(table.open(1).err(), Some(Full::Share));
        assert!(table.open(3).is_ok());
        assert!(!table.is_open(idle));
        drop(busy);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_largest_holder_has_few_idle_ones_those_of_others_go_as_well() {
        let mut table = Table::at_most(4 * PART_OF_SWEEP);
        let _busy: Vec<_> = (0..3 * PART_OF_SWEEP)
            .map(|_| table.busy(1).expect("there is room"))
            .collect();
        let (_, of_largest) = table.open(1).expect("there is room");
        let others: Vec<_> = (1..PART_OF_SWEEP)
            .map(|_| table.open(2).expect("there is room").1)
            .collect();
        for _ in 0..PART_OF_SWEEP / 2 {
            table.open(3).expect("others are idle");
        }
        assert!(!table.is_open(of_largest));
        assert!(others.iter().any(|id| !table.is_open(*id)));
    }

    #[tokio::test]
    async fn a_peer_does_not_get_all_of_them_unless_others_speak_through_it() {
        let mut table = Table::at_most(10);
        let busy: Vec<_> = std::iter::from_fn(|| table.busy(1).ok()).collect();
        assert_eq!(busy.len(), 9);
        assert_eq!(table.open(1).err(), Some(Full::Share));
        assert!(table.open(2).is_ok());
        let proxy = table.peer(1);
        assert_eq!(table.connections.room_for(&proxy, true), Ok(()));
    }
}
