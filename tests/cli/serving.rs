//! `sparkler serve`: how it starts and how it leaves.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::json;
use sparkler_tests::lambda::invocation;
use sparkler_tests::{Connection, Request, Server, guests};

use crate::{Workbench, text};

#[test]
fn the_bound_address_is_announced_and_healthy() {
    let server = Server::ephemeral();
    assert_ne!(server.address.port(), 0);
    assert_eq!(
        Request::new("GET", "/health").send(server.address).status,
        200
    );
}

#[test]
fn a_component_is_served_under_the_name_of_its_file() {
    let bench = Workbench::new();
    let server = Server::start(["--ephemeral", &bench.echo()]);
    assert_eq!(server.lambda().invoke("echo", "[1]").text(), "[1]");
}

#[test]
fn a_folder_is_served_as_its_manifest_says() {
    let bench = Workbench::new();
    bench.ones();
    bench.file("behaviours.wasm", guests::behaviours());
    bench.file(
        "sparkler.toml",
        "[functions.ones]\nfile = \"ones.wasm\"\nmemory = 192\n\n\
         [functions.does]\nfile = \"behaviours.wasm\"\ntimeout = 7\n\
         environment = { COLOUR = \"ultramarine\" }\n",
    );
    let server = Server::start(["--ephemeral", &text(bench.folder.path())]);
    assert_eq!(server.lambda().invoke("ones", "2").text(), "11");
    let settings = server.lambda().get("ones").json();
    assert_eq!(settings["Configuration"]["MemorySize"], 192);
    let event = json!({ "do": "environment" }).to_string();
    assert_eq!(
        server.lambda().invoke("does", event).json()["COLOUR"],
        "ultramarine"
    );
}

#[test]
fn a_server_that_is_asked_to_leave_lets_invocations_end() {
    let mut server = Server::ephemeral();
    server.deploy("slow", guests::behaviours(), &[]);
    let event = json!({ "do": "sleep", "ms": 1500 }).to_string();
    let mut connection = Connection::open(server.address);
    connection.begin(&invocation("slow", event));
    server.signal(Signal::TERM);
    let reply = connection.read();
    assert_eq!(
        (reply.status, reply.header("x-amz-function-error")),
        (200, None)
    );
    assert!(server.wait().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = Server::ephemeral();
    server.deploy("slow", guests::behaviours(), &["--timeout", "60"]);
    let event = json!({ "do": "sleep", "ms": 50_000 }).to_string();
    let mut connection = Connection::open(server.address);
    connection.begin(&invocation("slow", event));
    let started = Instant::now();
    server.signal(Signal::TERM);
    server.signal(Signal::INT);
    server.wait();
    assert!(
        started.elapsed().as_secs() < 30,
        "it waited for the invocation"
    );
}
