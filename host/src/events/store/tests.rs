use super::*;
use crate::events::delivery::{Attribute, Head};
use crate::events::tests::event;

impl Store {
    /// Lets every write fail.
    pub(in crate::events) fn break_writes(&self) {
        let broken = lock(&self.writer).execute_batch("PRAGMA query_only = ON");
        broken.expect("a pragma");
    }
}

fn store() -> Store {
    Store::in_memory().expect("a store")
}

fn ending(at_ms: u64) -> Ending {
    Ending {
        condition: "RetriesExhausted",
        reason: "It failed.".into(),
        runs: 3,
        at_ms,
    }
}

fn message(target: &str) -> Message {
    Message {
        head: Head {
            target: target.into(),
            name: "n".into(),
            at_ms: 7,
            attributes: vec![Attribute::string("a", "b".into())],
        },
        body: "body".into(),
        expires_ms: 99,
    }
}

fn accepted(store: &Store, ids: std::ops::RangeInclusive<u64>) {
    let changes: Vec<_> = ids.map(|id| Change::Accept(event(id, "[1]"))).collect();
    store.commit(&changes).expect("written");
}

fn states(store: &Store) -> Vec<(u64, String)> {
    let all = store.list(&Filter::default(), 100).expect("read");
    all.into_iter()
        .map(|event| (event.id.0, event.state))
        .collect()
}

fn die(id: u64, at_ms: u64) -> Change {
    Change::Die {
        id: EventId(id),
        ending: ending(at_ms),
    }
}

#[test]
fn an_event_comes_back_as_it_was_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut written = event(5, "{\"a\":\"ü\"}");
    written.new.qualifier = Some(crate::domain::Qualifier::parse("live"));
    written.new.trace_id = Some("Root=1".into());
    written.new.tenant_id = Some("blue".into());
    written.accepted_ms = 1_000;
    written.hops = 2;
    {
        let data_dir = DataDir::open(folder.path()).expect("a data directory");
        let store = Store::in_dir(&data_dir).expect("a store");
        store
            .commit(&[Change::Accept(written.clone())])
            .expect("written");
    }
    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    let store = Store::in_dir(&data_dir).expect("opened again");
    let found = store.load().expect("loaded");
    assert_eq!(found.next_id, 6);
    assert_eq!((found.events.len(), found.deliveries.len()), (1, 0));
    assert_eq!(found.events[0].due_ms, 1_000);
    assert_eq!(store.event(EventId(5)).expect("read"), Some(written));
    assert_eq!(store.event(EventId(6)).expect("read"), None);
}

#[test]
fn changes_of_one_commit_are_there_together_or_not_at_all() {
    let store = store();
    accepted(&store, 1..=1);
    // The second event of this number breaks the whole commit.
    let changes = [2, 1].map(|id| Change::Accept(event(id, "1")));
    store.commit(&changes).expect_err("the number is taken");
    assert_eq!(states(&store), [(1, "waiting".into())]);
}

#[test]
fn a_retry_changes_when_the_event_is_due_and_counts_the_run() {
    let store = store();
    accepted(&store, 1..=1);
    let retry = Change::Retry {
        id: EventId(1),
        runs: 2,
        due_ms: 500,
    };
    store.commit(&[retry]).expect("written");
    let event = store.event(EventId(1)).expect("read").expect("there");
    assert_eq!((event.runs, event.accepted_ms), (2, 0));
    assert_eq!(store.load().expect("loaded").events[0].due_ms, 500);
}

#[test]
fn a_list_shows_each_member_as_it_was_written() {
    let store = store();
    let mut written = event(1, "[1]");
    written.new.qualifier = Some(crate::domain::Qualifier::parse("live"));
    written.accepted_ms = 100;
    let retry = Change::Retry {
        id: EventId(1),
        runs: 2,
        due_ms: 500,
    };
    let changes = [Change::Accept(written.clone()), retry];
    store.commit(&changes).expect("written");
    let mut expected = Listed {
        id: EventId(1),
        state: "waiting".into(),
        function: written.new.function.to_string(),
        qualifier: Some("live".into()),
        request_id: written.new.request_id.to_string(),
        accepted_ms: 100,
        due_ms: 500,
        runs: 2,
        bytes: 3,
        condition: None,
        reason: None,
        ended_ms: None,
        has_messages: false,
    };
    let listed = |store: &Store| store.list(&Filter::default(), 9).expect("read");
    assert_eq!(listed(&store), [expected.clone()]);

    store.commit(&[die(1, 900)]).expect("written");
    expected.state = "dead".into();
    expected.runs = 3;
    expected.condition = Some("RetriesExhausted".into());
    expected.reason = Some("It failed.".into());
    expected.ended_ms = Some(900);
    assert_eq!(listed(&store), [expected]);
}

#[test]
fn an_event_goes_when_all_its_messages_are_delivered() {
    let store = store();
    accepted(&store, 1..=1);
    let id = EventId(1);
    let parts = [0, 1].map(|part| DeliveryId { event: id, part });
    let deliver = Change::Deliver {
        id,
        ending: ending(7),
        messages: vec![message("a"), message("b")],
    };
    store.commit(&[deliver]).expect("written");
    assert_eq!(store.event(id).expect("read"), None, "it waits no more");
    let read = store.message(parts[1]).expect("read").expect("there");
    assert_eq!(read, message("b"));
    let found = store.load().expect("loaded");
    let targets: Vec<_> = found.deliveries.iter().map(|found| &found.target).collect();
    assert_eq!(targets, ["a", "b"]);
    assert_eq!(
        (found.events[0].waits, found.events[0].bytes),
        (false, 3 + 8)
    );

    store
        .commit(&[Change::Delivered(parts[0])])
        .expect("written");
    assert_eq!(states(&store), [(1, "delivering".into())]);
    store
        .commit(&[Change::Delivered(parts[1])])
        .expect("written");
    assert_eq!(states(&store), []);
}

#[test]
fn an_event_with_a_message_that_was_given_up_is_dead_and_can_be_delivered_again() {
    let store = store();
    accepted(&store, 1..=1);
    let id = EventId(1);
    let parts = [0, 1].map(|part| DeliveryId { event: id, part });
    let changes = [
        Change::Deliver {
            id,
            ending: ending(7),
            messages: vec![message("a"), message("b")],
        },
        Change::GiveUp {
            delivery: parts[0],
            reason: "No way.".into(),
            at_ms: 50,
        },
    ];
    store.commit(&changes).expect("written");
    assert_eq!(states(&store), [(1, "delivering".into())]);
    store
        .commit(&[Change::Delivered(parts[1])])
        .expect("written");
    let dead = store.list(&Filter::default(), 10).expect("read");
    assert_eq!(
        (dead[0].state.as_str(), dead[0].ended_ms),
        ("dead", Some(50))
    );
    assert_eq!(dead[0].reason.as_deref(), Some("No way."));
    assert!(dead[0].has_messages);
    assert_eq!(store.dead(None).expect("read"), 1);
    assert_eq!(store.messages(id).expect("read").len(), 1);

    let again = Change::Redeliver {
        id,
        expires_ms: 1_000,
    };
    store.commit(&[again]).expect("written");
    assert_eq!(states(&store), [(1, "delivering".into())]);
    assert_eq!(store.dead(None).expect("read"), 0);
    let read = store.message(parts[0]).expect("read").expect("there");
    assert_eq!(read.expires_ms, 1_000);
}

#[test]
fn the_dead_are_counted_and_the_old_ones_go() {
    let store = store();
    accepted(&store, 1..=4);
    store
        .commit(&[die(1, 10), die(2, 20), die(3, 30)])
        .expect("written");
    assert_eq!(store.dead(None).expect("read"), 3);
    assert_eq!(store.dead(Some("greet")).expect("read"), 3);
    assert_eq!(store.dead(Some("other")).expect("read"), 0);
    let changes = [
        Change::PurgeOlder { than_ms: 20 },
        Change::Revive {
            id: EventId(2),
            at_ms: 77,
        },
        // Only the dead are purged.
        Change::Purge(EventId(4)),
    ];
    store.commit(&changes).expect("written");
    let expected = [(2, "waiting"), (3, "dead"), (4, "waiting")];
    assert_eq!(
        states(&store),
        expected.map(|(id, state)| (id, state.into()))
    );
    assert_eq!(store.dead(None).expect("read"), 1);
    let alive = |id| store.is_alive(EventId(id)).expect("read");
    assert_eq!([1, 2, 3].map(alive), [false, true, false]);
    assert!(!store.has_dead_before(30).expect("read"));
    assert!(store.has_dead_before(31).expect("read"));
    let revived = store.event(EventId(2)).expect("read").expect("it waits");
    assert_eq!((revived.runs, revived.accepted_ms), (0, 77));
}

#[test]
fn the_oldest_dead_make_room() {
    let store = store();
    let max = crate::limits::DEAD_EVENTS_MAX;
    let fill = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {max}) \
         INSERT INTO events (id, state, function, request_id, hops, accepted_ms, due_ms, runs, \
         bytes, ended_ms) SELECT i, 'dead', 'f', '', 0, 0, 0, 0, 0, i FROM n; \
         UPDATE dead SET events = {max};"
    );
    lock(&store.writer).execute_batch(&fill).expect("filled");
    accepted(&store, max + 1..=max + 1);
    store.commit(&[die(max + 1, max + 1)]).expect("written");
    let left = store.dead(None).expect("read");
    assert!(left <= max, "{left}");
    let first = &store.list(&Filter::default(), 1).expect("read")[0];
    assert!(first.id.0 > 1, "the oldest is gone");
    let last = Filter {
        id: Some((max + 1).to_string()),
        ..Filter::default()
    };
    assert_eq!(store.list(&last, 1).expect("read").len(), 1);
}

#[test]
fn lists_are_filtered_and_go_on() {
    let store = store();
    accepted(&store, 1..=5);
    store.commit(&[die(2, 1)]).expect("written");
    let ids = |filter: &Filter, limit| -> Vec<u64> {
        let events = store.list(filter, limit).expect("read");
        events.into_iter().map(|event| event.id.0).collect()
    };
    let mut filter = Filter {
        after: 1,
        ..Filter::default()
    };
    assert_eq!(ids(&filter, 2), [2, 3]);
    filter.state = Some("waiting");
    assert_eq!(ids(&filter, 9), [3, 4, 5]);
    filter.id = Some("4".into());
    assert_eq!(ids(&filter, 9), [4]);
    filter.id = Some(event(1, "").new.request_id.to_string());
    assert_eq!(ids(&filter, 9), [3, 4, 5], "they share their request id");
    filter.function = Some("other".into());
    assert!(ids(&filter, 9).is_empty());
}

#[test]
fn a_list_shows_an_event_as_it_is() {
    let store = store();
    let mut accepted = event(1, "[1, 2]");
    accepted.accepted_ms = 5;
    let retry = Change::Retry {
        id: EventId(1),
        runs: 2,
        due_ms: 70,
    };
    let listed = || store.list(&Filter::default(), 1).expect("read").remove(0);
    store
        .commit(&[Change::Accept(accepted), retry])
        .expect("written");
    let mut expected = Listed {
        id: EventId(1),
        state: "waiting".into(),
        function: "greet".into(),
        qualifier: None,
        request_id: event(1, "").new.request_id.to_string(),
        accepted_ms: 5,
        due_ms: 70,
        runs: 2,
        bytes: 6,
        condition: None,
        reason: None,
        ended_ms: None,
        has_messages: false,
    };
    assert_eq!(listed(), expected);
    store.commit(&[die(1, 90)]).expect("written");
    expected.state = "dead".into();
    expected.runs = 3;
    expected.condition = Some("RetriesExhausted".into());
    expected.reason = Some("It failed.".into());
    expected.ended_ms = Some(90);
    assert_eq!(listed(), expected);
}

#[test]
fn a_catalog_is_not_taken_for_a_queue() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = DataDir::open(folder.path()).expect("a data directory");
    crate::catalog::SqliteJournal::open(&data_dir).expect("a catalog");
    let file = |name: &str| folder.path().join(name);
    std::fs::copy(file("catalog.db"), file("events.db")).expect("copied");
    let error = Store::in_dir(&data_dir).err().expect("refused").to_string();
    assert!(error.contains("not a queue of events"), "{error}");
}
