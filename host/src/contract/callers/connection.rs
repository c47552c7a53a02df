//! One connection, as those see it who count what it holds, and who decide which has to go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, HeaderValue};
use http::{HeaderMap, Request};

use super::budget::{Charge, Full, Peer, Purpose};
use super::heads;
use crate::contract::error::{ErrorCode, WireError};
use crate::domain::Lock;
use crate::limits::{READ_BYTES_MAX, SMALL_HEAD_HEADERS_MAX};

const CLOSE: HeaderValue = HeaderValue::from_static("close");

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
    is_answering: AtomicBool,
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
    /// For the table of an answer's headers, which stays for the next request.
    table: Option<Charge>,
}

/// A request that is being answered.
#[derive(Debug)]
pub(in crate::contract) struct Answering {
    connection: Arc<Connection>,
    /// For its headers, where they are many.
    head: Option<Charge>,
    /// Whether the connection ends behind the answer.
    is_last: bool,
}

impl Connection {
    /// A connection on which nothing was asked yet.
    pub(in crate::contract) fn new(peer: Arc<Peer>, clock: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self {
            peer,
            unclaimed: AtomicUsize::new(0),
            is_answering: AtomicBool::new(false),
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
        let mut answering = Answering {
            connection: Arc::clone(self),
            head: None,
            is_last: was_ending,
        };
        if was_ending {
            return Err(ending());
        }
        let arrived = self.unclaimed.load(Ordering::Relaxed);
        self.claim();
        if arrived > READ_BYTES_MAX || request.headers().len() > SMALL_HEAD_HEADERS_MAX {
            let held = answering.hold_head(request);
            held.map_err(|full| WireError::from(full).closing())?;
        }
        Ok(answering)
    }

    /// Notes bytes that were read, and says how many are not asked for yet.
    pub(in crate::contract) fn arrived(&self, bytes: usize) -> usize {
        let unclaimed = self.unclaimed.load(Ordering::Relaxed) + bytes;
        self.unclaimed.store(unclaimed, Ordering::Relaxed);
        unclaimed
    }

    /// Notes that what was read is asked for.
    pub(in crate::contract) fn claim(&self) {
        self.unclaimed.store(0, Ordering::Relaxed);
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

impl Answering {
    /// Holds the head of the request: the table of its headers until there is the answer, and its buffer for as long
    /// as the connection keeps that. Where nothing is to be kept, it goes with the connection, behind the answer.
    #[cold]
    fn hold_head<B>(&mut self, request: &Request<B>) -> Result<(), Full> {
        let headers = request.headers();
        let bytes = heads::wire_bytes(headers) + target_bytes(request);
        let peer = &self.connection.peer;
        let mut large = self.connection.large.lock();
        large.arriving = None;
        if bytes > READ_BYTES_MAX {
            let buffer = &mut large.buffer;
            let buffer = buffer.get_or_insert_with(|| peer.charge(Purpose::Call));
            buffer.hold(bytes.max(buffer.bytes()))?;
            self.is_last = peer.keeps_nothing();
        }
        if headers.len() > SMALL_HEAD_HEADERS_MAX {
            self.head = Some(peer.hold(Purpose::Call, heads::table_bytes(headers))?);
        }
        Ok(())
    }

    /// The answer, as it goes out.
    pub(in crate::contract) fn answered(mut self, mut answer: Response) -> Response {
        self.head = None;
        if answer.headers().len() > SMALL_HEAD_HEADERS_MAX
            && let Err(full) = self.keep_table(answer.headers())
        {
            answer = WireError::from(full).into_response();
        }
        if self.is_last {
            answer.headers_mut().insert(CONNECTION, CLOSE);
        }
        answer
    }

    /// Holds the table of an answer's headers, which stays with the connection.
    #[cold]
    fn keep_table(&mut self, headers: &HeaderMap) -> Result<(), Full> {
        let mut large = self.connection.large.lock();
        let peer = &self.connection.peer;
        let table = &mut large.table;
        let table = table.get_or_insert_with(|| peer.charge(Purpose::Call));
        table.settle(heads::table_bytes(headers).max(table.bytes()))?;
        self.is_last |= peer.keeps_nothing();
        Ok(())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let Self { connection, .. } = self;
        connection.is_answering.store(false, Ordering::Relaxed);
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
