//! Numbers, room and lists.

use super::*;
use crate::domain::Qualifier;

pub(in crate::events::log) async fn an_event_comes_back_as_it_was_given(bench: Bench) {
    let mut given = arrival("greet", "{\"a\":\"ü\"}");
    given.new.qualifier = Some(Qualifier::parse("live"));
    given.new.trace_id = Some("Root=1".into());
    given.new.tenant_id = Some("blue".into());
    given.accepted_ms = 1_000;
    given.hops = 2;
    let id = bench.log.accept(given.clone()).await.expect("accepted");
    let event = bench.log.event(bench.leased(1_000).await).await;
    assert_eq!(event.as_deref(), Ok(&given.numbered(id)));
}

pub(in crate::events::log) async fn numbers_rise_and_none_is_given_twice(bench: Bench) {
    let first = bench.accept("greet", "1").await;
    let done = Settle::Done { events: vec![] };
    bench.settle(bench.leased(0).await, done).await;
    let second = bench.accept("greet", "2").await;
    assert!(second > first, "{second} after {first}");
    let several = (0..8).map(|_| bench.accept("other", "3"));
    let mut numbers = futures_of(several).await;
    numbers.push(second);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 9);
}

/// All of them, at once.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        match waiting.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    waiting
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

pub(in crate::events::log) async fn a_full_log_refuses_and_keeps_what_it_has(bench: Bench) {
    let large = "x".repeat(600);
    bench.accept("greet", &large).await;
    let refused = bench.log.accept(arrival("greet", &large)).await;
    let full = |events, bytes| Err(AcceptError::Full { events, bytes });
    assert_eq!(refused, full(1, 600));
    for _ in 0..9 {
        bench.accept("greet", "1").await;
    }
    let refused = bench.log.accept(arrival("greet", "1")).await;
    assert_eq!(refused, full(10, 609));
    assert_eq!(bench.counts(0).await.waiting, 10);
}

pub(in crate::events::log) async fn an_account_has_its_share_of_the_room(bench: Bench) {
    let half = AccountRoom {
        events_max: 3,
        shares: 2,
    };
    let of = |account: &str, payload: &str| Arrival {
        account: account.into(),
        account_room: half,
        ..arrival("greet", payload)
    };
    let full = |events, bytes| {
        Err(AcceptError::AccountFull {
            events,
            events_max: 3,
            bytes,
            bytes_max: 500,
        })
    };
    let large = "x".repeat(300);
    let accept = async |given: Arrival| bench.log.accept(given).await;
    assert!(accept(of(ACCOUNT, &large)).await.is_ok());
    assert_eq!(accept(of(ACCOUNT, &large)).await, full(1, 300));
    assert!(accept(of("999999999999", &large)).await.is_ok());
    for _ in 0..2 {
        assert!(accept(of(ACCOUNT, "1")).await.is_ok());
    }
    assert_eq!(accept(of(ACCOUNT, "1")).await, full(3, 302));

    let leases = bench.handed(0).await.events.into_iter();
    let first = leases
        .map(|leased| leased.lease)
        .min_by_key(|lease| lease.work);
    bench
        .settle(first.expect("leased"), Settle::Die(ending(5)))
        .await;
    assert!(accept(of(ACCOUNT, &large)).await.is_ok());
    let redrive = Administer::Redrive {
        at_ms: 60,
        expires_ms: 1_000,
        room: half,
    };
    let refused = bench.log.administer(all(), redrive).await;
    assert_eq!(refused.map(|_| ()), full(3, 302).map(|_: EventId| ()));
}

pub(in crate::events::log) async fn lists_are_filtered_and_go_on(bench: Bench) {
    let mut later = arrival("greet", "1");
    later.accepted_ms = 1_000;
    let first = bench.log.accept(later).await.expect("accepted");
    let mut ids = vec![first, bench.dead(1).await];
    for _ in 0..3 {
        ids.push(bench.accept("greet", "1").await);
    }
    let found = async |filter: &Filter, limit| -> Vec<EventId> {
        let events = bench.log.list(filter.clone(), limit).await.expect("read");
        events.into_iter().map(|event| event.id).collect()
    };
    let mut filter = Filter {
        after: ids[0].0,
        ..all()
    };
    assert_eq!(found(&filter, 2).await, ids[1..3]);
    filter.state = Some(State::Waiting);
    assert_eq!(found(&filter, 9).await, ids[2..]);
    filter.id = Some(ids[3].to_string());
    assert_eq!(found(&filter, 9).await, [ids[3]]);
    filter.id = Some(new_event("greet", "").request_id.to_string());
    assert_eq!(
        found(&filter, 9).await,
        ids[2..],
        "they share their request id"
    );
    filter.function = Some(name("other"));
    assert!(found(&filter, 9).await.is_empty());
}

pub(in crate::events::log) async fn a_list_shows_each_member_as_it_is(bench: Bench) {
    let mut given = arrival("greet", "[1]");
    given.new.qualifier = Some(Qualifier::parse("live"));
    given.accepted_ms = 100;
    let id = bench.log.accept(given.clone()).await.expect("accepted");
    let (runs, due_ms) = (2, 500);
    bench
        .settle(bench.leased(100).await, Settle::Retry { runs, due_ms })
        .await;
    let mut expected = Listed {
        id,
        state: State::Waiting,
        function: name("greet"),
        qualifier: Some("live".into()),
        request_id: given.new.request_id.to_string(),
        accepted_ms: 100,
        due_ms: 500,
        runs: 2,
        bytes: 3,
        condition: None,
        reason: None,
        ended_ms: None,
    };
    assert_eq!(bench.list(&all()).await, [expected.clone()]);
    bench
        .settle(bench.leased(500).await, Settle::Die(ending(900)))
        .await;
    expected.state = State::Dead;
    expected.runs = 3;
    expected.condition = Some("RetriesExhausted".into());
    expected.reason = Some("It failed.".into());
    expected.ended_ms = Some(900);
    assert_eq!(bench.list(&all()).await, [expected]);
}

pub(in crate::events::log) async fn accounts_do_not_see_each_other(bench: Bench) {
    let mut other = arrival("greet", "1");
    other.account = "210987654321".into();
    bench.log.accept(other).await.expect("accepted");
    assert_eq!(bench.handed(0).await, Handed::default());
    assert_eq!(bench.counts(0).await, Counts::default());
    assert!(bench.states().await.is_empty());
    let theirs = Filter {
        account: "210987654321".into(),
        ..all()
    };
    assert_eq!(bench.list(&theirs).await.len(), 1);
}
