//! What one invocation leaves behind for the next: nothing.

use std::thread;

use serde_json::json;
use sparkler_tests::{TestHost, guests, wat};

#[test]
fn memories_globals_and_tables_are_clean_in_every_sandbox() {
    let host = TestHost::shared();
    let [one, other] = [0, 1].map(|_| host.deploy(wat::guest("residue.wat")));
    // Several at once, so that many slots are dirtied and used again, by both functions.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(one.invoke("{}").text(), "0");
                    assert_eq!(other.invoke("{}").text(), "0");
                }
            });
        }
    });
}

#[test]
fn a_static_of_a_rust_guest_is_new_in_every_invocation() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let first = function.invoke(json!({ "do": "remember" }));
    assert_eq!(first.function_error(), None, "{}", first.text());
    for _ in 0..10 {
        assert_eq!(
            function.invoke(json!({ "do": "remember" })).text(),
            first.text()
        );
    }
}

#[test]
fn nothing_is_left_after_a_guest_that_failed() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("residue.wat"));
    let hungry = host.deploy(wat::guest("grow_memory.wat"));
    for _ in 0..5 {
        assert!(hungry.invoke("{}").function_error().is_some());
        assert_eq!(function.invoke("{}").text(), "0");
    }
}
