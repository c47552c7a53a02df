//! What stays of invocations when they are over: nothing.

use sparkler_tests::lambda::invocation;
use sparkler_tests::{Connection, Server, guests};

#[test]
fn ten_thousand_invocations_leave_less_than_five_megabytes_behind() {
    let server = Server::ephemeral();
    server.deploy("echo", guests::echo(), &[]);
    let mut connection = Connection::open(server.address);
    let request = invocation("echo", r#"{"name":"World"}"#);
    let mut invoke = |times: u32| {
        for _ in 0..times {
            assert_eq!(connection.exchange(&request).status, 200);
        }
    };
    invoke(1_000);
    let before = server.memory_bytes();
    invoke(10_000);
    // What waits to be written and what the allocator holds for a moment goes up and down: the least of
    // several readings is what stays.
    let readings = (0..8).map(|_| {
        invoke(250);
        server.memory_bytes().saturating_sub(before)
    });
    let grown = readings.min().unwrap_or_default();
    assert!(grown < 5 * 1024 * 1024, "the server grew by {grown} bytes");
}
