//! What the host holds for callers: it is counted, shared out, and given back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sparkler_tests::lambda::invocation;
use sparkler_tests::{
    Connection, Function, NewFunction, Reply, Request, Server, TestHost, guests, metric,
};

const FUNCTIONS: &str = "/2015-03-31/functions";

/// As much of a body as is sent of one that never arrives whole.
const PART_BYTES: usize = 5_000_000;
const ANNOUNCED_BYTES: usize = 6_000_000;

/// Longest wait for what must come.
const WAIT_MAX: Duration = Duration::from_secs(60);

pub(super) const HELD: &str = "sparkler_callers_held_bytes";
pub(super) const REFUSED: &str = "sparkler_callers_refused_total{reason=\"share\"}";

/// Waits until a figure is as it should be.
#[track_caller]
pub(super) fn until(address: SocketAddr, name: &str, is: impl Fn(u64) -> bool) {
    let give_up_at = Instant::now() + WAIT_MAX;
    loop {
        let value = metric(address, name);
        if is(value) {
            return;
        }
        assert!(Instant::now() < give_up_at, "{name} stays {value}");
        std::thread::yield_now();
    }
}

/// A connection on which an event was begun, for whom a proxy says that it speaks.
fn begun(function: &Function<'_>, address: SocketAddr, caller: &str) -> Connection {
    let mut connection = Connection::open(address);
    let head = format!(
        "POST {FUNCTIONS}/{}/invocations HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {caller}\r\n\
         Content-Length: {ANNOUNCED_BYTES}\r\n\r\n",
        function.name()
    );
    connection.send_raw(head.as_bytes());
    connection.send_raw(&vec![b' '; PART_BYTES]);
    connection
}

/// Events that do not arrive whole, as many as their sender may have.
pub(super) fn filled(function: &Function<'_>, address: SocketAddr) -> Vec<Connection> {
    let mut held = Vec::new();
    while metric(address, REFUSED) == 0 {
        let before = metric(address, HELD);
        held.push(begun(function, address, "192.0.2.1"));
        until(address, HELD, |bytes| {
            bytes >= before + PART_BYTES as u64 || metric(address, REFUSED) > 0
        });
    }
    held
}

fn large_event(function: &Function<'_>, caller: &str) -> Request {
    let event = " ".repeat(ANNOUNCED_BYTES) + "1";
    invocation(function.name(), event).header("X-Forwarded-For", caller)
}

#[test]
fn who_has_its_share_is_refused_at_once_and_others_are_not() {
    let host = TestHost::configured(|config| config.trusted_proxies = vec!["127.0.0.1".into()]);
    let function = host.deploy(guests::echo());
    let address = host.address();
    let held = filled(&function, address);
    let refused = large_event(&function, "192.0.2.1").send(address);
    assert_eq!(refused.refusal(), (429, "TooManyRequestsException"));
    let small = invocation(function.name(), "1").header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(small.send(address).text(), "1");
    assert_eq!(
        large_event(&function, "192.0.2.2").send(address).text(),
        "1"
    );
    drop(held);
    until(address, HELD, |bytes| bytes == 0);
    assert_eq!(
        large_event(&function, "192.0.2.1").send(address).text(),
        "1"
    );
}

#[test]
fn an_upload_is_held_no_longer_than_until_it_is_stored() {
    let host = TestHost::start();
    let address = host.address();
    let upload = NewFunction::new("held", guests::echo())
        .request()
        .to_string();
    let (first, rest) = upload.as_bytes().split_at(upload.len() / 2);
    let mut connection = Connection::open(address);
    let head = format!(
        "POST {FUNCTIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        upload.len()
    );
    connection.send_raw(head.as_bytes());
    connection.send_raw(first);
    until(address, HELD, |bytes| bytes >= first.len() as u64);
    connection.send_raw(rest);
    assert_eq!(connection.read().status, 201);
    until(address, HELD, |bytes| bytes == 0);
}

#[test]
fn answers_that_nobody_reads_are_bounded_and_others_go_on() {
    const CALLERS: usize = 100;
    let host = TestHost::start();
    let (function, other) = (host.deploy(guests::echo()), host.deploy(guests::echo()));
    let address = host.address();
    let event = format!("\"{}\"", "x".repeat(5_900_000));
    let event = invocation(function.name(), event);
    assert_eq!(event.send(address).status, 200);
    let mut unread = Vec::new();
    for _ in 0..CALLERS {
        let mut connection = Connection::open(address);
        connection.send(&event);
        unread.push(connection);
        assert_eq!(other.invoke("1").text(), "1");
        let limit = metric(address, "sparkler_callers_held_bytes_limit");
        assert!(metric(address, HELD) <= limit);
    }
    until(address, REFUSED, |count| count > 0);
    drop(unread);
    until(address, HELD, |bytes| bytes == 0);
    assert_eq!(event.send(address).status, 200);
}

#[test]
fn nobody_keeps_others_out_by_connecting() {
    let server = Server::limited("-n 500");
    let max = metric(server.address, "sparkler_connections_limit");
    assert!(max < 500, "{max}");
    let idle: Vec<_> = (0..2 * max)
        .map(|_| Connection::open(server.address))
        .collect();
    for _ in 0..10 {
        let reply = Request::new("GET", "/health").send(server.address);
        assert_eq!(reply.status, 200);
    }
    assert!(metric(server.address, "sparkler_connections_ended_idle_total") > 0);
    assert!(metric(server.address, "sparkler_connections") <= max);
    drop(idle);
}

#[test]
fn where_all_connections_are_at_work_a_new_one_is_refused_at_once() {
    let server = Server::limited("-n 300");
    let max = metric(server.address, "sparkler_connections_limit");
    let head = format!("POST {FUNCTIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n");
    let mut last = None;
    let mut busy = Vec::new();
    for _ in 0..2 * max {
        let mut connection = Connection::open(server.address);
        connection.send_raw(head.as_bytes());
        busy.push(connection);
        if let Some(reply) = refused_by(&server) {
            last = Some(reply);
            break;
        }
    }
    let reply = last.expect("there are more than there may be");
    assert!([429, 503].contains(&reply.status), "{reply:?}");
    assert_eq!(reply.header("connection"), Some("close"));
    drop(busy);
    while refused_by(&server).is_some() {}
}

/// The answer to a new connection that is refused.
fn refused_by(server: &Server) -> Option<Reply> {
    let reply = Request::new("GET", "/health").send(server.address);
    (reply.status != 200).then_some(reply)
}

#[test]
fn what_is_announced_costs_what_has_arrived() {
    const CONNECTIONS: u64 = 500;
    let server = Server::ephemeral();
    let before = server.memory_bytes();
    let head = format!(
        "POST {FUNCTIONS}/none/invocations HTTP/1.1\r\nHost: localhost\r\n\
         Content-Length: {ANNOUNCED_BYTES}\r\n\r\n "
    );
    let mut all = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(server.address);
        connection.send_raw(head.as_bytes());
        all.push(connection);
    }
    until(server.address, "sparkler_connections", |count| {
        count > CONNECTIONS
    });
    let each = server.memory_bytes().saturating_sub(before) / CONNECTIONS;
    assert!(each < 128 * 1024, "{each} bytes each");
}

/// What a function is told of a request through its URL, where `proxies` are trusted.
fn told(proxies: &[&str], headers: &[(&str, &str)]) -> Value {
    let host = TestHost::configured(|config| {
        config.open_function_urls = true;
        config.trusted_proxies = proxies.iter().map(|proxy| (*proxy).to_owned()).collect();
    });
    let function = host.deploy(guests::echo());
    let path = format!("/2021-10-31/functions/{}/url", function.name());
    let created = Request::new("POST", path).body(json!({"AuthType": "NONE"}).to_string());
    let mut created = created.header("Host", "localhost");
    for (name, value) in headers {
        created = created.header(name, *value);
    }
    let url = created.send(host.address()).member("FunctionUrl");
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let mut request = Request::new("GET", "/").header("Host", rest.trim_end_matches('/'));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let event = request.send(host.address()).json();
    json!({
        "shown": scheme,
        "source": event["requestContext"]["http"]["sourceIp"],
        "for": event["headers"]["x-forwarded-for"],
        "proto": event["headers"]["x-forwarded-proto"],
        "port": event["headers"]["x-forwarded-port"],
    })
}

#[test]
fn a_trusted_proxy_tells_who_the_caller_is_and_by_which_scheme() {
    let expected = json!({
        "shown": "https", "source": "192.0.2.7", "for": "6.6.6.6, 192.0.2.7", "proto": "https", "port": "443",
    });
    let headers = [
        ("X-Forwarded-For", "6.6.6.6, 192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
    ];
    assert_eq!(told(&["10.0.0.0/8", "127.0.0.0/8"], &headers), expected);
    let standard = told(
        &["127.0.0.1"],
        &[("Forwarded", "for=192.0.2.7;proto=https")],
    );
    assert_eq!(standard["source"], "192.0.2.7");
    assert_eq!(standard["proto"], "https");
}

#[test]
fn nobody_else_tells_that() {
    let headers = [
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=192.0.2.7;proto=https"),
    ];
    let told = told(&["10.0.0.0/8"], &headers);
    assert_eq!(told["shown"], "http");
    assert_eq!(told["source"], "127.0.0.1");
    assert_eq!(told["for"], "192.0.2.7, 127.0.0.1");
    assert_eq!(told["proto"], "http");
}
