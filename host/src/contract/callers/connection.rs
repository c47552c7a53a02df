//! One connection, as those see it who count what it holds, and who decide which has to go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use http::{HeaderMap, Request};

use super::answering::Answering;
use super::budget::{Charge, Full, Peer, Purpose};
use super::heads;
use crate::contract::error::{ErrorCode, WireError};
use crate::domain::Lock;
use crate::limits::{READ_BYTES_MAX, SMALL_HEAD_HEADERS_MAX};

/// Stands for the time since when a connection is idle that is not.
const BUSY: u64 = u64::MAX;

/// Stands for that of one which ends, since it was idle.
const ENDING: u64 = u64::MAX - 1;

/// A connection. All of it but the question whether it is idle belongs to the thread that serves it.
#[derive(Debug)]
pub(in crate::contract) struct Connection {
    peer: Arc<Peer>,
    /// What was read and not asked for yet: a head that arrives, or requests before their turn.
    unclaimed: AtomicUsize,
    /// How much of the next head may arrive so that it is small for sure: what was read last may have begun it. None
    /// where something is to be looked at with the next request.
    small_left: AtomicUsize,
    is_answering: AtomicBool,
    /// What is unusual about the request that is being answered, or was last.
    unusual: AtomicU8,
    idle_since: AtomicU64,
    /// Counts connections: what makes one idle longer than another is how many came since.
    clock: Arc<AtomicU64>,
    large: Lock<Large>,
}

/// What is held of what is larger than most: nobody looks here for a connection on which nothing is.
#[derive(Debug, Default)]
struct Large {
    /// For what was read and not asked for yet.
    arriving: Option<Charge>,
    /// For the buffer that has become large for a head, and stays so until the connection ends.
    buffer: Option<Charge>,
    /// For the headers of a request, where they are many.
    headers: Option<Charge>,
    /// For the table of an answer's headers, which stays for the next request.
    table: Option<Charge>,
}

/// Its headers are held.
pub(super) const HAS_HEADERS: u8 = 1;

/// The connection ends behind its answer.
pub(super) const IS_LAST: u8 = 2;

/// The rest of its body is read and thrown away.
pub(super) const IS_UNREAD: u8 = 4;

/// Its answer has begun, while the rest of its body is read.
pub(super) const IS_TOLD: u8 = 8;

impl Connection {
    /// A connection on which nothing was asked yet.
    pub(in crate::contract) fn new(peer: Arc<Peer>, clock: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self {
            peer,
            unclaimed: AtomicUsize::new(0),
            small_left: AtomicUsize::new(READ_BYTES_MAX),
            is_answering: AtomicBool::new(false),
            unusual: AtomicU8::new(0),
            idle_since: AtomicU64::new(clock.load(Ordering::Relaxed)),
            clock: Arc::clone(clock),
            large: Lock::default(),
        })
    }

    /// What is held for its peer.
    pub(in crate::contract) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Notes that the head of a request has arrived, and counts it if it is not small.
    ///
    /// # Errors
    /// Where there is no room for the head, or where the connection is ending, since it was idle: then nothing is
    /// begun on it any more.
    pub(in crate::contract) fn begin<B>(
        self: &Arc<Self>,
        request: &Request<B>,
    ) -> Result<Answering, WireError> {
        self.is_answering.store(true, Ordering::Relaxed);
        let was_ending = self.idle_since.swap(BUSY, Ordering::Relaxed) == ENDING;
        let answering = Answering::on(Arc::clone(self));
        if was_ending {
            return Err(ending());
        }
        let arrived = self.unclaimed.load(Ordering::Relaxed);
        let small_left = self.small_left.load(Ordering::Relaxed);
        // Of one that has arrived with another, nothing is left to see here.
        let is_small = arrived.wrapping_sub(1) < small_left;
        if is_small && request.headers().len() <= SMALL_HEAD_HEADERS_MAX {
            self.unclaimed.store(0, Ordering::Relaxed);
            let left = READ_BYTES_MAX - arrived;
            self.small_left.store(left, Ordering::Relaxed);
        } else {
            let held = self.hold_head(request);
            held.map_err(|full| self.refuses(full))?;
        }
        Ok(answering)
    }

    /// Holds the head of the request: the table of its headers until there is the answer, and its buffer for as long
    /// as the connection keeps that. Where nothing is to be kept, it goes with the connection, behind the answer.
    #[cold]
    fn hold_head<B>(&self, request: &Request<B>) -> Result<(), Full> {
        self.unusual.store(0, Ordering::Relaxed);
        self.claim();
        let headers = request.headers();
        let bytes = heads::wire_bytes(headers) + target_bytes(request);
        let peer = &self.peer;
        let mut large = self.large.lock();
        large.arriving = None;
        large.headers = None;
        if bytes > READ_BYTES_MAX {
            let buffer = &mut large.buffer;
            let buffer = buffer.get_or_insert_with(|| peer.charge(Purpose::Call));
            buffer.hold(bytes.max(buffer.bytes()))?;
            if peer.keeps_nothing() {
                self.note(IS_LAST);
            }
        }
        if headers.len() > SMALL_HEAD_HEADERS_MAX {
            large.headers = Some(peer.hold(Purpose::Call, heads::table_bytes(headers))?);
            self.note(HAS_HEADERS);
        }
        Ok(())
    }

    fn refuses(&self, full: Full) -> WireError {
        self.note(IS_TOLD);
        WireError::from(full).closing()
    }

    /// Notes something unusual about the request that is being answered, until the next one.
    pub(super) fn note(&self, unusual: u8) {
        let unusual = self.unusual() | unusual;
        self.unusual.store(unusual, Ordering::Relaxed);
        self.small_left.store(0, Ordering::Relaxed);
    }

    /// What is unusual about the request that is being answered.
    pub(super) fn unusual(&self) -> u8 {
        self.unusual.load(Ordering::Relaxed)
    }

    /// Notes that nobody wants the rest of the body of the request that is being answered, which is read nevertheless.
    pub(in crate::contract) fn leaves_unread(&self) {
        self.note(IS_UNREAD);
    }

    /// Whether what is read now belongs to a request whose answer has begun.
    pub(in crate::contract) fn has_told(&self) -> bool {
        self.unusual() & IS_TOLD != 0
    }

    /// Lets go of the headers of the request that is being answered.
    pub(super) fn drop_headers(&self) {
        self.large.lock().headers = None;
    }

    /// Holds the table of an answer's headers, which stays with the connection.
    #[cold]
    pub(super) fn keep_table(&self, headers: &HeaderMap) -> Result<(), Full> {
        let mut large = self.large.lock();
        let table = &mut large.table;
        let table = table.get_or_insert_with(|| self.peer.charge(Purpose::Call));
        table.settle(heads::table_bytes(headers).max(table.bytes()))?;
        if self.peer.keeps_nothing() {
            self.note(IS_LAST);
        }
        Ok(())
    }

    /// Notes that the request is answered.
    pub(super) fn has_answered(&self) {
        self.is_answering.store(false, Ordering::Relaxed);
    }

    /// Notes bytes that were read.
    pub(in crate::contract) fn arrived(&self, bytes: usize) {
        let unclaimed = self.unclaimed() + bytes;
        self.unclaimed.store(unclaimed, Ordering::Relaxed);
    }

    /// Notes that what was read is asked for, but for what of the last read may have begun the next head.
    pub(in crate::contract) fn claim(&self) {
        let arrived = self.unclaimed();
        if arrived > 0 {
            self.unclaimed.store(0, Ordering::Relaxed);
            let left = match self.unusual() {
                0 => READ_BYTES_MAX.saturating_sub(arrived),
                _ => 0,
            };
            self.small_left.store(left, Ordering::Relaxed);
        }
    }

    /// What was read and not asked for yet.
    pub(in crate::contract) fn unclaimed(&self) -> usize {
        self.unclaimed.load(Ordering::Relaxed)
    }

    /// Holds what was read and not asked for yet, where that is more than so much; else lets go what was held of it.
    ///
    /// # Errors
    /// Where it is too much.
    pub(in crate::contract) fn hold_arriving(&self, free: usize) -> Result<(), Full> {
        let unclaimed = self.unclaimed();
        let mut large = self.large.lock();
        if unclaimed <= free {
            large.arriving = None;
            return Ok(());
        }
        let arriving = &mut large.arriving;
        let arriving = arriving.get_or_insert_with(|| self.peer.charge(Purpose::Call));
        match unclaimed <= READ_BYTES_MAX {
            true => arriving.settle(unclaimed),
            false => arriving.hold(unclaimed),
        }
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
        (since < ENDING).then_some(since)
    }

    /// Has it end if it has been idle since then: no request is begun on it from now on. `false` where one was begun
    /// meanwhile.
    pub(super) fn end_idle(&self, since: u64) -> bool {
        let idle = &self.idle_since;
        let ended = idle.compare_exchange(since, ENDING, Ordering::Relaxed, Ordering::Relaxed);
        ended.is_ok()
    }
}

/// What of a request's line can be large.
fn target_bytes<B>(request: &Request<B>) -> usize {
    let uri = request.uri();
    let authority = uri
        .authority()
        .map_or(0, |authority| authority.as_str().len());
    let target = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    request.method().as_str().len() + authority + target
}

fn ending() -> WireError {
    let text = "This connection was idle and makes room for another one. Try again over a new one.";
    WireError::new(ErrorCode::ServiceUnavailable, text).closing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::peers::Peers;
    use axum::response::Response;
    use http::header::CONNECTION;

    fn connection(peers: &Peers) -> Arc<Connection> {
        Connection::new(peers.peer(None), &Arc::default())
    }

    fn small() -> Request<()> {
        Request::new(())
    }

    fn with_headers(count: usize, value_bytes: usize) -> Request<()> {
        let mut request = small();
        for number in 0..count {
            let name = format!("x-{number}").parse::<http::HeaderName>();
            let value = "y".repeat(value_bytes).parse().expect("a value");
            request.headers_mut().insert(name.expect("a name"), value);
        }
        request
    }

    #[test]
    fn it_is_idle_while_it_waits_and_nothing_is_being_answered() {
        let connection = connection(&Peers::default());
        assert_eq!(connection.idle_since(), Some(0));
        let answering = connection.begin(&small()).expect("it is small");
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
    fn one_that_has_begun_a_request_is_not_ended_and_one_that_ends_begins_none() {
        let connection = connection(&Peers::default());
        let seen = connection.idle_since().expect("it is idle");
        let answering = connection.begin(&small()).expect("it is small");
        assert!(!connection.end_idle(seen), "a request was begun meanwhile");
        drop(answering);
        connection.clock.store(1, Ordering::Relaxed);
        connection.waits();
        assert!(!connection.end_idle(seen), "it was idle before that");
        assert!(connection.end_idle(1));
        assert_eq!(connection.idle_since(), None, "it ends once");
        let refused = connection.begin(&small()).expect_err("it ends");
        let text = format!("{refused:?}");
        assert!(text.contains("closes_connection: true"), "{text}");
    }

    #[test]
    fn a_head_that_fits_one_read_is_not_held() {
        let peers = Peers::within(0);
        let connection = connection(&peers);
        connection.arrived(READ_BYTES_MAX);
        let request = with_headers(SMALL_HEAD_HEADERS_MAX, 100);
        let answering = connection.begin(&request).expect("it is small");
        let answer = answering.answered(Response::default());
        assert!(!answer.headers().contains_key(CONNECTION));
        assert_eq!(connection.unclaimed(), 0);
    }

    #[test]
    fn a_large_head_is_held_until_the_connection_ends_which_is_behind_its_answer_where_there_are_many()
     {
        let mut long = small();
        let target = format!("/{0}?{0}", "q".repeat(READ_BYTES_MAX / 2));
        *long.uri_mut() = target.parse().expect("a target");
        let requests = [
            with_headers(1, READ_BYTES_MAX + 1),
            with_headers(40, READ_BYTES_MAX / 10),
            long,
        ];
        for (peers, ends) in [
            (Peers::default(), false),
            (Peers::within(16 * READ_BYTES_MAX), true),
        ] {
            for request in &requests {
                let connection = connection(&peers);
                connection.arrived(3 * READ_BYTES_MAX);
                connection.hold_arriving(0).expect("there is room");
                let answering = connection.begin(request).expect("there is room");
                let held = peers.figures().bytes;
                assert!(held > READ_BYTES_MAX, "{held}");
                let answer = answering.answered(Response::default());
                assert_eq!(answer.headers().contains_key(CONNECTION), ends);
                connection.arrived(3 * READ_BYTES_MAX);
                let again = connection.begin(request).expect("there is room");
                assert_eq!(peers.figures().bytes, held, "it is the same buffer");
                drop((again, connection));
                assert_eq!(peers.figures().bytes, 0);
            }
        }
    }

    #[test]
    fn many_small_headers_are_held_until_they_are_answered() {
        let peers = Peers::default();
        let connection = connection(&peers);
        let request = with_headers(1_000, 1);
        connection.arrived(READ_BYTES_MAX);
        let answering = connection.begin(&request).expect("there is room");
        assert!(peers.figures().bytes > 100_000);
        let answer = answering.answered(Response::default());
        assert!(!answer.headers().contains_key(CONNECTION));
        assert_eq!(peers.figures().bytes, 0);
    }

    #[test]
    fn a_head_that_begins_with_what_was_read_before_is_held_as_well() {
        let large = with_headers(1, 2 * READ_BYTES_MAX - 1_000);
        for requests_before in [1, 2, 3] {
            let peers = Peers::default();
            let connection = connection(&peers);
            connection.arrived(READ_BYTES_MAX);
            for _ in 0..requests_before {
                drop(connection.begin(&small()).expect("it is small"));
            }
            assert_eq!(peers.figures().bytes, 0);
            connection.arrived(READ_BYTES_MAX);
            let answering = connection.begin(&large).expect("there is room");
            assert!(peers.figures().bytes > READ_BYTES_MAX, "{requests_before}");
            drop(answering);
        }
    }

    #[test]
    fn a_head_that_begins_with_the_end_of_a_body_is_held_as_well() {
        let peers = Peers::default();
        let connection = connection(&peers);
        connection.arrived(100);
        drop(connection.begin(&small()).expect("it is small"));
        connection.arrived(READ_BYTES_MAX);
        connection.claim();
        connection.arrived(READ_BYTES_MAX - 200);
        let large = with_headers(1, 2 * READ_BYTES_MAX - 1_000);
        let answering = connection.begin(&large).expect("there is room");
        assert!(peers.figures().bytes > READ_BYTES_MAX);
        drop(answering);
    }

    #[test]
    fn what_came_in_pieces_and_is_small_is_held_no_longer_than_it_arrives() {
        let peers = Peers::default();
        let connection = connection(&peers);
        connection.arrived(2 * READ_BYTES_MAX);
        connection.hold_arriving(0).expect("there is room");
        let answering = connection.begin(&small()).expect("it is small");
        assert_eq!(peers.figures().bytes, 0);
        let answer = answering.answered(Response::default());
        assert!(!answer.headers().contains_key(CONNECTION));
    }

    #[test]
    fn heads_are_refused_where_there_is_no_room() {
        let peers = Peers::within(4 * READ_BYTES_MAX);
        let connection = connection(&peers);
        let many = connection.begin(&with_headers(1_000, 1));
        let text = format!("{:?}", many.expect_err("there is no room"));
        assert!(text.contains("ServiceUnavailable"), "{text}");
        assert_eq!(peers.figures().bytes, 0);
        connection.arrived(2 * READ_BYTES_MAX);
        assert!(connection.hold_arriving(0).is_ok());
        connection.arrived(READ_BYTES_MAX);
        assert_eq!(connection.hold_arriving(0), Err(Full::Share));
    }

    #[test]
    fn an_answer_with_many_headers_is_held_until_its_connection_ends() {
        let peers = Peers::default();
        let connection = connection(&peers);
        let answering = connection.begin(&small()).expect("it is small");
        let (headers, ()) = with_headers(1_000, 1).into_parts();
        let mut answer = Response::default();
        *answer.headers_mut() = headers.headers;
        let answer = answering.answered(answer);
        assert!(!answer.headers().contains_key(CONNECTION));
        assert!(peers.figures().bytes > 100_000);
        drop(connection);
        assert_eq!(peers.figures().bytes, 0);
    }
}
