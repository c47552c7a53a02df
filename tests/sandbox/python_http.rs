//! HTTP requests of functions in Python, by the libraries that people use, over sockets that speak HTTP alone.

use std::io::{Cursor, Write as _};
use std::sync::OnceLock;

use serde_json::{Value, json};
use sparkler_tests::{Function, Origin, Reply, TestHost, kits};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// One server and one function for all.
struct Both {
    origin: Origin,
    function: Function<'static>,
}

fn both() -> &'static Both {
    static BOTH: OnceLock<Both> = OnceLock::new();
    BOTH.get_or_init(|| {
        let origin = Origin::start();
        let host = TestHost::shared();
        let rules = [origin.url(""), format!("http://{}", host.address())].join(",");
        let function = host
            .function(zipped(&kits::python_requests()))
            .variable("SPARKLER_ALLOW_HTTP", &rules)
            .memory_mb(512)
            .timeout_seconds(30)
            .deploy();
        Both { origin, function }
    })
}

/// With boto3 in it, the component alone is larger than a request may be.
fn zipped(component: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(1));
    zip.start_file("bootstrap.wasm", options)
        .expect("begin a file");
    zip.write_all(component).expect("write a file");
    zip.finish().expect("end the zip").into_inner()
}

#[track_caller]
fn called(what: &str, with: &Value) -> Reply {
    let Both { origin, function } = both();
    let mut event = json!({
        "do": what, "url": origin.url(""), "host": "127.0.0.1", "port": origin.port(),
    });
    let members = with.as_object().expect("members").clone();
    event.as_object_mut().expect("an object").extend(members);
    function.invoke(event)
}

#[track_caller]
fn answer(what: &str) -> Value {
    let reply = called(what, &json!({}));
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    reply.json()
}

#[track_caller]
fn refused(what: &str, with: &Value, kind: &str, sentence: &str) {
    let reply = called(what, with);
    let text = reply.text();
    assert_eq!(reply.function_error().as_deref(), Some(kind), "{text}");
    let message = reply.member("errorMessage");
    assert!(message.contains(sentence), "{what}: {message}");
}

#[test]
fn pythons_own_library_follows_redirects_and_keeps_its_connection() {
    assert_eq!(answer("urllib"), json!([200, "hello", "hello"]));
    let expected = json!(["hello", true, "hello", true, "hello", true, "hello", true]);
    assert_eq!(answer("keep_alive"), expected);
}

#[test]
fn requests_uploads_and_downloads_in_pieces_and_unpacks_what_was_compressed() {
    let answer = answer("requests");
    let expected = json!({
        "gzip": "hello", "redirect": "hello", "streamed": ["he", "ll", "o"], "uploaded": 300, "head": "5",
    });
    for (member, value) in expected.as_object().expect("members") {
        assert_eq!(&answer[member], value, "{member}");
    }
    assert!(answer["large"].as_u64() > Some(3_000_000), "{answer}");
}

#[test]
fn httpx_and_the_streams_of_asyncio_work() {
    let expected = json!([r#"{"n":1}"#, "hello", "hello", "hello"]);
    assert_eq!(answer("httpx"), expected);
    assert_eq!(answer("streams"), json!(["HTTP/1.1 200 OK", "hello"]));
}

#[test]
fn trailers_are_sent_and_a_body_that_waits_for_a_word_is_told_to_come() {
    let echo = answer("trailers").as_str().expect("an echo").to_owned();
    assert!(echo.ends_with("\r\n\r\nhellox-sum: 42"), "{echo}");
    assert_eq!(answer("expect"), json!(["HTTP/1.1 100 Continue", "hello"]));
}

#[test]
fn a_server_that_does_not_answer_is_waited_for_as_long_as_was_said() {
    assert_eq!(answer("timeout"), "ReadTimeout");
}

#[test]
fn boto3_calls_this_host_and_stores_with_a_checksum() {
    let host = TestHost::shared();
    let echo = host.deploy(kits::example("python/echo"));
    let with = json!({
        "url": format!("http://{}", host.address()), "function": echo.name(), "event": { "a": [1, "é"] },
    });
    let reply = called("lambda", &with);
    assert_eq!(reply.json(), json!({ "a": [1, "é"] }), "{}", reply.text());

    let put = answer("s3");
    let put = put.as_str().expect("a request").to_lowercase();
    for part in [
        "put /put/key http/1.1\r\n",
        "x-amz-checksum-crc32: lnunwg==\r\n",
        "\r\n\r\nthe body",
    ] {
        assert!(put.contains(part), "{part}: {put}");
    }
    assert!(!put.contains("expect:"), "{put}");
}

#[test]
fn a_request_that_no_rule_allows_raises_an_error_that_names_the_rule() {
    for bytes in [0, 500_000] {
        let with = json!({ "url": "http://127.0.0.1:1", "bytes": bytes });
        refused(
            "requested",
            &with,
            "ConnectionError",
            "no rule allows it; add http://127.0.0.1:1 to ",
        );
    }
    let with = json!({});
    refused(
        "at_build",
        &with,
        "PermissionError",
        "add http://localhost to SPARKLER_ALLOW_HTTP",
    );
    refused(
        "other_host",
        &with,
        "ConnectionError",
        "the header Host is 'other.example', and the connection",
    );
    refused("proxy", &with, "ConnectionError", "proxies are not used");
}

#[test]
fn what_is_no_http_is_refused_with_a_sentence() {
    let with = json!({});
    refused(
        "mail",
        &with,
        "SMTPServerDisconnected",
        "HTTP/1.1, where the client speaks first",
    );
    refused(
        "redis",
        &with,
        "OSError",
        "is sent if it is HTTP/1.1, and this is not",
    );
    refused("datagram", &with, "OSError", "HTTP only, and no datagrams");
    refused("listen", &with, "OSError", "a sandbox takes no connections");
    refused(
        "own_authority",
        &with,
        "SSLError",
        "TLS is made by the host",
    );
    refused(
        "unchecked",
        &with,
        "URLError",
        "certificates cannot be left unchecked",
    );
    let with = json!({ "url": "https://127.0.0.1:1/" });
    refused(
        "https",
        &with,
        "PermissionError",
        "no rule allows it; add https://127.0.0.1:1 to ",
    );
}
