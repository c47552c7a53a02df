//! Hosts that have little address space, as in a container with `ulimit -v`.

use sparkler_tests::Server;
use sparkler_tests::wat;

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
    // It grows page by page, which takes its time on a busy machine.
    let grown = ["--timeout", "60"];
    server.deploy("hungry", &wat::guest("grow_memory.wat"), &grown);
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
    let server = Server::limited("-v 4000000");
    assert_functions_work(&server);
    let said = server.last_words();
    assert!(said.contains("they are made one by one"), "{said}");
}

#[test]
fn functions_are_deployed_and_called_with_little_more_than_that() {
    assert_functions_work(&Server::limited("-v 5000000"));
}
