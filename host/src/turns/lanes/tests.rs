use super::*;

fn lanes(running_max: usize, per_lane_max: usize) -> Lanes<&'static str> {
    Lanes::new(Room {
        running_max,
        per_lane_max,
    })
}

fn turn(lane: &'static str, id: u64, due_ms: u64) -> Turn<&'static str> {
    Turn {
        lane,
        id,
        due_ms,
        tries: 0,
    }
}

fn taken(lanes: &mut Lanes<&'static str>, now_ms: u64) -> Vec<(&'static str, u64)> {
    let turns = lanes.take(now_ms).into_iter();
    turns.map(|turn| (turn.lane, turn.id)).collect()
}

#[test]
fn a_flood_in_one_lane_does_not_starve_another() {
    let mut lanes = lanes(4, 4);
    for id in 0..1_000 {
        lanes.insert(turn("flood", id, 0));
    }
    assert_eq!(taken(&mut lanes, 0).len(), 4);
    lanes.insert(turn("small", 1_000, 0));
    lanes.insert(turn("small", 1_001, 0));
    lanes.ended(&"flood", Went::Ran, 0);
    lanes.ended(&"flood", Went::Ran, 0);
    lanes.ended(&"flood", Went::Ran, 0);
    lanes.ended(&"flood", Went::Ran, 0);
    let next = taken(&mut lanes, 0);
    let of_small = next.iter().filter(|(lane, _)| *lane == "small").count();
    assert_eq!((next.len(), of_small), (4, 2), "{next:?}");
}

#[test]
fn no_lane_takes_all_the_room() {
    let mut lanes = lanes(10, 3);
    for id in 0..100 {
        lanes.insert(turn("flood", id, 0));
    }
    assert_eq!(taken(&mut lanes, 0).len(), 3);
    assert_eq!(lanes.wake_ms(), None, "it is full, not late");
    lanes.ended(&"flood", Went::Ran, 0);
    assert_eq!(taken(&mut lanes, 0), [("flood", 3)]);
}

#[test]
fn what_is_not_due_waits_and_tells_until_when() {
    let mut lanes = lanes(10, 10);
    lanes.insert(turn("a", 1, 500));
    lanes.insert(turn("b", 2, 300));
    assert_eq!(taken(&mut lanes, 299), []);
    assert_eq!(lanes.wake_ms(), Some(300));
    assert_eq!(taken(&mut lanes, 300), [("b", 2)]);
    assert_eq!(lanes.wake_ms(), Some(500));
    // One that is due earlier comes into a lane that waits.
    lanes.insert(turn("a", 3, 400));
    assert_eq!(lanes.wake_ms(), Some(400));
    assert_eq!(taken(&mut lanes, 500), [("a", 3), ("a", 1)]);
}

#[test]
fn a_refused_lane_waits_longer_each_time_and_others_go_on() {
    let mut lanes = lanes(10, 10);
    lanes.insert(turn("busy", 1, 0));
    let mut now_ms = 0;
    for wait_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000] {
        assert_eq!(taken(&mut lanes, now_ms), [("busy", 1)]);
        lanes.insert(turn("busy", 1, 0));
        lanes.ended(&"busy", Went::Refused, now_ms);
        assert_eq!(taken(&mut lanes, now_ms + wait_ms - 1), []);
        lanes.insert(turn("free", 2, 0));
        assert_eq!(taken(&mut lanes, now_ms + wait_ms - 1), [("free", 2)]);
        lanes.ended(&"free", Went::Ran, now_ms);
        now_ms += wait_ms;
    }
}

#[test]
fn one_that_ends_leaves_room_for_one_of_a_refused_lane() {
    let mut lanes = lanes(10, 10);
    for id in 0..6 {
        lanes.insert(turn("busy", id, 0));
    }
    assert_eq!(taken(&mut lanes, 0).len(), 6);
    // Two run, four are refused together: that is one refusal.
    for id in 2..6 {
        lanes.insert(turn("busy", id, 0));
        lanes.ended(&"busy", Went::Refused, 0);
    }
    assert_eq!(taken(&mut lanes, 0), []);
    assert_eq!(lanes.wake_ms(), None, "as many run as there is room for");
    lanes.ended(&"busy", Went::Ran, 0);
    // One in the room that it left, one to see whether there is more.
    assert_eq!(taken(&mut lanes, 0), [("busy", 2), ("busy", 3)]);
}

#[test]
fn an_event_that_failed_by_itself_does_not_hold_up_its_lane() {
    let mut lanes = lanes(10, 1);
    lanes.insert(turn("f", 1, 0));
    lanes.insert(turn("f", 2, 0));
    assert_eq!(taken(&mut lanes, 0), [("f", 1)]);
    lanes.insert(turn("f", 1, 1_000));
    lanes.ended(&"f", Went::Failed, 0);
    assert_eq!(taken(&mut lanes, 0), [("f", 2)]);
}

#[test]
fn nothing_is_kept_of_a_lane_that_is_done() {
    let mut lanes = lanes(2, 2);
    lanes.insert(turn("f", 1, 0));
    taken(&mut lanes, 0);
    lanes.ended(&"f", Went::Ran, 0);
    assert!(lanes.lanes.is_empty() && lanes.ready.is_empty() && lanes.later.is_empty());
    assert_eq!(lanes.running(), 0);
}
