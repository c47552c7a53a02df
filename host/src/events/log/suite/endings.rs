//! What comes after a lease.

use super::*;

pub(in crate::events::log) async fn what_is_done_is_gone_and_its_room_is_free(bench: Bench) {
    for _ in 0..3 {
        bench.accept("greet", &"x".repeat(900)).await;
        let lease = bench.leased(0).await;
        bench.log.event(lease).await.expect("begun");
        assert_eq!(bench.counts(0).await.running, 1);
        bench.settle(lease, Settle::Done { events: vec![] }).await;
    }
    assert_eq!(bench.counts(0).await, Counts::default());
    assert!(bench.states().await.is_empty());
}

pub(in crate::events::log) async fn a_retry_counts_the_run_and_waits(bench: Bench) {
    bench.accept("greet", "[1]").await;
    let (runs, due_ms) = (1, 500);
    bench
        .settle(bench.leased(0).await, Settle::Retry { runs, due_ms })
        .await;
    assert_eq!(bench.handed(499).await.wake_ms, Some(500));
    let event = bench
        .log
        .event(bench.leased(500).await)
        .await
        .expect("there");
    assert_eq!((event.runs, event.accepted_ms), (1, 0));
    assert_eq!(&event.new.payload[..], b"[1]");
}

pub(in crate::events::log) async fn an_event_goes_when_all_its_messages_are_delivered(
    bench: Bench,
) {
    let id = bench.accept("greet", "[1]").await;
    let lease = bench.leased(0).await;
    bench.settle(lease, deliver(&["a", "b"])).await;
    assert_eq!(bench.list(&all()).await[0].bytes, 3 + 8);
    let leases = bench.messages(7).await;
    let parts = [0, 1].map(|part| DeliveryId { event: id, part });
    assert_eq!([leases[0].work, leases[1].work], parts);
    let read = bench.log.message(leases[1]).await;
    assert_eq!(read.as_deref(), Ok(&message("b")));
    bench.told(leases[0], Told::Delivered).await;
    assert_eq!(bench.states().await, [(id.0, State::Delivering)]);
    assert_eq!(bench.counts(7).await.delivering, 1);
    let later = Told::Later {
        due_ms: 20,
        tries: 1,
    };
    bench.told(leases[1], later).await;
    assert_eq!(bench.messages(19).await, []);
    let leases = bench.messages(20).await;
    bench.told(leases[0], Told::Delivered).await;
    assert!(bench.states().await.is_empty());
    assert_eq!(bench.counts(20).await, Counts::default());
}

pub(in crate::events::log) async fn a_message_that_was_given_up_kills_its_event_and_can_go_out_again(
    bench: Bench,
) {
    let id = bench.accept("greet", "[1]").await;
    let lease = bench.leased(0).await;
    bench.settle(lease, deliver(&["a", "b"])).await;
    let leases = bench.messages(7).await;
    let gave_up = |reason: &str| Told::GaveUp {
        reason: reason.into(),
        at_ms: 50,
    };
    bench.told(leases[0], gave_up("No way.")).await;
    assert_eq!(bench.states().await, [(id.0, State::Delivering)]);
    bench.told(leases[1], Told::Delivered).await;
    let dead = bench.list(&all()).await.remove(0);
    assert_eq!((dead.state, dead.ended_ms), (State::Dead, Some(50)));
    assert_eq!(dead.reason.as_deref(), Some("No way."));
    assert_eq!(bench.counts(50).await.dead, 1);

    let redrive = Administer::Redrive {
        at_ms: 60,
        expires_ms: 1_000,
        room: AccountRoom::ALL,
    };
    assert_eq!(bench.administer(all(), redrive).await, 1);
    assert_eq!(bench.states().await, [(id.0, State::Delivering)]);
    let leases = bench.messages(60).await;
    let read = bench.log.message(leases[0]).await.expect("there");
    assert_eq!((leases.len(), read.expires_ms), (1, 1_000));
    bench.told(leases[0], Told::Delivered).await;
    assert_eq!(bench.counts(60).await, Counts::default());
}

pub(in crate::events::log) async fn what_comes_of_an_end_is_accepted_with_it(bench: Bench) {
    let first = bench.accept("greet", "1").await;
    // As many as there is room for: what comes of them need not ask.
    for _ in 0..9 {
        bench.accept("other", "2").await;
    }
    let mut next = arrival("next", "[2]");
    next.hops = 1;
    let handed = bench.handed(0).await.events;
    let lease = handed.iter().find(|leased| leased.lease.work == first);
    let lease = lease.expect("it is due").lease;
    let events = vec![next.clone(), next.clone()];
    bench.settle(lease, Settle::Done { events }).await;
    let handed = bench.handed(0).await.events;
    assert_eq!(handed.len(), 2);
    let event = bench.log.event(handed[0].lease).await.expect("there");
    assert_eq!(*event, next.numbered(event.id));
    assert!(
        bench.log.accept(arrival("greet", "1")).await.is_err(),
        "it is full"
    );
}

pub(in crate::events::log) async fn the_dead_are_counted_and_the_old_ones_go(bench: Bench) {
    let mut ids = Vec::new();
    for at_ms in [10, 20, 30] {
        ids.push(bench.dead(at_ms).await);
    }
    let alive = bench.accept("greet", "1").await;
    assert_eq!(bench.counts(0).await.dead, 3);
    let of = async |function: &str| {
        let counts = bench.log.counts(ACCOUNT.into(), Some(name(function)), 0);
        counts.await.expect("read").dead
    };
    assert_eq!((of("greet").await, of("other").await), (3, 0));
    let older = Administer::PurgeOlder { than_ms: 20 };
    assert_eq!(bench.administer(all(), older).await, 1);
    let one = Filter {
        id: Some(ids[1].to_string()),
        ..all()
    };
    assert_eq!(bench.administer(one, Administer::Purge).await, 1);
    let states = bench.states().await;
    assert_eq!(states, [(ids[2].0, State::Dead), (alive.0, State::Waiting)]);
    // Only the dead are purged.
    assert_eq!(bench.administer(all(), Administer::Purge).await, 1);
    assert_eq!(bench.states().await, [(alive.0, State::Waiting)]);
    assert_eq!(bench.counts(0).await.dead, 0);
}

pub(in crate::events::log) async fn the_oldest_dead_make_room(bench: Bench) {
    let mut ids = Vec::new();
    for at_ms in [30, 10, 20, 40, 50, 60] {
        ids.push(bench.dead(at_ms).await);
    }
    let left: Vec<u64> = bench.states().await.into_iter().map(|(id, _)| id).collect();
    ids.remove(1);
    assert_eq!(left, ids.iter().map(|id| id.0).collect::<Vec<_>>());
    assert_eq!(bench.counts(0).await.dead, 5);
}

pub(in crate::events::log) async fn the_dead_of_an_account_push_out_its_own_alone(bench: Bench) {
    let theirs = [
        dead_of_other(&bench, "[1]", 1).await.0,
        dead_of_other(&bench, "[1]", 2).await.0,
    ];
    let mut ids = Vec::new();
    for at_ms in [10, 20, 30, 40, 50, 60] {
        ids.push(bench.dead(at_ms).await.0);
    }
    assert_eq!(listed_of_other(&bench).await, theirs);
    let left: Vec<u64> = bench.states().await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, ids[3..]);
}

pub(in crate::events::log) async fn the_largest_dead_of_an_account_push_out_its_own_alone(
    bench: Bench,
) {
    let mut theirs = Vec::new();
    for at_ms in [1, 2, 3] {
        theirs.push(dead_of_other(&bench, "[1]", at_ms).await.0);
    }
    let mut ids = Vec::new();
    for at_ms in [10, 20] {
        ids.push(bench.accept("greet", &"x".repeat(600)).await.0);
        let lease = bench.leased(at_ms).await;
        bench.settle(lease, Settle::Die(ending(at_ms))).await;
    }
    assert_eq!(listed_of_other(&bench).await, theirs);
    assert_eq!(bench.states().await, [(ids[1], State::Dead)]);
}

const OTHER: &str = "210987654321";

/// Accepts an event of another account and lets it die.
async fn dead_of_other(bench: &Bench, payload: &str, at_ms: u64) -> EventId {
    let holder = HolderId(Uuid::from_u128(3));
    let joining = Joining {
        holder,
        account: OTHER.into(),
        events_per_function_max: HELD_MAX,
        messages_per_target_max: HELD_MAX,
        due_ms_max: u64::MAX,
    };
    bench.log.join(joining).await.expect("joined");
    let event = Arrival {
        account: OTHER.into(),
        ..arrival("greet", payload)
    };
    let id = bench.log.accept(event).await.expect("there is room");
    let handed = bench.log.lease(holder, at_ms).await.expect("leased");
    let lease = handed.events[0].lease;
    bench.settle(lease, Settle::Die(ending(at_ms))).await;
    id
}

async fn listed_of_other(bench: &Bench) -> Vec<u64> {
    let theirs = Filter {
        account: OTHER.into(),
        ..all()
    };
    let listed = bench.list(&theirs).await.into_iter();
    listed.map(|event| event.id.0).collect()
}

pub(in crate::events::log) async fn a_dead_event_runs_again_as_if_it_were_new(bench: Bench) {
    let mut given = arrival("greet", "[1]");
    given.hops = 2;
    let id = bench.log.accept(given.clone()).await.expect("accepted");
    let lease = bench.leased(0).await;
    bench.settle(lease, Settle::Die(ending(5))).await;
    let redrive = Administer::Redrive {
        at_ms: 77,
        expires_ms: 1_000,
        room: AccountRoom::ALL,
    };
    assert_eq!(bench.administer(all(), redrive).await, 1);
    assert_eq!(bench.administer(all(), redrive).await, 0);
    given.hops = 0;
    given.accepted_ms = 77;
    let event = bench.log.event(bench.leased(77).await).await;
    assert_eq!(event.as_deref(), Ok(&given.numbered(id)));
    assert_eq!(bench.list(&all()).await[0].condition, None);
}
