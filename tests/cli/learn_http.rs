//! `sparkler serve --learn-http`: nothing is denied, and what functions need is printed.

use serde_json::json;
use sparkler_tests::{Origin, Server, guests};

#[test]
fn a_server_that_learns_says_so_and_prints_what_functions_need_when_it_ends() {
    let origin = Origin::start();
    let server = Server::start(["--ephemeral", "--learn-http"]);
    assert!(
        server.said().contains("Nothing is denied"),
        "{}",
        server.said()
    );
    server.deploy("fetch", guests::fetch(), &[]);
    let event = json!({ "url": origin.url("/hello") });
    let reply = server.lambda().invoke("fetch", event.to_string());
    assert_eq!(reply.json()["status"], 200, "{}", reply.text());
    let rules = format!("allow-http = [\"http://127.0.0.1:{}\"]", origin.port());
    let said = server.last_words();
    // What it says of the list comes over another stream, and may stand anywhere among the lines.
    for line in ["[functions.fetch]", &rules] {
        assert!(said.lines().any(|said| said == line), "{said}");
    }
}

#[test]
fn a_component_that_sends_requests_is_told_what_it_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fetch.wasm");
    std::fs::write(&file, guests::fetch()).expect("write the component");
    let ended = sparkler_tests::server::run([std::ffi::OsStr::new("inspect"), file.as_os_str()]);
    assert!(
        ended.stdout.contains("SPARKLER_ALLOW_HTTP"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("It can be deployed here."),
        "{}",
        ended.stdout
    );
}
