//! Many at once.

use std::thread;

use sparkler_tests::lambda::{Lambda, invocation};
use sparkler_tests::{Connection, NewFunction, Reply, Request, TestHost, guests};

use super::{assert_refused, echo};

#[test]
fn every_caller_gets_its_own_answer() {
    thread::scope(|scope| {
        for caller in 0..32 {
            scope.spawn(move || {
                let mut connection = Connection::open(TestHost::shared().address());
                for call in 0..20 {
                    let event = format!("{{\"caller\":{caller},\"call\":{call}}}");
                    let request = invocation(echo().name(), event.clone());
                    assert_eq!(connection.exchange(&request).text(), event);
                }
            });
        }
    });
}

#[test]
fn of_many_who_create_one_function_one_succeeds() {
    let lambda = TestHost::shared().lambda();
    let new = NewFunction::new("contested", guests::echo());
    let statuses = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| lambda.create(&new).status))
            .collect();
        let mut statuses: Vec<u16> = threads
            .into_iter()
            .map(|thread| thread.join().expect("an answer"))
            .collect();
        statuses.sort_unstable();
        statuses
    });
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

/// PutFunctionConcurrency.
fn reserve(lambda: Lambda, function: &str, reserved: u32) -> Reply {
    Request::new(
        "PUT",
        format!("/2017-10-31/functions/{function}/concurrency"),
    )
    .header("Content-Type", "application/json")
    .body(format!(r#"{{"ReservedConcurrentExecutions":{reserved}}}"#))
    .send(lambda.address)
}

/// Begins `calls` invocations at once that take a while, and gives the statuses of all answers. Each
/// call is on its way before the first is answered.
fn statuses(function: &str, calls: usize) -> Vec<u16> {
    let request = invocation(function, r#"{"do":"sleep","ms":3000}"#);
    let mut connections: Vec<_> = (0..calls)
        .map(|_| Connection::open(TestHost::shared().address()))
        .collect();
    for connection in &mut connections {
        connection.begin(&request);
    }
    let answers = connections.iter_mut().map(Connection::read);
    answers.map(|answer| answer.status).collect()
}

#[test]
fn of_a_hundred_calls_as_many_run_as_are_reserved_and_another_function_is_not_affected() {
    let host = TestHost::shared();
    let slow = host.deploy(guests::behaviours());
    assert_eq!(reserve(host.lambda(), slow.name(), 10).status, 200);
    thread::scope(|scope| {
        let calls = scope.spawn(|| statuses(slow.name(), 100));
        while !calls.is_finished() {
            assert_eq!(echo().invoke("{}").status, 200);
        }
        let statuses = calls.join().expect("all are answered");
        let with = |status| statuses.iter().filter(|found| **found == status).count();
        assert_eq!((with(200), with(429)), (10, 90));
    });
    // What ran was given back.
    assert_eq!(slow.invoke(r#"{"do":"sleep","ms":1}"#).status, 200);
}

#[test]
fn a_function_for_which_nothing_is_reserved_is_throttled_until_it_is_freed() {
    let host = TestHost::shared();
    let function = host.deploy(guests::echo());
    assert_eq!(reserve(host.lambda(), function.name(), 0).status, 200);
    let refused = function.invoke("{}");
    assert_refused(&refused, 429, "TooManyRequestsException", "Rate Exceeded.");
    let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    assert_eq!(refused.json()["Reason"], reason);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let path = format!("/2017-10-31/functions/{}/concurrency", function.name());
    let freed = Request::new("DELETE", path).send(host.address());
    assert_eq!(freed.status, 204);
    assert_eq!(function.invoke("{}").status, 200);
}
