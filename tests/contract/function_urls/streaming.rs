//! Function URLs in the mode `RESPONSE_STREAM`: responses that begin before their function has ended.

use serde_json::{Value, json};
use sparkler_tests::{Connection, Reply, Request, TestHost, guests};

use super::Site;

fn site() -> Site {
    Site::of(
        guests::streaming(),
        json!({ "InvokeMode": "RESPONSE_STREAM" }),
    )
}

impl Site {
    fn asking(&self, method: &str, steps: &Value) -> Request {
        self.request(method, "/")
            .header("Content-Type", "application/json")
            .body(steps.to_string())
    }

    #[track_caller]
    fn streamed(&self, steps: &Value) -> Reply {
        self.asking("POST", steps)
            .send(TestHost::shared().address())
    }
}

#[test]
fn a_response_has_the_head_that_its_function_gave_it() {
    let site = site();
    let steps = json!([{ "do": "head", "status": 201 }, { "do": "write", "text": "made" }]);
    let reply = site.streamed(&steps);
    assert_eq!((reply.status, reply.text()), (201, "made"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert!(reply.header("x-amzn-requestid").is_some());
    let reply = site.streamed(&json!([{ "do": "write", "text": "bare" }]));
    assert_eq!((reply.status, reply.text()), (200, "bare"));
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(site.streamed(&json!([])).body, b"");
}

/// As much as no buffers between a function and its client hold: it waits until this test reads.
#[test]
fn the_first_byte_arrives_before_the_function_has_ended() {
    const BYTES: usize = 64 * 1024 * 1024;
    let steps = json!([
        { "do": "head", "status": 200 },
        { "do": "fill", "bytes": BYTES / 1024, "pieces": 1024 },
    ]);
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send(&site().asking("POST", &steps));
    let head = connection.read_head();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    let first = connection.read_chunk().expect("the first bytes").len();
    assert!((1..=64 * 1024).contains(&first), "{first}");
    assert_eq!(first + connection.read_rest(), BYTES);
}

#[test]
fn a_failure_is_an_answer_before_the_response_begins_and_cuts_it_off_after() {
    let site = site();
    let fail = json!({ "do": "fail", "type": "OutOfTea" });
    let reply = site.streamed(&json!([fail]));
    assert_eq!((reply.status, reply.text()), (502, "Internal Server Error"));
    // It could have become a head.
    let reply = site.streamed(&json!([{ "do": "write", "text": "{" }, fail]));
    assert_eq!(reply.status, 502);

    let mut connection = Connection::open(TestHost::shared().address());
    connection.send(&site.asking("POST", &json!([{ "do": "write", "text": "begun" }, fail])));
    assert_eq!(connection.read_head().status, 200);
    assert_eq!(connection.read_chunk().expect("the first bytes"), b"begun");
    assert!(connection.read_chunk().is_err());
}

#[test]
fn a_response_without_a_body_waits_for_its_function() {
    let site = site();
    let steps =
        json!([{ "do": "head", "status": 204 }, { "do": "fill", "bytes": 1000, "pieces": 1000 }]);
    let reply = site.streamed(&steps);
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    let steps =
        json!([{ "do": "head", "status": 201 }, { "do": "fill", "bytes": 1000, "pieces": 1000 }]);
    let request = site.asking("HEAD", &steps);
    let reply = request.send(TestHost::shared().address());
    assert_eq!((reply.status, reply.body.len()), (201, 0));
}
