use std::sync::Arc;
use std::time::Duration;

use super::initializations::Initializing;
use super::*;
use crate::domain::samples;

const ACCOUNT_IS_FULL: Refusal = Refusal::TooManyInvocations(Throttle::Account);
const RESERVATION_IS_FULL: Refusal = Refusal::TooManyInvocations(Throttle::Reserved);

/// Has the gate follow a function from one state to another.
fn follow(gate: &Gate, before: Option<&FunctionRecord>, after: Option<&FunctionRecord>) {
    let record = after.or(before).expect("there is a function");
    let name = &record.latest.function;
    gate.follow(Change {
        name,
        before,
        after,
    });
}

fn reserved(name: &str, reserved: u32) -> FunctionRecord {
    FunctionRecord {
        reserved_concurrency: Some(reserved),
        ..samples::published(name)
    }
}

/// One call of a version, by number or alias, or of `$LATEST`.
fn call(gate: &Gate, record: &FunctionRecord, asked_for: &str) -> Result<Admission, Refusal> {
    let asked_for = Qualifier::parse(asked_for);
    let version = record.shown(Some(&asked_for)).expect("it exists");
    gate.enter_for(record, version, Some(&asked_for))
}

/// As many calls as get in, at most `calls`.
fn calls(gate: &Gate, record: &FunctionRecord, asked_for: &str, calls: usize) -> Vec<Admission> {
    let entered = (0..calls).map(|_| call(gate, record, asked_for));
    entered.filter_map(Result::ok).collect()
}

#[test]
fn as_many_enter_as_may_run_and_a_place_given_back_is_free_at_once() {
    let gate = Gate::new(2);
    let first = gate.enter().unwrap();
    let _second = gate.enter().unwrap();
    assert_eq!(gate.enter().err(), Some(ACCOUNT_IS_FULL));
    drop(first);
    assert!(gate.enter().is_ok());
    assert_eq!(gate.running(), 1);
}

#[tokio::test]
async fn a_closed_gate_refuses_and_waits_for_those_inside() {
    for is_reserved in [false, true] {
        let gate = Gate::new(20);
        let record = reserved("greet", 5);
        follow(&gate, None, Some(&record));
        let enter = || match is_reserved {
            true => call(&gate, &record, "1"),
            false => gate.enter(),
        };
        let inside = enter().unwrap();
        gate.close();
        assert_eq!(enter().err(), Some(Refusal::ShuttingDown));
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.close_and_empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(inside);
        waiting.await.unwrap();
    }
}

#[test]
fn a_reservation_is_a_ceiling_for_its_function_and_a_floor_against_others() {
    let gate = Gate::new(100);
    let (record, other) = (reserved("greet", 10), samples::published("other"));
    follow(&gate, None, Some(&record));
    let others = calls(&gate, &other, "$LATEST", 100);
    assert_eq!(others.len(), 90);
    assert_eq!(call(&gate, &other, "1").err(), Some(ACCOUNT_IS_FULL));
    let mut own = calls(&gate, &record, "$LATEST", 4);
    own.extend(calls(&gate, &record, "1", 4));
    own.extend(calls(&gate, &record, "live", 4));
    assert_eq!(own.len(), 10);
    assert_eq!(call(&gate, &record, "2").err(), Some(RESERVATION_IS_FULL));
    assert_eq!(gate.running(), 100);
    drop(own);
    assert_eq!(calls(&gate, &record, "1", 100).len(), 10);
    drop(others);
    assert_eq!(gate.running(), 0);
}

#[test]
fn of_many_at_once_exactly_as_many_enter_as_are_reserved() {
    let gate = Gate::new(1_000);
    let record = reserved("greet", 10);
    follow(&gate, None, Some(&record));
    let entered: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| calls(&gate, &record, "1", 10)))
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.flatten().collect()
    });
    assert_eq!(entered.len(), 10);
    assert_eq!(gate.figures(1).throttled_by_reservation, 90);
}

#[test]
fn a_function_with_0_reserved_does_not_run() {
    let gate = Gate::new(100);
    let record = reserved("greet", 0);
    follow(&gate, None, Some(&record));
    assert_eq!(call(&gate, &record, "1").err(), Some(RESERVATION_IS_FULL));
    assert_eq!(gate.figures(9).unreserved, 100);
}

#[test]
fn calls_that_run_are_given_back_where_they_were_taken() {
    let gate = Gate::new(20);
    let free = samples::published("greet");
    let before = calls(&gate, &free, "1", 3);
    let ten = reserved("greet", 10);
    follow(&gate, Some(&free), Some(&ten));
    let inside = calls(&gate, &ten, "1", 20);
    assert_eq!(inside.len(), 10);

    // Those of before still run on what is shared, of which 10 are left.
    let others = calls(&gate, &samples::published("other"), "1", 20);
    assert_eq!(others.len(), 7);
    drop((before, others));
    assert_eq!(gate.running(), 10);

    // Less than run: none enters until as many are left.
    let two = reserved("greet", 2);
    follow(&gate, Some(&ten), Some(&two));
    assert!(call(&gate, &two, "1").is_err());
    // Deleted and set again while calls run: they still count.
    follow(&gate, Some(&two), Some(&free));
    let meanwhile = calls(&gate, &free, "1", 5);
    assert_eq!(meanwhile.len(), 5);
    follow(&gate, Some(&free), Some(&ten));
    assert!(call(&gate, &ten, "1").is_err());
    drop(inside);
    assert_eq!(calls(&gate, &ten, "1", 20).len(), 10);
    drop(meanwhile);
    assert_eq!(gate.running(), 0);
    assert_eq!(
        calls(&gate, &samples::published("other"), "1", 20).len(),
        10
    );
}

#[test]
fn a_host_never_runs_more_than_its_limit() {
    let gate = Gate::new(10);
    let free = samples::published("greet");
    let before = calls(&gate, &free, "1", 10);
    let reserved = reserved("greet", 5);
    follow(&gate, Some(&free), Some(&reserved));
    assert_eq!(call(&gate, &reserved, "1").err(), Some(ACCOUNT_IS_FULL));
    drop(before);
    assert_eq!(calls(&gate, &reserved, "1", 10).len(), 5);
}

#[test]
fn on_a_host_that_is_smaller_than_what_is_reserved_others_run_nothing_until_it_is_taken_back() {
    let gate = Gate::new(10);
    let record = reserved("greet", 900);
    follow(&gate, None, Some(&record));
    assert!(gate.is_all_set_aside());
    assert_eq!(gate.enter().err(), Some(ACCOUNT_IS_FULL));
    assert_eq!(calls(&gate, &record, "1", 20).len(), 10);
    follow(&gate, Some(&record), None);
    assert!(!gate.is_all_set_aside());
    assert!(gate.enter().is_ok());
}

#[test]
fn provisioned_places_are_taken_first_and_calls_spill_over_into_the_rest() {
    let gate = Gate::new(100);
    let record = samples::provisioned(&reserved("greet", 5), "live", 2);
    follow(&gate, None, Some(&record));
    let entered = calls(&gate, &record, "live", 10);
    let provisioned = entered.iter().filter(|entered| entered.is_provisioned());
    assert_eq!((entered.len(), provisioned.count()), (5, 2));
    assert_eq!(
        call(&gate, &record, "live").err(),
        Some(RESERVATION_IS_FULL)
    );
    let figures = gate.figures(9);
    let of_function = &figures.functions[0];
    assert_eq!((of_function.reserved, of_function.running), (Some(5), 5));
    let config = &of_function.provisioned[0];
    assert_eq!(
        (config.requested, config.in_use, config.spilled_over),
        (2, 2, 3)
    );
    drop(entered);
    // Calls that were not sent there do not take them.
    assert_eq!(calls(&gate, &record, "1", 10).len(), 3);
}

#[test]
fn without_a_reservation_calls_spill_over_into_what_is_shared() {
    let gate = Gate::new(10);
    let record = samples::provisioned(&samples::published("greet"), "1", 4);
    follow(&gate, None, Some(&record));
    let others = calls(&gate, &samples::published("other"), "1", 20);
    assert_eq!(others.len(), 6);
    let entered = calls(&gate, &record, "1", 20);
    assert_eq!(entered.len(), 4);
    assert_eq!(call(&gate, &record, "1").err(), Some(ACCOUNT_IS_FULL));
    drop(others);
    assert_eq!(calls(&gate, &record, "1", 20).len(), 6);
    assert_eq!(gate.figures(9).functions[0].provisioned[0].spilled_over, 6);
}

#[test]
fn where_all_that_is_reserved_is_provisioned_latest_does_not_run() {
    let gate = Gate::new(100);
    let record = samples::provisioned(&reserved("greet", 2), "1", 2);
    follow(&gate, None, Some(&record));
    assert_eq!(
        call(&gate, &record, "$LATEST").err(),
        Some(RESERVATION_IS_FULL)
    );
    assert_eq!(calls(&gate, &record, "1", 9).len(), 2);
}

#[test]
fn places_that_are_provisioned_no_longer_are_given_back_all_the_same() {
    let gate = Gate::new(10);
    let free = samples::published("greet");
    let record = samples::provisioned(&free, "1", 4);
    follow(&gate, None, Some(&record));
    let entered = calls(&gate, &record, "1", 4);
    follow(&gate, Some(&record), None);
    assert_eq!(gate.figures(9).functions.len(), 1);
    follow(&gate, None, Some(&record));
    let more = calls(&gate, &record, "1", 1);
    assert!(!more[0].is_provisioned());
    drop((entered, more));
    follow(&gate, Some(&record), None);
    assert_eq!(gate.figures(9).functions, []);
    assert_eq!((gate.running(), gate.figures(9).unreserved), (0, 10));
}

#[test]
fn what_was_provisioned_is_shown_until_its_last_call_has_ended() {
    let gate = Gate::new(100);
    let free = reserved("greet", 9);
    let record = samples::provisioned(&free, "1", 4);
    follow(&gate, None, Some(&record));
    let entered = calls(&gate, &record, "1", 1);
    follow(&gate, Some(&record), Some(&free));
    let shown = || gate.figures(9).functions[0].provisioned.clone();
    assert_eq!((shown()[0].requested, shown()[0].in_use), (0, 1));
    drop(entered);
    assert_eq!(shown(), []);
}

#[test]
fn as_many_functions_are_shown_as_are_asked_for() {
    let gate = Gate::new(1_000);
    for name in ["a", "b", "c"] {
        follow(&gate, None, Some(&reserved(name, 1)));
    }
    let figures = gate.figures(2);
    assert_eq!(
        (figures.functions.len(), figures.functions_left_out),
        (2, 1)
    );
    assert_eq!((figures.limit, figures.unreserved), (1_000, 997));
}

#[test]
fn a_call_that_was_resolved_before_its_function_got_nothing_runs_on_what_is_shared() {
    let gate = Gate::new(1);
    let stale = Arc::new(reserved("greet", 5));
    let entered = call(&gate, &stale, "1").unwrap();
    assert_eq!(call(&gate, &stale, "1").err(), Some(ACCOUNT_IS_FULL));
    assert!(!entered.is_provisioned());
}

#[test]
fn initializations_count_like_invocations_and_are_none() {
    let gate = Gate::new(2);
    let name = reserved("greet", 1).latest.function.clone();
    let initialize = || gate.initialize(Initializing::Function(&name));
    let first = initialize().expect("there is room");
    let call = gate.enter().expect("there is room");
    assert!(initialize().is_none());
    assert_eq!(gate.enter().err(), Some(ACCOUNT_IS_FULL));
    assert_eq!(gate.running(), 1);
    let throttled = gate.figures(9).throttled_by_account;
    assert_eq!(
        throttled, 1,
        "an initialization that waits is no call that was refused"
    );
    drop(first);
    assert!(gate.enter().is_ok());
    drop(call);
    assert_eq!(gate.running(), 0);
}

#[test]
fn where_others_have_all_that_is_shared_an_initialization_takes_what_its_own_function_has() {
    let gate = Gate::new(3);
    let record = reserved("greet", 2);
    follow(&gate, None, Some(&record));
    let name = record.latest.function.clone();
    let _shared = gate.enter().expect("there is room");
    assert!(gate.initialize(Initializing::Surplus).is_none());
    let initialization = gate.initialize(Initializing::Function(&name));
    assert!(initialization.is_some());
    let running = calls(&gate, &record, "1", 3);
    assert_eq!(running.len(), 1, "the other place is taken");
    assert_eq!(gate.running(), 2);
    drop(initialization);
    assert!(call(&gate, &record, "1").is_ok());
}

#[tokio::test]
async fn a_gate_that_closes_waits_for_no_initialization() {
    let gate = Gate::new(3);
    let _initialization = gate
        .initialize(Initializing::Surplus)
        .expect("there is room");
    let call = gate.enter().expect("there is room");
    let closing = tokio::spawn({
        let gate = gate.clone();
        async move { gate.close_and_empty().await }
    });
    while gate.enter().err() != Some(Refusal::ShuttingDown) {
        tokio::task::yield_now().await;
    }
    assert!(!closing.is_finished());
    drop(call);
    closing.await.expect("closed");
}

#[tokio::test(start_paused = true)]
async fn an_initialization_waits_until_somebody_leaves_or_its_patience_is_over() {
    const PATIENCE: Duration = Duration::from_secs(5);
    let gate = Gate::new(1);
    let call = gate.enter().expect("there is room");
    let mut patience = PATIENCE;
    assert!(
        !gate
            .wait_to_initialize(Initializing::Surplus, &mut patience)
            .await
    );
    assert_eq!(patience, Duration::ZERO);

    let waiting = tokio::spawn({
        let gate = gate.clone();
        async move {
            let mut patience = PATIENCE;
            let has_room = gate
                .wait_to_initialize(Initializing::Surplus, &mut patience)
                .await;
            (has_room, patience)
        }
    });
    while gate.shared.waiting.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    drop(call);
    assert_eq!(waiting.await.expect("woken"), (true, PATIENCE));
    assert_eq!(gate.shared.waiting.load(Ordering::SeqCst), 0);
    assert!(gate.enter().is_ok(), "what waited has taken nothing yet");
}
