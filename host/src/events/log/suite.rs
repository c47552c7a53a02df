//! What any log must do: one behaviour a function, over a log that the caller opens.
//!
//! An implementation passes them with [`behaviours`]: it names a function that opens an empty log with
//! bounds and a time by which leases lapse, and gives it together with what has to outlive it.

pub(super) mod endings;
pub(super) mod leases;
pub(super) mod numbers;

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::events::message::Head;
use crate::events::target::Target;
use crate::events::tests::{name, new_event};

/// A log that is tested, and a host that has joined it.
pub(super) struct Bench {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) holder: HolderId,
    time: Arc<Mutex<Duration>>,
    _kept: Box<dyn Send>,
}

/// What an implementation brings: its log, and what has to outlive it.
pub(super) type Opened = (Arc<dyn EventLog>, Box<dyn Send>);

pub(super) const ACCOUNT: &str = "123456789012";

/// Events of one function that a host holds at once.
pub(super) const HELD_MAX: usize = 3;

/// Makes a test of each behaviour.
macro_rules! behaviours {
    ($open:path: $($module:ident::$name:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            let bench = $crate::events::log::suite::Bench::open($open).await;
            $crate::events::log::suite::$module::$name(bench).await;
        })*
    };
    ($open:path) => {
        $crate::events::log::suite::behaviours! { $open:
            numbers::an_event_comes_back_as_it_was_given,
            numbers::numbers_rise_and_none_is_given_twice,
            numbers::a_full_log_refuses_and_keeps_what_it_has,
            numbers::an_account_has_its_share_of_the_room,
            numbers::lists_are_filtered_and_go_on,
            numbers::a_list_shows_each_member_as_it_is,
            numbers::accounts_do_not_see_each_other,
            leases::what_is_leased_is_handed_to_nobody_else,
            leases::a_holder_gets_no_more_of_a_function_than_it_has_room_for,
            leases::what_is_not_due_waits_and_tells_until_when,
            leases::what_a_silent_holder_held_goes_to_the_next,
            leases::a_holder_that_is_heard_of_keeps_what_it_holds,
            leases::a_lapsed_lease_settles_nothing,
            leases::what_cannot_run_waits_and_keeps_its_tries,
            leases::who_leaves_gives_back_what_it_has_not_begun,
            leases::what_comes_in_wakes_whoever_waits,
            leases::what_seems_to_be_due_too_late_is_due_earlier,
            endings::what_is_done_is_gone_and_its_room_is_free,
            endings::a_retry_counts_the_run_and_waits,
            endings::an_event_goes_when_all_its_messages_are_delivered,
            endings::a_message_that_was_given_up_kills_its_event_and_can_go_out_again,
            endings::what_comes_of_an_end_is_accepted_with_it,
            endings::the_dead_are_counted_and_the_old_ones_go,
            endings::the_oldest_dead_make_room,
            endings::the_dead_of_an_account_push_out_its_own_alone,
            endings::the_largest_dead_of_an_account_push_out_its_own_alone,
            endings::a_dead_event_runs_again_as_if_it_were_new,
        }
    };
}
pub(super) use behaviours;

impl Bench {
    /// An empty log with little room, and a host at it.
    pub(super) async fn open(open: impl FnOnce(LogBounds, LogClock) -> Opened) -> Self {
        let time = Arc::new(Mutex::new(Duration::ZERO));
        let read = Arc::clone(&time);
        let clock = LogClock::new(move || *read.lock().expect("the time"));
        let bounds = LogBounds {
            events_max: 10,
            bytes_max: 1_000,
            cached_bytes_max: 300,
            dead_max: 5,
            dead_bytes_max: 1_000,
        };
        let (log, kept) = open(bounds, clock);
        let bench = Self {
            log,
            holder: HolderId(Uuid::from_u128(1)),
            time,
            _kept: kept,
        };
        bench.join(bench.holder).await;
        bench
    }

    pub(super) async fn join(&self, holder: HolderId) {
        let joining = Joining {
            holder,
            account: ACCOUNT.into(),
            events_per_function_max: HELD_MAX,
            messages_per_target_max: HELD_MAX,
            due_ms_max: u64::MAX,
        };
        self.log.join(joining).await.expect("joined");
    }

    /// Another host.
    pub(super) async fn other(&self) -> HolderId {
        let other = HolderId(Uuid::from_u128(2));
        self.join(other).await;
        other
    }

    /// Lets time pass by which leases lapse.
    pub(super) fn pass(&self, duration: Duration) {
        *self.time.lock().expect("the time") += duration;
    }

    pub(super) async fn accept(&self, function: &str, payload: &str) -> EventId {
        self.log
            .accept(arrival(function, payload))
            .await
            .expect("there is room")
    }

    pub(super) async fn handed(&self, now_ms: u64) -> Handed {
        self.log.lease(self.holder, now_ms).await.expect("leased")
    }

    /// The one event that is due.
    pub(super) async fn leased(&self, now_ms: u64) -> Lease<EventId> {
        let mut handed = self.handed(now_ms).await;
        let leased = handed.events.pop().expect("an event is due");
        assert_eq!((handed.events, handed.messages), (vec![], vec![]));
        leased.lease
    }

    /// The messages that are due, in order.
    pub(super) async fn messages(&self, now_ms: u64) -> Vec<Lease<DeliveryId>> {
        let handed = self.handed(now_ms).await;
        let mut leases: Vec<_> = handed.messages.iter().map(|leased| leased.lease).collect();
        leases.sort_unstable_by_key(|lease| lease.work);
        leases
    }

    pub(super) async fn settle(&self, lease: Lease<EventId>, next: Settle) {
        self.log.settle(lease, next).await.expect("settled");
    }

    pub(super) async fn told(&self, lease: Lease<DeliveryId>, how: Told) {
        self.log.told(lease, how).await.expect("settled");
    }

    /// Accepts an event and lets it die.
    pub(super) async fn dead(&self, at_ms: u64) -> EventId {
        let id = self.accept("greet", "[1]").await;
        let lease = self.leased(at_ms).await;
        self.settle(lease, Settle::Die(ending(at_ms))).await;
        id
    }

    pub(super) async fn list(&self, filter: &Filter) -> Vec<Listed> {
        self.log.list(filter.clone(), 100).await.expect("read")
    }

    pub(super) async fn states(&self) -> Vec<(u64, State)> {
        let listed = self.list(&all()).await.into_iter();
        listed.map(|event| (event.id.0, event.state)).collect()
    }

    pub(super) async fn counts(&self, now_ms: u64) -> Counts {
        self.log
            .counts(ACCOUNT.into(), None, now_ms)
            .await
            .expect("read")
    }

    pub(super) async fn administer(&self, filter: Filter, what: Administer) -> usize {
        let moved = self.log.administer(filter, what).await.expect("moved");
        assert!(!moved.has_more);
        moved.events
    }
}

pub(super) fn all() -> Filter {
    Filter {
        account: ACCOUNT.into(),
        function: None,
        state: None,
        id: None,
        after: 0,
    }
}

pub(super) fn arrival(function: &str, payload: &str) -> Arrival {
    Arrival {
        account: ACCOUNT.into(),
        account_room: AccountRoom::ALL,
        new: new_event(function, payload),
        accepted_ms: 0,
        hops: 0,
    }
}

pub(in crate::events) fn ending(at_ms: u64) -> Ending {
    Ending {
        condition: Condition::RetriesExhausted,
        reason: "It failed.".into(),
        runs: 3,
        at_ms,
    }
}

pub(super) fn message(target: &str) -> Message {
    Message {
        head: Head {
            target: Target::of(target),
            name: "n".into(),
            at_ms: 7,
            attributes: vec![crate::events::message::Attribute::string("a", "b".into())],
        },
        body: "body".into(),
        expires_ms: 99,
    }
}

pub(super) fn deliver(targets: &[&str]) -> Settle {
    Settle::Deliver {
        ending: ending(7),
        messages: targets.iter().map(|target| message(target)).collect(),
        events: vec![],
    }
}
