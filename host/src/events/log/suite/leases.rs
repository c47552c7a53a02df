//! Who has what, and for how long.

use super::*;
use crate::limits::EVENT_LEASE_DURATION;

const MOMENT: Duration = Duration::from_millis(1);

pub(in crate::events::log) async fn what_is_leased_is_handed_to_nobody_else(bench: Bench) {
    let other = bench.other().await;
    let id = bench.accept("greet", "1").await;
    let lease = bench.leased(0).await;
    assert_eq!(lease.work, id);
    for holder in [bench.holder, other] {
        let again = bench.log.lease(holder, 0).await.expect("asked");
        assert_eq!(again, Handed::default());
    }
}

pub(in crate::events::log) async fn a_holder_gets_no_more_of_a_function_than_it_has_room_for(
    bench: Bench,
) {
    let other = bench.other().await;
    for _ in 0..HELD_MAX + 2 {
        bench.accept("flood", "1").await;
    }
    bench.accept("small", "1").await;
    let handed = bench.handed(0).await;
    let flood = handed
        .events
        .iter()
        .filter(|leased| leased.lane == name("flood"));
    let flood: Vec<_> = flood.map(|leased| leased.lease).collect();
    assert_eq!((flood.len(), handed.events.len()), (HELD_MAX, HELD_MAX + 1));
    assert_eq!(handed.wake_ms, None, "it has no room");
    let done = Settle::Done { events: vec![] };
    bench.settle(flood[0], done).await;
    assert_eq!(bench.handed(0).await.events.len(), 1);
    let left = bench.log.lease(other, 0).await.expect("asked");
    assert_eq!(left.events.len(), 1);
}

pub(in crate::events::log) async fn what_is_not_due_waits_and_tells_until_when(bench: Bench) {
    let mut later = arrival("greet", "1");
    later.accepted_ms = 500;
    bench.log.accept(later).await.expect("accepted");
    let handed = bench.handed(499).await;
    assert_eq!((handed.events.len(), handed.wake_ms), (0, Some(500)));
    let counts = bench.counts(499).await;
    assert_eq!((counts.waiting, counts.retrying), (0, 1));
    assert_eq!(bench.handed(500).await.events.len(), 1);
}

pub(in crate::events::log) async fn what_a_silent_holder_held_goes_to_the_next(bench: Bench) {
    let id = bench.accept("greet", "1").await;
    let lease = bench.leased(0).await;
    bench.log.event(lease).await.expect("begun");
    bench.pass(EVENT_LEASE_DURATION + MOMENT);
    let other = bench.other().await;
    let handed = bench.log.lease(other, 0).await.expect("asked");
    assert_eq!(handed.events[0].lease.work, id);
    assert_ne!(handed.events[0].lease.token, lease.token);
    let gone = bench.log.lease(bench.holder, 0).await;
    assert_eq!(gone, Err(LogError::Lapsed), "it has to join again");
    bench.join(bench.holder).await;
    assert_eq!(bench.handed(0).await, Handed::default());
}

pub(in crate::events::log) async fn a_holder_that_is_heard_of_keeps_what_it_holds(bench: Bench) {
    let other = bench.other().await;
    bench.accept("greet", "1").await;
    bench.leased(0).await;
    for _ in 0..3 {
        bench.pass(EVENT_LEASE_DURATION - MOMENT);
        bench.log.extend(bench.holder).await.expect("extended");
        let handed = bench.log.lease(other, 0).await.expect("asked");
        assert_eq!(handed, Handed::default());
    }
}

pub(in crate::events::log) async fn a_lapsed_lease_settles_nothing(bench: Bench) {
    let id = bench.accept("greet", "1").await;
    let lease = bench.leased(0).await;
    bench.pass(EVENT_LEASE_DURATION + MOMENT);
    let other = bench.other().await;
    let theirs = bench.log.lease(other, 0).await.expect("asked").events[0].lease;
    let lapsed = Err(LogError::Lapsed);
    assert_eq!(bench.log.event(lease).await.map(drop), lapsed);
    let done = || Settle::Done { events: vec![] };
    assert_eq!(bench.log.settle(lease, done()).await, lapsed);
    assert_eq!(bench.states().await, [(id.0, State::Waiting)]);
    bench.settle(theirs, done()).await;
    assert_eq!(
        bench.log.settle(theirs, done()).await,
        lapsed,
        "settled once"
    );
    assert!(bench.states().await.is_empty());
}

pub(in crate::events::log) async fn what_cannot_run_waits_and_keeps_its_tries(bench: Bench) {
    bench.accept("greet", "1").await;
    let (due_ms, tries) = (300, 4);
    bench
        .settle(bench.leased(0).await, Settle::Later { due_ms, tries })
        .await;
    assert_eq!(bench.handed(299).await.wake_ms, Some(300));
    assert_eq!(bench.handed(300).await.events[0].tries, 4);
}

pub(in crate::events::log) async fn who_leaves_gives_back_what_it_has_not_begun(bench: Bench) {
    let other = bench.other().await;
    for _ in 0..HELD_MAX {
        bench.accept("greet", "1").await;
    }
    let begun = bench.handed(0).await.events[0].lease;
    bench.log.event(begun).await.expect("begun");
    bench.log.leave(bench.holder).await.expect("it left");
    let counts = bench.counts(0).await;
    assert_eq!((counts.running, counts.waiting), (1, HELD_MAX as u64 - 1));
    assert_eq!(bench.handed(0).await, Handed::default());
    let handed = bench.log.lease(other, 0).await.expect("asked");
    assert_eq!(handed.events.len(), HELD_MAX - 1);
    bench.settle(begun, Settle::Done { events: vec![] }).await;
}

pub(in crate::events::log) async fn what_comes_in_wakes_whoever_waits(bench: Bench) {
    let other = bench.other().await;
    bench.accept("greet", "1").await;
    bench.log.woken(bench.holder).await;
    bench.log.woken(other).await;
    let lease = bench.leased(0).await;
    let (due_ms, tries) = (0, 1);
    bench.settle(lease, Settle::Later { due_ms, tries }).await;
    bench.log.woken(other).await;
}

pub(in crate::events::log) async fn what_seems_to_be_due_too_late_is_due_earlier(bench: Bench) {
    let mut ahead = arrival("greet", "1");
    ahead.accepted_ms = 1_000_000;
    bench.log.accept(ahead).await.expect("accepted");
    bench.accept("greet", "2").await;
    let joining = Joining {
        holder: HolderId(Uuid::from_u128(3)),
        account: ACCOUNT.into(),
        events_per_function_max: HELD_MAX,
        messages_per_target_max: HELD_MAX,
        due_ms_max: 300,
    };
    let holder = joining.holder;
    bench.log.join(joining).await.expect("joined");
    let handed = bench.log.lease(holder, 0).await.expect("asked");
    assert_eq!((handed.events.len(), handed.wake_ms), (1, Some(300)));
    let handed = bench.log.lease(holder, 300).await.expect("asked");
    assert_eq!(handed.events.len(), 1);
}
