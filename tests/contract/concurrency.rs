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

/// Waits until that many invocations run on what is reserved for a function.
fn wait_until_running(function: &str, count: usize) {
    let line = format!(
        "sparkler_function_invocations_running{{account=\"123456789012\",function=\"{function}\"}} {count}\n"
    );
    let metrics = Request::new("GET", "/metrics");
    while !metrics
        .send(TestHost::shared().address())
        .text()
        .contains(&line)
    {
        thread::yield_now();
    }
}

#[test]
fn of_a_hundred_calls_as_many_run_as_are_reserved_and_another_function_is_not_affected() {
    let host = TestHost::shared();
    let slow = host.deploy(guests::behaviours());
    assert_eq!(reserve(host.lambda(), slow.name(), 10).status, 200);
    assert_eq!(slow.invoke(r#"{"do":"sleep","ms":1}"#).status, 200);
    let request = invocation(slow.name(), r#"{"do":"sleep","ms":15000}"#);
    let mut running: Vec<_> = (0..10)
        .map(|_| {
            let mut connection = Connection::open(host.address());
            connection.begin(&request);
            connection
        })
        .collect();
    wait_until_running(slow.name(), 10);
    let mut more = Connection::open(host.address());
    for _ in 0..90 {
        assert_eq!(more.exchange(&request).status, 429);
    }
    assert_eq!(echo().invoke("{}").status, 200);
    for connection in &mut running {
        assert_eq!(connection.read().status, 200);
    }
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
    assert_eq!(refused.header("retry-after"), None);
    let path = format!("/2017-10-31/functions/{}/concurrency", function.name());
    let freed = Request::new("DELETE", path).send(host.address());
    assert_eq!(freed.status, 204);
    assert_eq!(function.invoke("{}").status, 200);
}
