use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn lane(owner: &str, name: &str) -> Lane {
    Lane {
        owner: owner.into(),
        name: name.into(),
    }
}

/// One after the other.
fn one_place() -> Fair {
    places([1])
}

/// Levels of 1, 10, 100 seconds, with so many places.
fn places<const N: usize>(at_once: [usize; N]) -> Fair {
    let times = (0..).map(|level| SECOND * 10_u32.pow(level));
    let levels = at_once.into_iter().zip(times);
    let levels = levels.map(|(at_once, time)| Level { at_once, time });
    Fair::new(levels.collect(), usize::MAX)
}

/// Serves all that wait one after the other; their numbers.
fn order(fair: &mut Fair) -> Vec<u64> {
    std::iter::from_fn(|| {
        let id = fair.serve()?;
        fair.leave(id);
        Some(id)
    })
    .collect()
}

#[test]
fn who_is_short_goes_before_who_is_long_and_else_who_came_first() {
    let mut fair = one_place();
    let held = fair.ask(lane("a", "held"), SECOND);
    assert_eq!(fair.serve(), Some(held));
    let asks = [("long", 9), ("short", 1), ("middle", 3), ("as-short", 1)];
    let [long, short, middle, as_short] =
        asks.map(|(name, seconds)| fair.ask(lane("a", name), SECOND * seconds));
    assert_eq!(fair.serve(), None);
    fair.leave(held);
    assert_eq!(order(&mut fair), [short, as_short, middle, long]);
}

#[test]
fn a_flood_in_one_lane_or_of_one_owner_waits_behind_others() {
    let mut fair = one_place();
    let flood: Vec<u64> = (0..100)
        .map(|_| fair.ask(lane("a", "flood"), SECOND))
        .collect();
    let beside = fair.ask(lane("a", "beside"), SECOND);
    let of_other = fair.ask(lane("b", "other"), SECOND);
    assert_eq!(order(&mut fair)[..3], [flood[0], of_other, beside]);

    let many: Vec<u64> = (0..100)
        .map(|n| fair.ask(lane("a", &n.to_string()), SECOND))
        .collect();
    let of_others = ["b", "c"].map(|owner| fair.ask(lane(owner, "x"), SECOND * 2));
    let order = order(&mut fair);
    assert_eq!(order[..2], many[..2]);
    for id in of_others {
        let place = order.iter().position(|other| *other == id);
        assert!(place.is_some_and(|place| place < 5), "{order:?}");
    }
}

#[test]
fn a_short_one_that_comes_later_goes_before_those_that_wait() {
    let mut fair = one_place();
    let waiting = ["1", "2", "3", "4", "5", "6"].map(|name| fair.ask(lane("a", name), SECOND));
    for served in &waiting[..2] {
        assert_eq!(fair.serve(), Some(*served));
        fair.leave(*served);
    }
    let short = fair.ask(lane("a", "short"), SECOND / 2);
    assert_eq!(fair.serve(), Some(short));
}

#[test]
fn a_stream_of_short_ones_does_not_starve_a_long_one() {
    for owner in ["a", "b"] {
        let mut fair = one_place();
        let long = fair.ask(lane("a", "long"), SECOND * 10);
        let mut newest = fair.ask(lane(owner, "0"), SECOND);
        let served_before = (1..1_000).take_while(|n| {
            let served = fair.serve().expect("one waits");
            newest = fair.ask(lane(owner, &n.to_string()), SECOND);
            fair.leave(served);
            served != long
        });
        assert!(served_before.count() < 24, "{owner}");
        assert!(newest > long);
    }
}

#[test]
fn what_takes_longer_rises_where_there_is_room_and_leaves_its_place_to_short_ones() {
    let mut fair = places([2, 1]);
    let (one, other) = (
        fair.ask(lane("a", "1"), SECOND),
        fair.ask(lane("a", "2"), SECOND),
    );
    assert_eq!((fair.serve(), fair.serve()), (Some(one), Some(other)));
    assert!(fair.may_go_on(one, SECOND * 2) && fair.may_go_on(other, SECOND * 2));
    let short = fair.ask(lane("a", "short"), SECOND);
    assert_eq!(fair.serve(), None, "both places are taken");
    assert!(fair.may_go_on(one, SECOND / 2), "its time is not over");
    assert!(fair.may_go_on(one, SECOND * 3), "it rises");
    assert!(!fair.may_go_on(other, SECOND * 3), "it cannot");
    fair.leave(other);
    assert_eq!(fair.serve(), Some(short));
    assert_eq!(fair.expected_after(SECOND * 3), SECOND * 10);
    let again = fair.ask(lane("a", "2"), SECOND * 10);
    let next = fair.ask(lane("a", "next"), SECOND);
    fair.leave(short);
    assert_eq!(fair.serve(), Some(next), "the last place is for short ones");
    assert_eq!(fair.serve(), None);
    assert!(
        fair.may_go_on(one, SECOND * 1_000),
        "the highest level has all its time"
    );
    fair.leave(one);
    assert_eq!(fair.serve(), Some(again));
}

#[test]
fn nobody_rises_past_one_that_has_waited_for_that_level() {
    let mut fair = places([3, 2, 1]);
    let [first, second] = ["1", "2"].map(|name| fair.ask(lane("a", name), SECOND));
    assert_eq!((fair.serve(), fair.serve()), (Some(first), Some(second)));
    let large = fair.ask(lane("b", "large"), SECOND * 5);
    let larger = fair.ask(lane("b", "larger"), SECOND * 6);
    assert_eq!(fair.serve(), Some(large));
    assert!(
        !fair.may_go_on(first, SECOND * 2),
        "the larger one came before"
    );
    fair.leave(first);
    assert_eq!(fair.serve(), Some(larger));
}

#[test]
fn nobody_rises_while_one_waits_that_needs_less() {
    let mut fair = places([3, 1, 1]);
    let long = fair.ask(lane("a", "long"), SECOND * 10);
    assert_eq!(fair.serve(), Some(long));
    let middle = fair.ask(lane("a", "middle"), SECOND * 5);
    assert_eq!(fair.serve(), None, "there is one place for both");
    assert!(fair.may_go_on(long, SECOND * 9), "it has its time");
    assert!(!fair.may_go_on(long, SECOND * 11));
    fair.leave(long);
    assert_eq!(fair.serve(), Some(middle));
}

#[test]
fn whoever_could_leave_its_place_to_nobody_goes_on() {
    let mut fair = places([1, 1]);
    let one = fair.ask(lane("a", "1"), SECOND);
    assert_eq!(fair.serve(), Some(one));
    assert!(fair.may_go_on(one, SECOND * 100), "nobody waits");
    assert!(fair.may_go_on(one, SECOND * 1_000), "still nobody waits");
    let next = fair.ask(lane("a", "2"), SECOND);
    assert!(
        fair.may_go_on(one, SECOND * 1_001),
        "it rises as it would have"
    );
    assert_eq!(fair.serve(), None);
    fair.leave(one);
    assert_eq!(fair.serve(), Some(next));
}

#[test]
fn of_a_lane_no_more_are_served_than_may_be() {
    let levels = vec![Level {
        at_once: 10,
        time: SECOND,
    }];
    let mut fair = Fair::new(levels, 2);
    let spinning = [(); 4].map(|()| fair.ask(lane("a", "spins"), SECOND));
    assert_eq!(fair.serve(), Some(spinning[0]));
    assert_eq!(fair.serve(), Some(spinning[1]));
    assert_eq!(fair.serve(), None);
    let other = fair.ask(lane("a", "other"), SECOND);
    assert_eq!(fair.serve(), Some(other));
    assert_eq!((fair.waiting(), fair.served()), (2, 3));
}

#[test]
fn nothing_is_kept_of_those_who_are_gone() {
    let mut fair = one_place();
    for n in 0..10 {
        fair.ask(lane("a", &n.to_string()), SECOND);
    }
    fair.leave(3);
    assert_eq!(order(&mut fair).len(), 9);
    assert!(fair.owners.is_empty() && fair.waiting.is_empty() && fair.served.is_empty());
    assert_eq!(fair.time_ms, 0);
}
