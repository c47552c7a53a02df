//! Many at once.

use std::thread;

use sparkler_tests::lambda::invocation;
use sparkler_tests::{Connection, NewFunction, TestHost, guests};

use super::echo;

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
