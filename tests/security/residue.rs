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
fn guests_of_every_size_leave_nothing_to_each_other() {
    let host = TestHost::shared();
    let functions = PAGES.map(|pages| host.deploy(residue(pages)));
    for _ in 0..10 {
        for (function, pages) in functions.iter().zip(PAGES) {
            let reply = function.invoke("{}");
            assert_eq!(reply.text(), "0", "a memory of {pages} pages");
        }
    }
}

#[test]
fn a_sandbox_that_is_reused_leaves_nothing_to_the_next_sandbox_nor_to_others() {
    let host = TestHost::shared();
    for pages in PAGES {
        let reusing = host
            .function(residue(pages))
            .variable("SPARKLER_REUSE", "3")
            .deploy();
        let other = host.deploy(residue(pages));
        // What it finds in the second and the third is its own.
        for expected in ["0", "1", "1", "0", "1", "1", "0"] {
            assert_eq!(reusing.invoke("{}").text(), expected, "{pages} pages");
            assert_eq!(other.invoke("{}").text(), "0", "{pages} pages");
        }
    }
}

/// Sizes of a memory at the start, in pages of 64 KiB: from what any pool keeps to what none does.
const PAGES: [u32; 7] = [1, 4, 5, 16, 64, 256, 512];

/// The guest that looks for what was left behind, with a memory of that size.
fn residue(pages: u32) -> Vec<u8> {
    let text = std::fs::read_to_string(wat::folder().join("residue.wat")).expect("a text");
    let (before, after) = text.split_once("(memory $own 4)").expect("its own memory");
    wat::in_shell(&format!("{before}(memory $own {pages}){after}"))
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
