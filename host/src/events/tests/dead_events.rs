//! What becomes of dead events.

use super::super::log::suite::ending;
use super::super::log::{Joining, Settle};
use super::*;

#[tokio::test]
async fn a_dead_event_runs_again_when_somebody_wants_it() {
    let mut world = World::new();
    world.accept("late", "1").await;
    let dead = world.dead(1).await;
    world.function("late", |_| ());
    let other = Selection {
        function: Some(name("other")),
        ..Selection::default()
    };
    let moved = |events| Moved {
        events,
        has_more: false,
    };
    assert_eq!(world.events.redrive(&other).await, Ok(moved(0)));
    let this = Selection {
        id: Some(dead[0].id.to_string()),
        ..Selection::default()
    };
    assert_eq!(world.events.redrive(&this).await, Ok(moved(1)));
    assert_eq!(world.attempt().await.payload, "1");
    world.dead(0).await;
    assert_eq!(world.events.redrive(&this).await, Ok(moved(0)));
}

#[tokio::test]
async fn the_dead_go_after_their_age_however_many_there_are() {
    let log = MemoryEventLog::default();
    let many = 2 * crate::limits::DEAD_EVENTS_PER_CALL_MAX + 1;
    die_in(&log, many, START_MS).await;
    die_in(&log, 1, START_MS + HOUR_MS).await;
    let world = World::over(Arc::new(log));
    let age_ms_max = crate::domain::times::milliseconds(crate::limits::DEAD_EVENT_AGE_MAX);
    *world.clock.0.lock().expect("the time") = START_MS + 1 + age_ms_max;
    dispatch::purge_the_old(Arc::clone(&world.events.shared)).await;
    assert_eq!(world.dead(1).await[0].ended_ms, Some(START_MS + HOUR_MS));
}

#[tokio::test]
async fn purged_events_are_gone() {
    let world = World::new();
    world.accept("gone", "1").await;
    world.accept("gone", "2").await;
    world.dead(2).await;
    let moved = world.events.purge(&Selection::default()).await;
    assert_eq!(moved.expect("purged").events, 2);
    world.dead(0).await;
}

#[tokio::test]
async fn an_event_whose_destination_has_no_address_is_kept_and_only_delivered_again() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| {
            config.on_success = Some("arn:aws:sqs:us-east-1:123456789012:q".into());
        });
    });
    world.accept("f", "1").await;
    world.attempt().await;
    let dead = world.dead(1).await;
    assert_eq!(dead[0].condition.as_deref(), Some("Success"));
    let reason = dead[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("--sqs-endpoint"), "{reason}");
    let moved = world.events.redrive(&Selection::default()).await;
    assert_eq!(moved.expect("redriven").events, 1);
    world.dead(1).await;
    assert!(world.seen.try_recv().is_err(), "the function ran again");
}

#[tokio::test]
async fn an_event_of_a_function_that_is_gone_ends_dead_after_its_age() {
    let world = World::new();
    world.accept("gone", "1").await;
    let dead = world.dead(1).await;
    assert_eq!(dead[0].condition.as_deref(), Some("EventAgeExceeded"));
    assert_eq!(dead[0].runs, 0);
    let age_ms = dead[0].ended_ms.expect("it ended") - START_MS;
    let earliest = 6 * HOUR_MS - 300_000;
    assert!((earliest..=6 * HOUR_MS).contains(&age_ms), "{age_ms}");
}

/// Lets so many events die.
async fn die_in(log: &impl EventLog, events: usize, at_ms: u64) {
    let account: Arc<str> = Account::default().id.into();
    let joining = Joining {
        holder: HolderId(Uuid::new_v4()),
        account: Arc::clone(&account),
        events_per_function_max: events,
        messages_per_target_max: 0,
        due_ms_max: u64::MAX,
    };
    let holder = joining.holder;
    log.join(joining).await.expect("joined");
    for _ in 0..events {
        let arrival = Arrival {
            account: Arc::clone(&account),
            account_room: AccountRoom::ALL,
            new: new_event("greet", "1"),
            accepted_ms: 0,
            hops: 0,
        };
        log.accept(arrival).await.expect("accepted");
    }
    for leased in log.lease(holder, 0).await.expect("leased").events {
        let died = log.settle(leased.lease, Settle::Die(ending(at_ms))).await;
        died.expect("settled");
    }
}
