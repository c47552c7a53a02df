//! Heads of requests and of answers, and what follows a body: however they are made large, they are held for their
//! sender as long as the host has them, and no longer.

use std::fmt::Write as _;

use sparkler_tests::lambda::invocation;
use sparkler_tests::{Connection, Function, Request, Server, TestHost, guests, metric, wat};

use super::callers::{HELD, REFUSED, filled, until};

/// More than is read at once, and less than a head may have.
const LARGE_BYTES: usize = 40_000;

/// As many headers as make a table that is far larger than they are.
const MANY: usize = 1_000;

/// The line and the headers of an invocation whose body is `body_bytes`; not yet the end of the head.
fn begun(function: &Function<'_>, query: &str, body_bytes: usize) -> String {
    format!(
        "POST /2015-03-31/functions/{}/invocations{query} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Length: {body_bytes}\r\n",
        function.name()
    )
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut lines, number| {
        // Writing to a string cannot fail.
        let _ = write!(lines, "{}\r\n", line(number));
        lines
    })
}

/// Heads that wait for a body of one byte, and what each is held with at least.
fn heads(function: &Function<'_>) -> Vec<(&'static str, String, usize)> {
    let (plain, long) = (begun(function, "", 1), "x".repeat(LARGE_BYTES));
    let many = lines(MANY, |number| format!("X-{number}: 1"));
    let further = lines(MANY, |_| "X: 1".into());
    let cookies = lines(40, |_| format!("Cookie: {}", "c".repeat(LARGE_BYTES / 40)));
    let query = begun(function, &format!("?x={long}"), 1);
    vec![
        ("a value", format!("{plain}X: {long}\r\n\r\n"), LARGE_BYTES),
        ("a name", format!("{plain}{long}: 1\r\n\r\n"), LARGE_BYTES),
        ("a query", format!("{query}\r\n"), LARGE_BYTES),
        ("values", format!("{plain}{cookies}\r\n"), LARGE_BYTES),
        ("names", format!("{plain}{many}\r\n"), 100 * MANY),
        ("one name", format!("{plain}{further}\r\n"), 100 * MANY),
        ("no end", format!("{plain}X: {long}"), LARGE_BYTES),
        ("a beginning", plain.clone(), 50),
    ]
}

#[test]
fn a_large_head_is_held_while_its_request_is_and_no_longer() {
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let address = host.address();
    for (kind, head, least) in heads(&function) {
        until(address, HELD, |bytes| bytes == 0);
        let mut connection = Connection::open(address);
        connection.send_raw(head.as_bytes());
        until(address, HELD, |bytes| bytes >= least as u64);
        if ["no end", "a beginning"].contains(&kind) {
            continue;
        }
        connection.send_raw(b"7");
        let reply = connection.read();
        assert_eq!((reply.status, reply.text()), (200, "7"), "{kind}");
        // A table of headers goes; a buffer that has become large stays as long as its connection.
        let kept = match least > LARGE_BYTES {
            true => 0..1,
            false => least as u64..2 * least as u64,
        };
        until(address, HELD, |bytes| kept.contains(&bytes));
        assert_eq!(reply.header("connection"), None, "{kind}");
    }
}

#[test]
fn of_many_idle_connections_few_keep_a_buffer_that_has_become_large() {
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let address = host.address();
    let part = metric(address, "sparkler_callers_held_bytes_limit") / 50;
    let request = invocation(function.name(), "7").header("X", "y".repeat(LARGE_BYTES));
    let mut idle = Vec::new();
    loop {
        let mut connection = Connection::open(address);
        let reply = connection.exchange(&request);
        assert_eq!(reply.text(), "7");
        assert!(metric(address, HELD) <= part);
        if reply.header("connection") == Some("close") {
            break;
        }
        idle.push(connection);
    }
    assert!(!idle.is_empty());
    drop(idle);
    until(address, HELD, |bytes| bytes == 0);
}

#[test]
fn heads_are_refused_to_whoever_has_its_share() {
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let address = host.address();
    let mut held = filled(&function, address);
    let many = lines(MANY, |number| format!("X-{number}: 1"));
    let head = begun(&function, "", 1) + &many + "\r\n";
    let refused = loop {
        let (before, refusals) = (metric(address, HELD), metric(address, REFUSED));
        let mut connection = Connection::open(address);
        connection.send_raw(head.as_bytes());
        until(address, HELD, |bytes| {
            bytes > before || metric(address, REFUSED) > refusals
        });
        if metric(address, REFUSED) > refusals {
            break connection.read();
        }
        held.push(connection);
    };
    assert_eq!(refused.refusal(), (429, "TooManyRequestsException"));
    assert_eq!(refused.header("connection"), Some("close"));
    // What is small is not refused.
    assert_eq!(function.invoke("1").text(), "1");
    drop(held);
    until(address, HELD, |bytes| bytes == 0);
}

/// An invocation whose body comes in chunks, and what comes behind its last one.
fn chunked(function: &Function<'_>, behind: &str) -> String {
    format!(
        "POST /2015-03-31/functions/{}/invocations HTTP/1.1\r\nHost: localhost\r\n\
         Transfer-Encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n{behind}",
        function.name()
    )
}

#[test]
fn trailers_are_held_while_they_arrive_and_given_back_before_the_next_request() {
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let address = host.address();
    let mut connection = Connection::open(address);
    for trailers in [
        lines(MANY, |number| format!("X-{number}: 1")),
        lines(1, |_| format!("X: {}", "y".repeat(LARGE_BYTES))),
    ] {
        connection.send_raw(chunked(&function, &trailers).as_bytes());
        until(address, HELD, |bytes| bytes > 0);
        connection.send_raw(b"\r\n");
        assert_eq!(connection.read().text(), "7");
        until(address, HELD, |bytes| bytes == 0);
    }
}

#[test]
fn what_is_said_of_chunks_is_bounded_and_not_kept() {
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let extension = "x".repeat(8_000);
    let answered = |chunks: usize| {
        let body = format!("1;{extension}\r\n \r\n").repeat(chunks) + "1\r\n7\r\n0\r\n\r\n";
        let request = chunked(&function, "").replace("1\r\n7\r\n0\r\n", &body);
        let mut connection = Connection::open(host.address());
        connection.send_raw(request.as_bytes());
        let reply = connection.read();
        until(host.address(), HELD, |bytes| bytes == 0);
        reply.status
    };
    assert_eq!(answered(1), 200);
    assert_eq!(answered(3), 400);
}

#[test]
fn requests_before_their_turn_each_have_their_answer_and_are_not_held_for_longer() {
    const REQUESTS: usize = 20;
    let host = TestHost::start();
    let function = host.deploy(guests::echo());
    let padding = lines(1, |_| format!("X: {}", "y".repeat(5_000)));
    let all: String = (10..10 + REQUESTS)
        .map(|number| format!("{}{padding}\r\n{number}", begun(&function, "", 2)))
        .collect();
    let mut connection = Connection::open(host.address());
    connection.send_raw(all.as_bytes());
    for number in 10..10 + REQUESTS {
        assert_eq!(connection.read().text(), number.to_string());
    }
    until(host.address(), HELD, |bytes| bytes == 0);
}

#[test]
fn small_answers_that_nobody_reads_are_held() {
    const ANSWER_BYTES: usize = 16_000;
    let host = TestHost::start();
    let function = host.deploy(wat::guest("answer_of_size.wat"));
    let request = begun(&function, "", 5) + "\r\n" + &ANSWER_BYTES.to_string();
    let mut connection = Connection::open(host.address());
    // As many as fill what the system keeps for both ends.
    connection.send_raw(request.repeat(2_000).as_bytes());
    until(host.address(), HELD, |bytes| bytes > 0);
    assert!(metric(host.address(), HELD) < 200_000);
    drop(connection);
    until(host.address(), HELD, |bytes| bytes == 0);
}

#[test]
fn the_metrics_tell_how_many_connections_there_are_also_while_none_comes() {
    let host = TestHost::start();
    let mut watching = Connection::open(host.address());
    let others: Vec<_> = (0..10).map(|_| Connection::open(host.address())).collect();
    let mut until_there_are = |count: &str| {
        let line = format!("sparkler_connections {count}\n");
        while !watching
            .exchange(&Request::new("GET", "/metrics"))
            .text()
            .contains(&line)
        {
            std::thread::yield_now();
        }
    };
    until_there_are("11");
    drop(others);
    until_there_are("1");
}

#[test]
fn with_little_memory_callers_have_a_share_of_what_functions_leave() {
    const ADDRESS_SPACE: u64 = 3_000_000 * 1024;
    let server = Server::limited("-v 3000000");
    let figure = |name: &str| metric(server.address, name);
    let callers = figure("sparkler_callers_held_bytes_limit");
    let guests = figure("sparkler_guest_memory_limit_bytes");
    let connections = figure("sparkler_connections_limit") * 28 * 1024;
    assert!(callers < 500_000_000, "{callers}");
    assert!(guests + callers + connections < ADDRESS_SPACE / 100 * 97);
    let reply = invocation("none", "1").send(server.address);
    assert_eq!(reply.status, 404);
}

#[test]
fn a_head_that_is_too_large_is_refused_and_leaves_nothing() {
    let host = TestHost::start();
    let address = host.address();
    for count in [1, 70] {
        let value = "y".repeat(65_600 / count);
        let request = (0..count).fold(invocation("none", "1"), |request, number| {
            request.header(&format!("X-{number}"), value.clone())
        });
        assert_eq!(request.send(address).status, 431, "{count}");
    }
    until(address, HELD, |bytes| bytes == 0);
}
