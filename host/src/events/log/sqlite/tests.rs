use std::path::Path;

use tempfile::TempDir;

use super::schema::DATABASE;
use super::*;
use crate::events::event::{AccountRoom, Condition};
use crate::events::log::State;
use crate::events::log::suite::{ACCOUNT, Opened, all, arrival, behaviours, ending};
use crate::events::message::{Attribute, Head};
use crate::events::target::Target;
use crate::events::tests::{event, name};
use crate::storage::DatabaseKind;

fn open(bounds: LogBounds, clock: LogClock) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    let log = SqliteEventLog::with(&data_dir, &Account::default(), bounds, clock);
    (Arc::new(log.expect("a log")), Box::new(folder))
}

behaviours!(open);

impl SqliteEventLog {
    /// Lets every write fail.
    pub(in crate::events) fn break_writes(&self) {
        self.store.execute("PRAGMA query_only = ON");
    }
}

/// A database on disk, with whatever its folder needs.
pub(super) fn store() -> (Store, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_in(folder.path());
    (store, folder)
}

fn store_in(folder: &Path) -> Store {
    let data_dir = DataDir::open(folder).expect("a data directory");
    Store::open(&data_dir, ACCOUNT, LogBounds::ON_DISK).expect("a store")
}

fn log_in(folder: &Path) -> SqliteEventLog {
    let data_dir = DataDir::open(folder).expect("a data directory");
    SqliteEventLog::open(&data_dir, &Account::default()).expect("a log")
}

fn accepted(ids: impl IntoIterator<Item = u64>) -> Vec<Change> {
    let events = ids.into_iter().map(|id| Arc::new(event(id, "[1]")));
    events.map(Change::Accept).collect()
}

fn states(store: &Store) -> Vec<(u64, State)> {
    let listed = store.list(&all(), 100).expect("read").into_iter();
    listed.map(|event| (event.id.0, event.state)).collect()
}

#[tokio::test]
async fn an_event_outlives_its_host_and_its_number_is_not_given_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let given = arrival("greet", "{\"a\":\"ü\"}");
    let log = log_in(folder.path());
    let first = log.accept(given.clone()).await.expect("accepted");
    drop(log);
    let log = log_in(folder.path());
    let listed = log.list(all(), 9).await.expect("read");
    assert_eq!((listed.len(), listed[0].id), (1, first));
    let second = log.accept(given.clone()).await.expect("accepted");
    drop(log);
    // Even where the event of the highest number is gone.
    let store = store_in(folder.path());
    store.commit(&[Change::Remove(second)]).expect("written");
    drop(store);
    let log = log_in(folder.path());
    let third = log.accept(given).await.expect("accepted");
    assert!(third > second && second > first);
}

/// A log whose folder may take so many bytes, whatever of it is the log's.
fn log_within(folder: &Path, bytes_max: Option<u64>) -> SqliteEventLog {
    let data_dir = DataDir::within(folder, bytes_max, u64::MAX).expect("a data directory");
    let (bounds, clock) = (LogBounds::ON_DISK, LogClock::default());
    SqliteEventLog::with(&data_dir, &Account::default(), bounds, clock).expect("a log")
}

#[tokio::test]
async fn an_event_without_room_is_refused_once_and_one_that_goes_where_nothing_is_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = log_within(folder.path(), Some(1));
    let refused = log.accept(arrival("greet", "1")).await;
    assert!(
        matches!(refused, Err(AcceptError::NoRoom(_))),
        "{refused:?}"
    );
    assert_eq!(log.store.disk().figures().refused, 1);
    drop(log);

    let log = log_within(folder.path(), None);
    let large = format!("\"{}\"", "x".repeat(500_000));
    let large = log
        .accept(arrival("greet", &large))
        .await
        .expect("accepted");
    drop(log);
    let store = store_in(folder.path());
    store.commit(&[Change::Remove(large)]).expect("written");
    drop(store);
    let log = log_within(folder.path(), Some(1));
    log.accept(arrival("greet", "1")).await.expect("accepted");
    assert_eq!(log.store.disk().figures().refused, 0);
}

#[test]
fn changes_of_one_commit_are_there_together_or_not_at_all() {
    let (store, _folder) = store();
    store.commit(&accepted([1])).expect("written");
    // The second event of this number breaks the whole commit.
    let twice = accepted([2, 1]);
    store.commit(&twice).expect_err("the number is taken");
    assert_eq!(states(&store), [(1, State::Waiting)]);
}

#[test]
fn what_a_newer_host_has_added_to_a_row_stays_when_it_is_written_again() {
    let (store, _folder) = store();
    let id = EventId(1);
    let ending = Ending {
        condition: Condition::RetriesExhausted,
        reason: "It failed.".into(),
        runs: 3,
        at_ms: 7,
    };
    let messages = vec![message("a")];
    let deliver = Change::Deliver {
        id,
        ending,
        messages,
    };
    let mut changes = accepted([1]);
    changes.push(deliver);
    store.commit(&changes).expect("written");
    store.execute(
        "UPDATE events SET head = json_set(head, '$.born', 'later'), \
         ending = json_set(ending, '$.cause', 'known')",
    );
    let give_up = Change::GiveUp {
        delivery: DeliveryId { event: id, part: 0 },
        reason: "No way.".into(),
        at_ms: 50,
    };
    store.commit(&[give_up]).expect("written");
    let kept = |column: &str, member: &str| {
        let sql = format!("SELECT {column} ->> '$.{member}' FROM events");
        store.text(&sql)
    };
    assert_eq!(kept("ending", "cause"), "known");
    assert_eq!(kept("ending", "reason"), "No way.");
    store.execute("DELETE FROM messages");
    store
        .commit(&[Change::Revive { id, at_ms: 77 }])
        .expect("written");
    assert_eq!(kept("head", "born"), "later");
}

#[test]
fn a_row_of_a_newer_format_is_not_guessed_at() {
    let (store, _folder) = store();
    store.commit(&accepted([1])).expect("written");
    store.execute("UPDATE events SET head = json_set(head, '$.v', 2)");
    let error = store.event(EventId(1)).expect_err("refused").to_string();
    assert!(error.contains("newer Sparkler"), "{error}");
}

#[test]
fn a_catalog_is_not_taken_for_a_queue() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    let account = Account::default().owner();
    crate::catalog::SqliteJournal::open(&data_dir, &account).expect("a catalog");
    let file = |name: &str| folder.path().join(name);
    std::fs::copy(file("catalog.db"), file("events.db")).expect("copied");
    let opened = SqliteEventLog::open(&data_dir, &Account::default());
    let error = opened.err().expect("refused").to_string();
    assert!(error.contains("not a queue of events"), "{error}");
}

fn message(target: &str) -> Message {
    Message {
        head: Head {
            target: Target::of(target),
            name: "n".into(),
            at_ms: 7,
            attributes: vec![Attribute::string("a", "b".into())],
        },
        body: "body".into(),
        expires_ms: 99,
    }
}

/// `layout_1.db` is what the last host of that layout left when it was killed: 1 waits for its second run,
/// 2 has a message on its way, 3 is dead, 4 is dead with a message that was given up, 5 was being run,
/// 6 has one message on its way and one that was given up, 7 waits.
#[tokio::test]
async fn a_database_of_the_first_layout_is_carried_over() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(log_in(folder.path()));
    let older = include_bytes!("tests/layout_1.db");
    std::fs::write(folder.path().join("events.db"), older).expect("written");
    let log = log_in(folder.path());

    let listed = log.list(all(), 9).await.expect("read");
    let states: Vec<State> = listed.iter().map(|event| event.state).collect();
    let (waits, delivers, dead) = (State::Waiting, State::Delivering, State::Dead);
    assert_eq!(
        states,
        [waits, delivers, dead, dead, waits, delivers, waits]
    );
    let [retried, succeeded, died, ..] = &listed[..] else {
        panic!("they are seven");
    };
    let expected = Listed {
        id: EventId(1),
        state: State::Waiting,
        function: name("dies"),
        qualifier: Some("live".into()),
        request_id: "16a1c0ac-e0c8-4527-a71c-59c643e2efac".into(),
        accepted_ms: 1_796_000_304_635,
        due_ms: 1_796_003_904_695,
        runs: 1,
        bytes: 10,
        condition: None,
        reason: None,
        ended_ms: None,
    };
    assert_eq!(*retried, expected);
    assert_eq!(succeeded.condition.as_deref(), Some("Success"));
    assert_eq!(died.ended_ms, Some(1_796_000_304_709));
    let reason = died.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("The last error: RequestId"), "{reason}");

    let holder = HolderId(uuid::Uuid::from_u128(1));
    log.join(joining(holder)).await.expect("joined");
    let handed = log.lease(holder, 1_796_000_400_000).await.expect("leased");
    let due: Vec<u64> = handed
        .events
        .iter()
        .map(|leased| leased.lease.work.0)
        .collect();
    assert_eq!((due, handed.wake_ms), (vec![5, 7], Some(expected.due_ms)));
    let dead = "SELECT account || ' has ' || events FROM dead_of_accounts";
    assert_eq!(log.store.text(dead), format!("{ACCOUNT} has 2"));
    assert_messages(&log, &handed).await;
    let late = log.lease(holder, expected.due_ms).await.expect("leased");
    let retried = late
        .events
        .iter()
        .find(|leased| leased.lease.work == EventId(1));
    let retried = retried.expect("it is due").lease;
    let event = log.event(retried).await.expect("read");
    assert_eq!(&*event.account, ACCOUNT);
    assert_eq!(&event.new.payload[..], "{\"a\":\"ü\"}".as_bytes());
    assert_eq!((event.runs, event.hops), (1, 0));
    let trace_id = event.new.trace_id.as_deref().unwrap_or_default();
    assert!(
        trace_id.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;"),
        "{trace_id}"
    );
    let next = log.accept(arrival("greet", "1")).await.expect("accepted");
    assert_eq!(next, EventId(8));
}

#[tokio::test]
async fn the_dead_of_the_second_layout_are_counted_for_their_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    let second = DatabaseKind {
        migrations: &DATABASE.migrations[..2],
        ..DATABASE
    };
    let (connection, _) = second.open(&data_dir).expect("the second layout");
    let head = "json_object('v', 1, 'hops', 0)";
    let died = format!(
        "INSERT INTO events (id, account, state, function, request_id, accepted_ms, due_ms, runs, bytes) VALUES
             (1, '{ACCOUNT}', 'waiting', 'greet', 'a', 0, 0, 1, 10),
             (2, '{ACCOUNT}', 'waiting', 'greet', 'b', 0, 0, 1, 20),
             (3, '210987654321', 'waiting', 'greet', 'c', 0, 0, 1, 30);
         UPDATE events SET state = 'dead', ended_ms = 100 - id, head = {head}"
    );
    connection.execute_batch(&died).expect("written");
    drop((connection, data_dir));

    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    let bounds = LogBounds {
        dead_max: 3,
        ..LogBounds::ON_DISK
    };
    let store = Store::open(&data_dir, ACCOUNT, bounds).expect("a store");
    let dead =
        "SELECT group_concat(account || ':' || events || ':' || bytes) FROM dead_of_accounts";
    assert_eq!(
        store.text(dead),
        format!("{ACCOUNT}:2:30,210987654321:1:30")
    );
    let id = EventId(4);
    let mut changes = accepted([id.0]);
    changes.push(Change::Die {
        id,
        ending: ending(100),
    });
    store.commit(&changes).expect("written");
    // The second was the oldest of the account that has more.
    assert_eq!(states(&store), [(1, State::Dead), (4, State::Dead)]);
    assert_eq!(store.dead("210987654321", None), Ok(1));
}

fn joining(holder: HolderId) -> Joining {
    Joining {
        holder,
        account: ACCOUNT.into(),
        events_per_function_max: 9,
        messages_per_target_max: 9,
        due_ms_max: u64::MAX,
    }
}

/// Those that are on their way, and, once they are wanted again, those that were given up.
async fn assert_messages(log: &SqliteEventLog, handed: &Handed) {
    let queue = "arn:aws:sqs:us-east-1:123456789012:queue";
    assert_eq!(handed.messages.len(), 2);
    for leased in &handed.messages {
        let message = log.message(leased.lease).await.expect("read");
        assert_eq!(&**message.head.target.arn(), queue);
        assert!(message.body.starts_with(b"{\"version\":\"1.0\""));
        assert_eq!(message.head.attributes, []);
    }
    let what = Administer::Redrive {
        at_ms: 1_796_000_400_000,
        expires_ms: 1_796_000_500_000,
        room: AccountRoom::ALL,
    };
    let moved = log.administer(all(), what).await.expect("moved");
    assert_eq!(moved.events, 2);
    let counts = log.counts(ACCOUNT.into(), None, 1_796_000_400_000);
    let counts = counts.await.expect("read");
    assert_eq!((counts.delivering, counts.dead), (3, 0));
}
