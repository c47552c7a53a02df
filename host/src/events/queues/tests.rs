use std::sync::Mutex;

use super::*;
use crate::events::event::EventId;
use crate::events::log::Lease;
use crate::events::tests::{Leaping, name};

fn handed(function: &str, ids: std::ops::RangeInclusive<u64>, token: u64) -> Handed {
    let events = ids.map(|id| Leased {
        lease: Lease {
            work: EventId(id),
            token,
        },
        lane: name(function),
        due_ms: 0,
        tries: 0,
    });
    Handed {
        events: events.collect(),
        ..Handed::default()
    }
}

fn queues() -> Queues {
    Queues::new(8, Arc::new(Leaping(Mutex::new(0))))
}

#[test]
fn one_function_never_takes_all_the_room_of_events() {
    let queues = queues();
    queues.hold(handed("greet", 1..=10, 1));
    let running = queues.take().events.len();
    queues.hold(handed("other", 11..=11, 1));
    let next: Vec<u64> = queues.take().events.iter().map(|turn| turn.id).collect();
    assert_eq!((running, next), (2, vec![11]));
}

#[test]
fn what_is_handed_out_again_does_not_run_twice_and_has_the_newest_lease() {
    let queues = queues();
    queues.hold(handed("greet", 1..=1, 1));
    assert_eq!(queues.take().events.len(), 1);
    queues.hold(handed("greet", 1..=1, 2));
    assert_eq!(queues.take().events.len(), 0);
    assert_eq!(queues.look(|state| state.events.token(1)), 2);
}
