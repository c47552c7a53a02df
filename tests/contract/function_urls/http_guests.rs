//! Servers for HTTP behind function URLs: requests reach them as they are, and their responses come out so.

use std::sync::OnceLock;

use serde_json::{Value, json};
use sparkler_tests::{Connection, Reply, Request, TestHost, guests};

use super::{PAGE, Site, assert_bad_gateway};

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| Site::of(guests::http(), json!({})))
}

fn streaming_site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| Site::of(guests::http(), json!({ "InvokeMode": "RESPONSE_STREAM" })))
}

#[track_caller]
fn sent(request: &Request) -> Reply {
    request.send(TestHost::shared().address())
}

fn values(headers: &Value, name: &str) -> Vec<String> {
    let headers = headers.as_array().expect("headers").iter();
    headers
        .filter(|header| header[0] == name)
        .map(|header| header[1].as_str().expect("a value").to_owned())
        .collect()
}

#[test]
fn a_request_reaches_a_server_as_it_was_sent() {
    for site in [site(), streaming_site()] {
        let request = site
            .request("PURGE", "/show?a=%2F&a=2&b")
            .header("X-One", "1")
            .header("x-one", "2")
            .header("Cookie", "a=1; b=2")
            .header("Connection", "close")
            .header("X-Forwarded-For", "198.51.100.1")
            .body("body");
        let reply = sent(&request);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = reply.json();
        assert_eq!(seen["method"], "PURGE");
        assert_eq!(seen["target"], "/show?a=%2F&a=2&b");
        assert_eq!(seen["authority"], site.host());
        assert_eq!(seen["scheme"], "http");
        let headers = &seen["headers"];
        assert_eq!(values(headers, "x-one"), ["1", "2"]);
        assert_eq!(values(headers, "cookie"), ["a=1; b=2"]);
        assert_eq!(values(headers, "content-length"), ["4"]);
        assert_eq!(
            values(headers, "x-forwarded-for"),
            ["198.51.100.1, 127.0.0.1"]
        );
        assert_eq!(values(headers, "x-amzn-trace-id").len(), 1);
        assert!(values(headers, "connection").is_empty());
    }
}

#[test]
fn a_path_that_names_the_function_is_not_for_it() {
    let target = format!("/lambda-url/{}/show?a", site().id);
    let reply = sent(&Request::new("GET", target));
    assert_eq!(reply.json()["target"], "/show?a");
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("sandbox"), "{policy}");
}

#[test]
fn a_response_comes_out_as_the_server_gave_it() {
    for site in [site(), streaming_site()] {
        let reply = sent(&site.request("GET", "/head?418"));
        assert_eq!((reply.status, reply.text()), (418, "body"));
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        let all = |header: &str| -> Vec<&str> {
            let headers = reply.headers.iter().filter(|(name, _)| name == header);
            headers.map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(all("x-many"), ["1", "2"]);
        assert_eq!(all("set-cookie"), ["a=1", "b=2; Secure"]);
        assert!(reply.header("x-amzn-requestid").is_some());
        // The date and the trailers are the host's to send.
        assert_ne!(reply.header("date"), Some("yesterday"));
        assert_eq!(reply.header("trailer"), None);
        assert!(
            !reply
                .headers
                .iter()
                .any(|(name, _)| name.contains("remapped"))
        );
        // A browser looks at what a page is where nobody says it.
        let page = sent(&site.request("GET", "/page"));
        assert_eq!(
            (page.text(), page.header("content-type")),
            ("<p>hello", None)
        );
        let reply = sent(&site.request("GET", "/trailers"));
        assert_eq!(reply.text(), "before trailers");
    }
}

#[test]
fn bytes_pass_both_ways_as_they_are() {
    let bytes: Vec<u8> = (0..=255).cycle().take(3 * 1024 * 1024).collect();
    for site in [site(), streaming_site()] {
        let reply = sent(&site.request("POST", "/body").body(bytes.clone()));
        assert_eq!(reply.status, 200);
        assert!(reply.body == bytes, "{} bytes came back", reply.body.len());
        let reply = sent(&site.request("GET", "/bytes"));
        assert_eq!(reply.body, (0..=255).collect::<Vec<u8>>());
    }
}

/// What comes back for a request that is written by hand, all of it.
fn exchanged(site: &Site, target: &str, rest: &[u8]) -> Vec<u8> {
    let host = site.host();
    let request = format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send_raw(&[request.as_bytes(), rest].concat());
    connection.read_raw()
}

#[test]
fn headers_that_are_no_text_pass_both_ways_as_they_are() {
    // All bytes that a value may have beyond ASCII, which are no UTF-8 in this order.
    let bytes: Vec<u8> = (0x80..=0xff).collect();
    let header = [b"x-bytes: caf\xe9 ", &bytes[..], b"\r\n"].concat();
    for site in [site(), streaming_site()] {
        let rest = [&header[..], b"\r\n"].concat();
        let answer = exchanged(site, "/header-bytes", &rest);
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
        let has = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
        assert!(has(&header), "{}", String::from_utf8_lossy(&answer));
        // The server saw them, too.
        assert!(has(&[b"\r\ncaf\xe9 ", &bytes[..]].concat()));
    }
}

#[test]
fn what_comes_behind_the_body_of_a_request_reaches_the_server() {
    let trailers = b"Transfer-Encoding: chunked\r\nTrailer: x-end\r\n\r\n\
                     3\r\nsen\r\n1\r\nt\r\n0\r\nX-End: 1\r\nx-end: \xe9\r\nHost: other\r\n\r\n";
    for (rest, expected) in [
        (&trailers[..], &b"sent\nx-end: 1\nx-end: \xe9"[..]),
        (
            b"Transfer-Encoding: chunked\r\n\r\n4\r\nsent\r\n0\r\n\r\n",
            b"sent",
        ),
        (
            b"Transfer-Encoding: chunked\r\n\r\n0\r\nx-end: 2\r\n\r\n",
            b"\nx-end: 2",
        ),
        (b"Content-Length: 4\r\n\r\nsent", b"sent"),
    ] {
        let answer = exchanged(site(), "/request-trailers", rest);
        let shown = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{shown}");
        assert!(
            answer.ends_with(&[b"\r\n\r\n", expected].concat()),
            "{shown}"
        );
    }
}

#[test]
fn what_comes_behind_the_body_of_a_response_reaches_a_client_that_takes_it() {
    let answer = |site: &Site, target: &str, takes: &str| -> Vec<u8> {
        let rest = format!("{takes}Content-Length: 0\r\n\r\n");
        exchanged(site, target, rest.as_bytes())
    };
    let head_of = |answer: &[u8]| -> String {
        let text = String::from_utf8_lossy(answer).to_lowercase();
        assert!(text.starts_with("http/1.1 200 ok\r\n"), "{text}");
        text.split_once("\r\n\r\n").expect("a head").0.to_owned()
    };
    let announced = "/trailers?X-End,content-length,x-never";
    for site in [site(), streaming_site()] {
        let taken = answer(site, announced, "TE: deflate, Trailers\r\n");
        let head = head_of(&taken);
        assert!(
            head.contains("\r\ntrailer: x-end,content-length,x-never"),
            "{head}"
        );
        let behind = b"\r\nbefore trailers\r\n0\r\nx-end: 1\r\nx-end: \xe9\r\n\r\n";
        let shown = String::from_utf8_lossy(&taken);
        assert!(taken.ends_with(behind), "{shown}");
        for (target, takes) in [
            // The client has no place for them, or not for these.
            (announced, ""),
            (announced, "TE: trailers;q=0\r\n"),
            // Nobody could tell which of them were lost.
            ("/trailers", "TE: trailers\r\n"),
        ] {
            let dropped = answer(site, target, takes);
            let head = head_of(&dropped);
            assert!(!head.contains("\r\ntrailer:"), "{head}");
            let text = String::from_utf8_lossy(&dropped);
            assert!(
                text.contains("before trailers") && !text.contains("x-end"),
                "{text}"
            );
        }
    }
    // What is sent whole is sent with its length, unless something follows it.
    let without = answer(site(), "/head?200", "TE: trailers\r\n");
    let head = head_of(&without);
    assert!(
        head.contains("\r\ncontent-length: 4") && !head.contains("\r\ntrailer:"),
        "{head}"
    );
}

#[test]
fn what_has_no_body_has_none_and_waits_for_the_server() {
    for site in [site(), streaming_site()] {
        for (method, target, status) in [
            ("HEAD", "/head?200", 200),
            ("HEAD", "/fill?500", 200),
            ("GET", "/fill-without-body?500", 204),
            ("GET", "/head?304", 304),
        ] {
            let reply = sent(&site.request(method, target));
            assert_eq!((reply.status, reply.body.len()), (status, 0), "{target}");
        }
    }
}

#[test]
fn a_server_that_gives_no_response_is_a_bad_gateway() {
    for site in [site(), streaming_site()] {
        for path in [
            "/nothing",
            "/forget",
            "/error",
            "/exit",
            "/trap-before",
            "/head?103",
            "/head?600",
        ] {
            assert_bad_gateway(&sent(&site.request("GET", path)));
        }
    }
    for path in ["/trap-after", "/drop", "/short", "/endless"] {
        assert_bad_gateway(&sent(&site().request("GET", path)));
    }
}

#[test]
fn a_response_that_breaks_off_cuts_the_connection() {
    for path in ["/trap-after", "/drop"] {
        let mut connection = Connection::open(TestHost::shared().address());
        connection.send(&streaming_site().request("GET", path));
        assert_eq!(connection.read_head().status, 200);
        assert_eq!(connection.read_chunk().expect("the first bytes"), b"begun");
        assert!(connection.read_chunk().is_err());
    }
}

/// The server writes more than all buffers between it and its client hold. So it waits until this test has
/// read, which it does only after the first piece is there.
#[test]
fn the_first_piece_arrives_while_the_server_waits_for_its_client_to_read() {
    const KILOBYTES: usize = 64 * 1024;
    let mut connection = Connection::open(TestHost::shared().address());
    connection.send(&streaming_site().request("GET", &format!("/fill?{KILOBYTES}")));
    let head = connection.read_head();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(
        head.header("content-type"),
        Some("application/octet-stream")
    );
    let first = connection.read_chunk().expect("the first piece").len();
    assert!((1..=64 * 1024).contains(&first), "{first}");
    assert_eq!(first + connection.read_rest(), KILOBYTES * 1024);
}

#[test]
fn a_page_of_another_origin_may_do_what_is_configured() {
    let cors = json!({
        "AllowOrigins": [PAGE],
        "AllowMethods": ["POST"],
        "AllowHeaders": ["content-type"],
        "ExposeHeaders": ["x-many"],
        "MaxAge": 60,
    });
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let site = Site::of(guests::http(), json!({ "Cors": cors, "InvokeMode": mode }));
        // A browser asks first, and the server is not bothered with it.
        let asking = site
            .request("OPTIONS", "/trap-before")
            .header("Origin", PAGE)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type");
        let reply = sent(&asking);
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(
            reply.header("access-control-allow-headers"),
            Some("content-type")
        );
        // Then it sends, and hands the page what it may see.
        let request = site
            .request("POST", "/head?200")
            .header("Origin", PAGE)
            .header("Content-Type", "application/json")
            .header("Sec-Fetch-Mode", "cors")
            .body("{}");
        let reply = sent(&request);
        assert_eq!((reply.status, reply.text()), (200, "body"));
        assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(
            reply.header("access-control-expose-headers"),
            Some("x-many")
        );
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
    // Without a configuration the server decides itself.
    let reply = sent(&site().request("OPTIONS", "/show").header("Origin", PAGE));
    assert_eq!(reply.json()["method"], "OPTIONS");
}
