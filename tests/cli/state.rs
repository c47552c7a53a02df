//! The data directory: what it keeps, and who may use it.

use sparkler_tests::server::run;
use sparkler_tests::{Server, guests, wat};

use crate::{Workbench, assert_fails};

#[test]
fn functions_outlive_the_server() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    server.deploy("kept", guests::echo(), &["--memory", "192"]);
    assert!(server.stop().success());

    let server = Server::start(data_dir);
    assert_eq!(server.lambda().invoke("kept", "[1]").text(), "[1]");
    let settings = server.lambda().get("kept").json();
    assert_eq!(settings["Configuration"]["MemorySize"], 192);
}

#[test]
fn two_servers_do_not_share_a_data_directory() {
    let bench = Workbench::new();
    let path = bench.text("data");
    let server = Server::start(["--data-dir", &path]);
    let second = run(["serve", "--listen", "127.0.0.1:0", "--data-dir", &path]);
    assert_fails(&second, 1, &[&path, "is used by process"]);
    server.deploy("still-serving", &wat::guest("answer_of_size.wat"), &[]);
    drop(server);
    Server::start(["--data-dir", &path]);
}

#[test]
fn what_was_deleted_stays_deleted() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    server.deploy("gone", &wat::guest("answer_of_size.wat"), &[]);
    assert_eq!(server.lambda().delete("gone").status, 204);
    server.kill();
    assert_eq!(Server::start(data_dir).lambda().get("gone").status, 404);
}
