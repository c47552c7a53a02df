//! HTTP itself: connections, spelling, sizes.

use std::net::TcpStream;

use serde_json::json;
use sparkler_tests::lambda::{ARN_PREFIX, invocation};
use sparkler_tests::{Connection, Reply, Request, TestHost};

use super::{assert_refused, echo};

const FUNCTIONS: &str = "/2015-03-31/functions";

#[test]
fn a_connection_is_kept_open_whatever_is_answered() {
    let mut connection = Connection::open(TestHost::shared().address());
    let good = invocation(echo().name(), "[1]");
    let targets = ["/nowhere", "/2015-03-31/functions/missing"];
    for target in targets {
        assert_eq!(connection.exchange(&good).text(), "[1]");
        assert_eq!(
            connection.exchange(&Request::new("GET", target)).status,
            404
        );
    }
    let bad_json = invocation(echo().name(), "{");
    assert_eq!(connection.exchange(&bad_json).status, 400);
    assert_eq!(connection.exchange(&good).text(), "[1]");
}

#[test]
fn requests_may_be_sent_before_the_first_is_answered() {
    let mut connection = Connection::open(TestHost::shared().address());
    let name = echo().name();
    for number in 0..5 {
        connection.send_raw(
            format!(
                "POST {FUNCTIONS}/{name}/invocations HTTP/1.1\r\nHost: localhost\r\n\
                 Content-Length: 1\r\n\r\n{number}"
            )
            .as_bytes(),
        );
    }
    for number in 0..5 {
        assert_eq!(connection.read().text(), number.to_string());
    }
}

#[test]
fn a_body_may_come_in_chunks() {
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send_raw(
        format!(
            "POST {FUNCTIONS}/{}/invocations HTTP/1.1\r\nHost: localhost\r\n\
             Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n",
            echo().name()
        )
        .as_bytes(),
    );
    assert_eq!(connection.read().text(), "[1,2]");
}

#[test]
fn a_name_may_be_an_arn_in_any_spelling() {
    let name = echo().name();
    let arn = format!("{ARN_PREFIX}{name}");
    let spellings = [
        name.to_owned(),
        arn.clone(),
        arn.replace(':', "%3A"),
        arn.replace(':', "%3a"),
        format!("123456789012:function:{name}"),
        format!("{arn}:$LATEST"),
        format!("{name}%3A%24LATEST"),
    ];
    for spelling in spellings {
        let reply = TestHost::shared().lambda().invoke(&spelling, "7");
        assert_eq!((reply.status, reply.text()), (200, "7"), "{spelling}");
        assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
    }
}

#[test]
fn a_qualifier_may_be_escaped_or_not() {
    for query in ["Qualifier=$LATEST", "Qualifier=%24LATEST"] {
        let target = format!("{FUNCTIONS}/{}/invocations?{query}", echo().name());
        let reply = Request::new("POST", target).send(TestHost::shared().address());
        assert_eq!((reply.status, reply.text()), (200, "{}"), "{query}");
    }
}

#[test]
fn a_slash_at_the_end_changes_nothing() {
    let address = TestHost::shared().address();
    for target in [
        format!("{FUNCTIONS}/"),
        format!("{FUNCTIONS}/{}/", echo().name()),
    ] {
        assert_eq!(Request::new("GET", target).send(address).status, 200);
    }
}

#[test]
fn the_type_of_the_content_does_not_matter() {
    for content_type in [
        "application/x-www-form-urlencoded",
        "binary/octet-stream",
        "text/x",
    ] {
        let request = invocation(echo().name(), "[1]").header("Content-Type", content_type);
        assert_eq!(request.send(TestHost::shared().address()).text(), "[1]");
    }
}

#[test]
fn an_unknown_route_is_an_unknown_operation() {
    let address = TestHost::shared().address();
    for (method, target) in [
        ("GET", "/"),
        ("PATCH", FUNCTIONS),
        ("GET", "/2015-03-31/nothing/x"),
    ] {
        let reply = Request::new(method, target).send(address);
        assert_eq!(
            reply.refusal(),
            (404, "UnknownOperationException"),
            "{method} {target}"
        );
    }
}

#[test]
fn the_host_tells_that_it_is_well() {
    let reply = Request::new("GET", "/health").send(TestHost::shared().address());
    assert_eq!(reply.status, 200);
}

#[test]
fn an_event_of_six_megabytes_comes_back_whole() {
    let event = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2));
    let reply = echo().invoke(&event);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, event.into_bytes());
}

#[test]
fn an_event_of_one_byte_more_is_refused() {
    let event = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 1));
    let reply = echo().invoke(&event);
    assert_refused(
        &reply,
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    );
}

/// What is announced as too large is refused before it is sent.
#[test]
fn an_upload_of_200_megabytes_is_refused_by_its_announcement() {
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send_raw(
        format!(
            "POST {FUNCTIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{{",
            200 * 1024 * 1024
        )
        .as_bytes(),
    );
    assert_refused(
        &connection.read(),
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 70167211 bytes for the CreateFunction operation",
    );
}

/// A head with this line in the place of that for the host.
fn head(target: &str, host_lines: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{host_lines}Connection: close\r\n\r\n").into_bytes()
}

#[track_caller]
fn answered(head: &[u8]) -> Reply {
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send_raw(head);
    connection.read()
}

#[test]
fn a_request_names_its_host_once() {
    for lines in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        for target in [
            FUNCTIONS,
            "/metrics",
            "/health",
            "/nowhere",
            "/lambda-url/x/",
        ] {
            let reply = answered(&head(target, lines));
            assert_eq!(
                reply.refusal(),
                (400, "MalformedHttpRequestException"),
                "{target} with {lines:?}"
            );
        }
    }
}

#[test]
fn the_api_is_asked_under_names_that_nobody_else_can_own() {
    let port = TestHost::shared().address().port();
    for name in ["localhost", "a.localhost", "127.0.0.1", "[::1]", "10.1.2.3"] {
        for host in [name.to_owned(), format!("{name}:{port}")] {
            let reply = answered(&head(FUNCTIONS, &format!("Host: {host}\r\n")));
            assert_eq!(reply.status, 200, "{host}");
        }
    }
    for target in [
        FUNCTIONS,
        "/metrics",
        "/sparkler/events",
        "/_sparkler/packages/00",
        "/nowhere",
    ] {
        let reply = answered(&head(target, "Host: evil.example:9001\r\n"));
        let way_out = "--host-name evil.example";
        assert_refused(&reply, 403, "AccessDeniedException", way_out);
    }
    let invocation = invocation(echo().name(), "1").header("Host", "evil.example");
    let reply = invocation.send(TestHost::shared().address());
    assert_eq!(reply.refusal(), (403, "AccessDeniedException"));
}

#[test]
fn names_that_are_listed_are_the_hosts() {
    let host = TestHost::configured(|config| config.host_names = vec!["Functions.example".into()]);
    let status = |name: &str| {
        let request = Request::new("GET", FUNCTIONS).header("Host", name);
        request.send(host.address()).status
    };
    assert_eq!(status("functions.example:80"), 200);
    assert_eq!(status("other.example"), 403);
}

#[test]
fn what_a_request_says_of_its_call_it_says_once() {
    for name in [
        "X-Amz-Invocation-Type",
        "X-Amz-Log-Type",
        "X-Amz-Client-Context",
        "X-Amz-Tenant-Id",
        "X-Amz-Durable-Execution-Name",
        "X-Amzn-RequestId",
        "X-Amzn-Trace-Id",
    ] {
        let id = "6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1";
        let once = invocation(echo().name(), "1").header(name, id);
        let twice = once.header(name, id);
        let reply = twice.send(TestHost::shared().address());
        let text = format!("the header {} more than once", name.to_lowercase());
        assert_refused(&reply, 400, "InvalidRequestContentException", &text);
    }
}

#[test]
fn a_request_may_have_as_many_small_headers_as_its_head_has_room_for() {
    let mut request = invocation(echo().name(), "[1]");
    for number in 0..1_000 {
        request = request.header(&format!("X-{number}"), "1");
    }
    assert_eq!(request.send(TestHost::shared().address()).text(), "[1]");
    for number in 1_000..1_100 {
        request = request.header(&format!("X-{number}"), "1");
    }
    assert_eq!(request.send(TestHost::shared().address()).status, 431);
}

#[test]
fn what_is_not_http_harms_nobody() {
    let address = TestHost::shared().address();
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET\r\n\r\n",
        &[0xff; 100_000],
    ] {
        let mut stream = TcpStream::connect(address).expect("connect");
        // The host may close the connection while it is being written to.
        let _ = std::io::Write::write_all(&mut stream, nonsense);
    }
    assert_eq!(
        echo().invoke(json!({ "well": true })).text(),
        "{\"well\":true}"
    );
}
