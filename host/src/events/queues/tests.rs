use super::*;
use crate::events::RetryDelays;
use crate::events::store::Indexed;
use crate::events::tests::{HOUR_MS, Leaping, START_MS, event, name};

#[test]
fn a_full_queue_refuses_in_a_sentence_and_keeps_what_it_has() {
    let clock = Arc::new(Leaping(Mutex::new(0)));
    let queues = Arc::new(Queues::new(2, 10, clock));
    let first = queues.reserve(6).expect("room");
    let refusal = queues.reserve(5).err().expect("no room");
    let text = refusal.to_string();
    assert!(text.contains("1 wait, with 6 bytes"), "{text}");
    drop(first);
    queues.reserve(10).expect("room again").keep();
    assert!(queues.reserve(1).is_err());
}

#[test]
fn one_function_never_takes_all_the_room_of_events() {
    let queues = Queues::new(8, 1_000, Arc::new(Leaping(Mutex::new(0))));
    for id in 1..=10 {
        queues.admit(event(id, "1"));
    }
    let running = queues.take().runs.len();
    let mut other = event(11, "1");
    other.new.function = name("other");
    queues.admit(other);
    let next: Vec<u64> = queues.take().runs.iter().map(|turn| turn.id).collect();
    assert_eq!((running, next), (2, vec![11]));
}

#[test]
fn an_event_that_was_accepted_while_the_clock_was_ahead_does_not_wait_for_that_time() {
    let indexed = |due_ms| Indexed {
        id: EventId(1),
        function: name("f"),
        due_ms,
        bytes: 1,
        waits: true,
    };
    let wakes = |due_ms| {
        let queues = Queues::new(8, 1_000, Arc::new(Leaping(Mutex::new(START_MS))));
        let found = Found {
            events: vec![indexed(due_ms)],
            ..Found::default()
        };
        queues.take_up(found, RetryDelays::default().wait_ms_max());
        queues.take().wake_ms
    };
    assert_eq!(wakes(START_MS + 120_000), Some(START_MS + 120_000));
    assert_eq!(wakes(START_MS + HOUR_MS), Some(START_MS + 300_000));
}
