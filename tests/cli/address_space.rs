//! Hosts that have little address space, as in a container with `ulimit -v`.

use std::process::{Command, Stdio};

use sparkler_tests::server::{Server, program};
use sparkler_tests::wat;

/// A server that may have so much.
#[track_caller]
fn within(kilobytes: u32) -> Server {
    const SERVE: &str = "ulimit -v \"$1\"; exec \"$0\" serve --listen 127.0.0.1:0 --ephemeral";
    let mut command = Command::new("sh");
    command
        .args(["-c", SERVE, &program(), &kilobytes.to_string()])
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    Server::of(&mut command)
}

#[track_caller]
fn assert_functions_work(server: &Server) {
    server.deploy("ones", &wat::guest("answer_of_size.wat"), &[]);
    let reply = server.lambda().invoke("ones", "3");
    assert_eq!(
        (reply.status, reply.text()),
        (200, "111"),
        "{}",
        server.said()
    );
    server.deploy("hungry", &wat::guest("grow_memory.wat"), &[]);
    let reply = server.lambda().invoke("hungry", "{}");
    let error = reply.function_error();
    assert_eq!(
        error.as_deref(),
        Some("Runtime.OutOfMemory"),
        "{}",
        reply.text()
    );
}

#[test]
fn functions_are_deployed_and_called_with_less_than_one_memory_may_have() {
    let server = within(4_000_000);
    assert_functions_work(&server);
    let said = server.last_words();
    assert!(said.contains("they are made one by one"), "{said}");
}

#[test]
fn functions_are_deployed_and_called_with_little_more_than_that() {
    assert_functions_work(&within(5_000_000));
}
