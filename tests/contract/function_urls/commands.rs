//! Commands behind function URLs: what they print is the page, unless it is a response.

use serde_json::{Value, json};
use sparkler_tests::{Reply, TestHost, guests};

use super::{Site, assert_bad_gateway};

impl Site {
    /// What the program answers when it is told to do this with the event of the request.
    #[track_caller]
    fn told(&self, request: &Value) -> Reply {
        let request = self.request("POST", "/").body(request.to_string());
        request.send(TestHost::shared().address())
    }
}

#[test]
fn a_command_reads_the_event_of_the_request_and_answers_as_any_function() {
    let site = Site::of(guests::command(), json!({}));
    let reply = site.told(&json!({"any": "body"}));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["rawPath"], "/");
    assert_eq!(reply.json()["requestContext"]["http"]["method"], "POST");
}

/// A program that prints the same for whatever it reads, in preview 1's own words.
fn printing(text: &str) -> Vec<u8> {
    let length = text.len();
    sparkler_tests::wat::assemble(&format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write"
               (func $write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 16) "{}")
             (func (export "_start")
               (i32.store (i32.const 0) (i32.const 16))
               (i32.store (i32.const 4) (i32.const {length}))
               (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        text.replace('"', "\\22")
    ))
}

#[test]
fn what_a_command_prints_is_the_page() {
    let get = |text: &str| Site::of(printing(text), json!({})).get();
    let page = get("<h1>Hello</h1>");
    assert_eq!((page.status, page.text()), (200, "<h1>Hello</h1>"));
    assert_eq!(
        page.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let response =
        get(r#"{"statusCode": 404, "headers": {"content-type": "a/b"}, "body": "none"}"#);
    assert_eq!((response.status, response.text()), (404, "none"));
    assert_eq!(response.header("content-type"), Some("a/b"));
    let nothing = get("");
    assert_eq!((nothing.status, nothing.text()), (200, ""));
    let streaming = json!({ "InvokeMode": "RESPONSE_STREAM" });
    let page = Site::of(printing("<h1>Hello</h1>"), streaming).get();
    assert_eq!((page.status, page.text()), (200, "<h1>Hello</h1>"));
}

#[test]
fn a_command_that_fails_is_a_bad_gateway() {
    let site = Site::of(
        sparkler_tests::wat::assemble(
            "(module (memory (export \"memory\") 1) (func (export \"_start\") unreachable))",
        ),
        json!({}),
    );
    assert_bad_gateway(&site.get());
}
