//! A server for HTTP that nobody here wrote: the example that the crate `wstd` publishes.

use serde_json::json;
use sparkler_tests::{Connection, Reply, TestHost, programs};

use super::{Site, assert_bad_gateway};

#[track_caller]
fn sent(site: &Site, method: &str, target: &str, body: &str) -> Reply {
    let request = site
        .request(method, target)
        .header("X-Response-Status", "302");
    request.body(body).send(TestHost::shared().address())
}

#[test]
fn it_is_a_server_for_both_modes_of_a_function_url() {
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let site = Site::of(programs::wstd_server(), json!({ "InvokeMode": mode }));
        let home = sent(&site, "GET", "/", "");
        assert_eq!(
            (home.status, home.text()),
            (200, "Hello, wasi:http/proxy world!\n")
        );
        let large = "x".repeat(1024 * 1024);
        assert_eq!(sent(&site, "POST", "/echo", &large).text(), large);
        let echoed = sent(&site, "GET", "/echo-headers", "");
        assert_eq!(echoed.header("x-response-status"), Some("302"));
        let moved = sent(&site, "GET", "/response-status", "");
        assert_eq!(moved.status, 302);
        assert_eq!(
            moved.header("location"),
            Some("http://localhost/response-status")
        );
        assert_eq!(sent(&site, "GET", "/elsewhere", "").status, 404);
        assert_eq!(sent(&site, "GET", "/echo-trailers", "").status, 200);
        assert_bad_gateway(&sent(&site, "GET", "/response-fail", ""));
    }
}

#[test]
fn its_stream_arrives_piece_by_piece() {
    let site = Site::of(
        programs::wstd_server(),
        json!({ "InvokeMode": "RESPONSE_STREAM" }),
    );
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send(&site.request("GET", "/stream-body"));
    assert_eq!(connection.read_head().status, 200);
    let mut pieces = Vec::new();
    loop {
        let piece = connection.read_chunk().expect("the response goes on");
        if piece.is_empty() {
            break;
        }
        pieces.push(String::from_utf8(piece).expect("text"));
    }
    assert!(pieces.len() > 1, "{pieces:?}");
    let lines: Vec<_> = pieces.concat().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
}

#[test]
fn it_answers_an_invocation_too() {
    let function = TestHost::shared().deploy(programs::wstd_server());
    let event = json!({
        "version": "2.0",
        "rawPath": "/echo",
        "requestContext": {"http": {"method": "POST"}},
        "body": "hello",
    });
    let reply = function.invoke(event);
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    assert_eq!(reply.json()["body"], "hello");
}
