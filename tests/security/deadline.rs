//! Time: whatever a guest is doing, it is stopped at its deadline.

use std::thread;
use std::time::{Duration, Instant};

use sparkler_tests::{TestHost, wat};

use super::{assert_failed, assert_serving};

#[test]
fn a_guest_that_spins_is_stopped_at_its_deadline() {
    stopped_after_a_second("spin.wat");
}

#[test]
fn a_guest_that_waits_in_a_host_call_is_stopped_at_its_deadline() {
    stopped_after_a_second("sleep.wat");
}

#[test]
fn a_guest_that_spins_before_its_handler_is_stopped_at_its_deadline() {
    stopped_after_a_second("spin_at_start.wat");
}

#[track_caller]
fn stopped_after_a_second(guest: &str) {
    let host = TestHost::shared();
    let function = host.function(wat::guest(guest)).timeout_seconds(1).deploy();
    let reply = function.invoke("{}");
    assert_failed(&reply, "Sandbox.Timedout");
    let id = reply.header("x-amzn-requestid").expect("a request id");
    assert_eq!(
        reply.member("errorMessage"),
        format!("RequestId: {id} Error: Task timed out after 1.00 seconds")
    );
    let log = reply.log();
    assert_eq!(log.field("Duration").as_deref(), Some("1000.00 ms"));
    assert_eq!(log.field("Status").as_deref(), Some("timeout"));
    assert_serving(host);
}

/// The promise that a deadline is: it is kept when every core is taken, and the others still run.
#[test]
fn deadlines_hold_and_others_run_while_sixteen_guests_spin() {
    let host = TestHost::start();
    let spinner = host
        .function(wat::guest("spin.wat"))
        .timeout_seconds(5)
        .deploy();
    let late = host
        .function(wat::guest("spin.wat"))
        .timeout_seconds(1)
        .deploy();
    let quick = host.deploy(wat::guest("answer_of_size.wat"));
    // Loaded beforehand, so that what is measured is the deadline and not the loading.
    assert_eq!(quick.invoke(1).text(), "1");
    assert_failed(&late.invoke("{}"), "Sandbox.Timedout");

    thread::scope(|scope| {
        let spinning: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| spinner.invoke("{}")))
            .collect();
        let started = Instant::now();
        assert_failed(&late.invoke("{}"), "Sandbox.Timedout");
        let took = started.elapsed();
        assert!(
            took >= Duration::from_secs(1),
            "stopped early, after {took:?}"
        );
        assert!(
            took < Duration::from_millis(1200),
            "stopped late, after {took:?}"
        );

        let mut answers = 0;
        while spinning.iter().any(|thread| !thread.is_finished()) {
            assert_eq!(quick.invoke(1).text(), "1");
            answers += 1;
        }
        assert!(answers > 10, "only {answers} answers while others spun");
        for thread in spinning {
            assert_failed(&thread.join().expect("an answer"), "Sandbox.Timedout");
        }
    });
}
