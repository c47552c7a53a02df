//! Memory: the limit counts all that an invocation has, wherever it hides it.

use serde_json::json;
use sparkler_tests::{TestHost, guests, wat};

use super::{assert_failed, assert_serving, invoke_once};

#[test]
fn one_memory_grows_to_the_limit_and_no_further() {
    assert_out_of_memory("grow_memory.wat");
}

#[test]
fn several_memories_share_one_limit() {
    assert_out_of_memory("grow_memories.wat");
}

#[track_caller]
fn assert_out_of_memory(guest: &str) {
    let reply = invoke_once(guest, "{}");
    assert_failed(&reply, "Runtime.OutOfMemory");
    let log = reply.log();
    assert_eq!(log.field("Status").as_deref(), Some("error"));
    assert_eq!(
        log.field("Error Type").as_deref(),
        Some("Runtime.OutOfMemory")
    );
    let used = log.figure("Max Memory Used");
    assert!((120.0..=128.0).contains(&used), "{used} MB of 128 MB used");
    assert_serving(TestHost::shared());
}

#[test]
fn a_guest_of_128_mb_that_allocates_600_mb_is_told_that_it_ran_out_of_memory() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let reply = function.invoke(json!({ "do": "allocate", "mb": 600 }));
    assert_failed(&reply, "Runtime.OutOfMemory");
    assert_eq!(
        function
            .invoke(json!({ "do": "echo", "event": 1 }))
            .function_error(),
        None
    );
}

#[test]
fn a_guest_that_is_given_more_memory_may_use_it() {
    let host = TestHost::shared();
    let function = host.function(guests::behaviours()).memory_mb(1024).deploy();
    let reply = function.invoke(json!({ "do": "allocate", "mb": 600 }));
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    let used = reply.log().figure("Max Memory Used");
    assert!((600.0..=1024.0).contains(&used), "{used} MB used");
}

#[test]
fn a_guest_that_is_refused_memory_and_goes_on_has_not_failed() {
    let reply = invoke_once("survive_refused_growth.wat", "{}");
    assert_eq!((reply.function_error(), reply.text()), (None, "null"));
    let used = reply.log().figure("Max Memory Used");
    assert!(used < 10.0, "what was refused is not used: {used} MB");
}

#[test]
fn tables_are_bounded() {
    let reply = invoke_once("grow_tables.wat", "{}");
    assert!(reply.function_error().is_some(), "{}", reply.text());
    assert!(reply.log().figure("Max Memory Used") <= 128.0);
    assert_serving(TestHost::shared());
}

#[test]
fn a_memory_that_starts_above_the_limit_is_named() {
    let guest = "(core module $large (memory 4096)
        (func (export \"handle\") (param i32) (result i32) (unreachable)))
        (core instance $guest (instantiate $large))";
    let reply = TestHost::shared().deploy(wat::in_shell(guest)).invoke("{}");
    assert_failed(&reply, "Runtime.OutOfMemory");
}

#[test]
fn endless_recursion_ends_at_the_stack() {
    let reply = invoke_once("recurse.wat", "{}");
    assert_failed(&reply, "Runtime.ExitError");
    let message = reply.member("errorMessage");
    assert!(message.contains("stack"), "{message}");
    assert_serving(TestHost::shared());
}

#[test]
fn endless_recursion_of_a_rust_guest_traps_and_corrupts_nothing() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let reply = function.invoke(json!({ "do": "stack-overflow" }));
    assert_failed(&reply, "Runtime.ExitError");
    assert!(
        reply.member("errorMessage").contains("stack-bytes"),
        "{}",
        reply.text()
    );
    assert_eq!(
        function
            .invoke(json!({ "do": "echo", "event": 1 }))
            .function_error(),
        None
    );
}
