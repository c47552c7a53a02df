//! What the host holds for a guest is the guest's: it counts, is shown, runs out, and is gone with it.

use std::time::{Duration, Instant};

use sparkler_tests::{Reply, TestHost, metric, wat};

use super::{assert_failed, assert_serving};

/// What all guests of a host hold, in bytes.
fn held(host: &TestHost) -> u64 {
    metric(host.address(), "sparkler_guest_memory_bytes")
}

#[track_caller]
fn assert_nothing_is_held(host: &TestHost) {
    let give_up_at = Instant::now() + Duration::from_secs(20);
    while held(host) > 0 {
        assert!(Instant::now() < give_up_at, "{} bytes are held", held(host));
        std::thread::yield_now();
    }
}

#[track_caller]
fn out_of_memory(component: Vec<u8>) -> Reply {
    let host = TestHost::start();
    let reply = host.deploy(component).invoke("{}");
    assert_failed(&reply, "Runtime.OutOfMemory");
    assert_nothing_is_held(&host);
    assert_serving(&host);
    reply
}

/// The guest uses up all its memory, nearly none of it in memories of its own.
#[track_caller]
fn assert_used_up(guest: &str) {
    let reply = out_of_memory(wat::guest(guest));
    let used = reply.log().figure("Max Memory Used");
    assert!((120.0..=128.0).contains(&used), "{used} MB of 128 MB used");
}

#[test]
fn large_headers() {
    assert_used_up("fields_flood.wat");
}

#[test]
fn empty_headers() {
    assert_used_up("empty_fields_flood.wat");
}

#[test]
fn copies_of_headers() {
    assert_used_up("copied_fields_flood.wat");
}

#[test]
fn texts_of_requests() {
    assert_used_up("request_texts_flood.wat");
}

#[test]
fn bodies_that_are_not_sent() {
    assert_used_up("bodies_flood.wat");
}

#[test]
fn handles() {
    assert_used_up("handles_in_full_memory.wat");
}

#[test]
fn a_list_of_what_is_waited_for() {
    out_of_memory(wat::guest("long_poll_list.wat"));
}

#[test]
fn globals() {
    let globals = "(global i64 (i64.const 1))".repeat(600_000);
    // What it asks for besides would do alone: 119 of 128 MB.
    let guest = format!(
        "(core module $large {globals}) (core instance (instantiate $large))
        (core module $hungry
            (import \"base\" \"memory\" (memory 2))
            (func (export \"handle\") (param i32) (result i32)
                (drop (memory.grow (i32.const 1902)))
                (unreachable)))
        (core instance $guest (instantiate $hungry (with \"base\" (instance $base))))"
    );
    let reply = out_of_memory(wat::in_shell(&guest));
    assert!(reply.log().figure("Max Memory Used") > 9.0);
}

#[test]
fn growth_that_was_never_possible_gives_nothing_back() {
    assert_used_up("grow_beyond_type.wat");
}
