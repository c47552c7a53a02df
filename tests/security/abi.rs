//! The boundary itself: a guest that breaks its rules fails, and the host does not.

use sparkler_tests::{TestHost, wat};

use super::{assert_failed, assert_serving, invoke_once};

#[test]
fn a_result_that_breaks_the_rules_is_the_guests_failure() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("broken_result.wat"));
    for case in 0..=5 {
        let reply = function.invoke(case);
        assert_eq!(reply.status, 200, "case {case}");
        assert!(
            reply.function_error().is_some(),
            "case {case}: {}",
            reply.text()
        );
    }
    assert_serving(host);
}

#[test]
fn an_allocator_that_points_outside_of_its_memory_is_the_guests_failure() {
    assert_failed(
        &invoke_once("broken_allocator.wat", "{}"),
        "Runtime.ExitError",
    );
    assert_serving(TestHost::shared());
}

#[test]
fn a_guest_that_cannot_be_set_up_says_so() {
    let reply = invoke_once("trap_at_start.wat", "{}");
    assert_eq!(reply.status, 200);
    assert!(reply.function_error().is_some(), "{}", reply.text());
    assert_serving(TestHost::shared());
}
