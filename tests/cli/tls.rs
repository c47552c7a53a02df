//! A server that is encrypted: what it takes, whom it takes, and certificates that change while it runs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::process::Signal;
use serde_json::Value;
use sparkler_tests::certificates::{Authority, Https, Pair, put, shown};
use sparkler_tests::server::{Ended, ended, sparkler};
use sparkler_tests::{Request, Server};
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::{Workbench, assert_fails, assert_succeeds};

const ECHO: &str = "/2015-03-31/functions/echo/invocations";

/// A server with a function, and what its certificate is made of.
struct Site {
    bench: Workbench,
    authority: Authority,
    pair: Pair,
}

impl Site {
    fn new() -> Self {
        let authority = Authority::new();
        let site = Self {
            bench: Workbench::new(),
            pair: authority.host(),
            authority,
        };
        site.put(&site.pair);
        site.bench.file("ca.pem", site.authority.pem());
        site.bench.echo();
        site
    }

    fn paths(&self) -> (PathBuf, PathBuf) {
        (self.bench.path("cert.pem"), self.bench.path("key.pem"))
    }

    fn put(&self, pair: &Pair) {
        let (certificate, key) = self.paths();
        pair.put(&certificate, &key);
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let bench = &self.bench;
        let (certificate, key) = (bench.text("cert.pem"), bench.text("key.pem"));
        let own = ["--ephemeral", "--tls-cert", &certificate, "--tls-key", &key];
        own.iter().chain(more).map(ToString::to_string).collect()
    }

    fn start(&self, more: &[&str]) -> Server {
        let echo = self.bench.text("echo.wasm");
        Server::start(self.arguments(&[more, &[&echo]].concat()))
    }

    /// A start that is refused.
    fn refused(&self, more: &[&str]) -> Ended {
        let mut command = sparkler();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        ended(command.args(self.arguments(more)))
    }

    fn https(&self) -> Https {
        Https::trusting(&self.authority)
    }
}

/// What the function answers to `body`, in the last line.
#[track_caller]
fn echoed(https: &Https, server: &Server, body: &str) {
    let answer = https.ask(server.address, "POST", ECHO, body);
    let answer = answer.expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(body),
        "{answer}"
    );
}

#[test]
fn commands_speak_https_to_whom_they_trust() {
    let site = Site::new();
    let server = site.start(&[]);
    until_said(&server, "istening on https://127.0.0.1:");
    let endpoint = format!("https://{}", server.address);
    let invoke = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = sparkler();
        command.args(["invoke", "echo", "[1]", "--endpoint", &endpoint]);
        command.args(more).envs(variables.iter().copied());
        ended(&mut command)
    };
    let ca = site.bench.text("ca.pem");
    for invoked in [
        invoke(&["--ca-file", &ca], &[]),
        invoke(&[], &[("SPARKLER_CA_FILE", &ca)]),
        invoke(&[], &[("AWS_CA_BUNDLE", &ca)]),
    ] {
        assert_succeeds(&invoked);
        assert_eq!(invoked.stdout.trim(), "[1]");
    }
    assert_fails(
        &invoke(&[], &[]),
        1,
        &[&endpoint, "not believed", "--ca-file"],
    );
    let other = site.bench.file("other.pem", Authority::new().pem());
    assert_fails(
        &invoke(&["--ca-file", &other], &[]),
        1,
        &["none of the authorities"],
    );
    let empty = site.bench.file("empty.pem", "");
    assert_fails(
        &invoke(&["--ca-file", &empty], &[]),
        1,
        &["empty.pem", "no certificate"],
    );
}

#[test]
fn both_versions_are_spoken_and_none_before_them() {
    let site = Site::new();
    let server = site.start(&[]);
    for version in [&TLS12, &TLS13] {
        echoed(
            &Https::with(&site.authority, None, &[version]),
            &server,
            "\"x\"",
        );
    }
    // The first message of a client that speaks TLS 1.1 at most.
    let mut hello = vec![22, 3, 1, 0, 55, 1, 0, 0, 51, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    // How it would have the server sign.
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 1]);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.write_all(&hello).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let (alert, fatal, protocol_version) = (21, 2, 70);
    assert_eq!(
        (answer[0], &answer[5..]),
        (alert, &[fatal, protocol_version][..])
    );
}

#[test]
fn whoever_speaks_no_tls_is_told_or_cut_and_counted() {
    let site = Site::new();
    let server = site.start(&[]);
    let plain = Request::new("GET", "/health").send(server.address);
    assert_eq!(plain.refusal(), (400, "MalformedHttpRequestException"));
    assert!(plain.text().contains("https://"), "{}", plain.text());
    let mut garbage = TcpStream::connect(server.address).expect("it listens");
    garbage
        .write_all(b"\x00garbage, and more of it")
        .expect("it reads");
    let mut answer = Vec::new();
    // What it says is an alert, if anything; that it ends is what counts.
    let _ = garbage.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));
    let page = site
        .https()
        .ask(server.address, "GET", "/metrics", "")
        .expect("a page");
    let refused = page
        .lines()
        .find(|line| line.starts_with("sparkler_connections_refused_total"));
    assert_eq!(
        refused,
        Some("sparkler_connections_refused_total 2"),
        "{page}"
    );
}

#[test]
fn who_begins_handshakes_and_goes_no_further_keeps_nobody_out() {
    let site = Site::new();
    // A fifth of it is for connections.
    let arguments = site.arguments(&[&site.bench.text("echo.wasm")]);
    let server = Server::limited_with("-n 500", arguments);
    let slow: Vec<_> = (0..400)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address).expect("it listens");
            // Nothing, or the beginning of a record.
            if number % 2 == 0 {
                // It may have been ended for the next one already.
                let _ = stream.write_all(&[22, 3, 1, 0, 200, 1]);
            }
            stream
        })
        .collect();
    for number in 0..50 {
        echoed(&site.https(), &server, &number.to_string());
    }
    drop(slow);
}

#[test]
fn a_certificate_is_exchanged_under_traffic_and_no_call_fails() {
    let site = Site::new();
    let server = site.start(&[]);
    let (is_over, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut lasting = site.https().connect(server.address);
    let ask = |stream: &mut sparkler_tests::certificates::Encrypted| {
        let request = format!(
            "POST {ECHO} HTTP/1.1\r\nHost: {}\r\nContent-Length: 3\r\n\r\n[1]",
            server.address
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        while !answer.ends_with(b"[1]") {
            let mut piece = [0; 1_024];
            let read = stream.read(&mut piece).expect("it answers");
            assert!(read > 0, "the connection was ended");
            answer.extend_from_slice(&piece[..read]);
        }
    };
    ask(&mut lasting);
    let first = shown(&lasting);
    let shown_now = || {
        let mut stream = site.https().connect(server.address);
        ask(&mut stream);
        shown(&stream)
    };
    let until_changed = |before: &[u8]| loop {
        let now = shown_now();
        if now != before {
            return now;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    echoed(&site.https(), &server, "[1]");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Seen by itself, within the jail.
        site.put(&site.authority.host());
        let second = until_changed(&first);
        // A key that does not fit changes nothing, and neither does one that others may read.
        let (_, key) = site.paths();
        put(&key, &site.authority.host().key, 0o600);
        until_said(&server, "is not the key of");
        put(&key, &site.pair.key, 0o640);
        until_said(&server, "chmod 600");
        assert_eq!(shown_now(), second);
        site.put(&site.pair);
        server.signal(Signal::HUP);
        let third = until_changed(&second);
        assert_eq!(third, first);
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(calls.load(Ordering::Relaxed) > 0);
    // The connection that was there all the time is so still.
    ask(&mut lasting);
    assert!(server.said().contains("stays as it was"));
}

fn until_said(server: &Server, words: &str) {
    while !server.said().contains(words) {
        std::thread::yield_now();
    }
}

#[test]
fn a_function_is_told_how_it_was_called_and_by_whom() {
    let site = Site::new();
    let ca = site.bench.text("ca.pem");
    let server = site.start(&["--open-function-urls", "--tls-client-ca", &ca]);
    let client = site.authority.client("one, two");
    let https = Https::showing(&site.authority, &client);
    let address = server.address;
    let made = https.ask(
        address,
        "POST",
        "/2021-10-31/functions/echo/url",
        r#"{"AuthType":"NONE"}"#,
    );
    let made = json_of(&made.expect("an answer"));
    let url = made["FunctionUrl"].as_str().expect("a URL");
    let host = url.strip_prefix("https://").expect("it is encrypted");
    let host = host.trim_end_matches('/');
    let told = https.ask_as(address, host, ("GET", "/a?b=c"), "");
    let event = json_of(&told.expect("an answer"));
    assert_eq!(event["headers"]["x-forwarded-proto"], "https");
    let shown = &event["requestContext"]["authentication"]["clientCert"];
    assert_eq!(shown["subjectDN"], "O=Tests\\, Inc.,CN=one\\, two");
    assert_eq!(shown["issuerDN"], "O=Tests\\, Inc.,CN=An Authority");
    let lines = |pem: &str| pem.lines().map(str::to_owned).collect::<Vec<_>>();
    let pem = shown["clientCertPem"].as_str().expect("a certificate");
    assert_eq!(lines(pem), lines(&client.certificate));
    assert!(
        shown["validity"]["notAfter"]
            .as_str()
            .is_some_and(|time| time.ends_with(" GMT"))
    );
    assert!(shown["serialNumber"].is_string());
}

#[test]
fn without_a_certificate_that_is_trusted_nobody_is_served_where_one_is_asked_for() {
    let site = Site::new();
    let ca = site.bench.text("ca.pem");
    let server = site.start(&["--tls-client-ca", &ca]);
    let foreign = Authority::new().client("foreign");
    for version in [&TLS12, &TLS13] {
        for pair in [None, Some(&foreign)] {
            let https = Https::with(&site.authority, pair, &[version]);
            let asked = https.ask(server.address, "GET", "/health", "");
            assert!(asked.is_err(), "{asked:?}");
        }
        let own = site.authority.client("own");
        let https = Https::with(&site.authority, Some(&own), &[version]);
        echoed(&https, &server, "1");
    }
    let endpoint = format!("https://{}", server.address);
    let mut command = sparkler();
    let listed = ended(command.args(["list", "--endpoint", &endpoint, "--ca-file", &ca]));
    assert_fails(&listed, 1, &["asks its clients for certificates"]);
}

/// The body of an answer, which may be in chunks.
#[track_caller]
fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

#[test]
fn files_that_cannot_be_used_are_refused_with_what_to_do() {
    let site = Site::new();
    let (certificate, key) = site.paths();
    let authority = &site.authority;
    for (pem, key_pem, mode, words) in [
        (
            "",
            &*site.pair.key,
            0o600,
            &["cert.pem", "no certificate", "BEGIN CERTIFICATE"][..],
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA",
            &site.pair.key,
            0o600,
            &["cert.pem", "has no end"],
        ),
        (
            &site.pair.certificate,
            "",
            0o600,
            &["key.pem", "no private key"],
        ),
        (
            &site.pair.certificate,
            &authority.host().key,
            0o600,
            &["key.pem", "is not the key of"],
        ),
        (
            &site.pair.certificate,
            &site.pair.key,
            0o640,
            &["key.pem", "chmod 600"],
        ),
    ] {
        put(&certificate, pem, 0o644);
        put(&key, key_pem, mode);
        assert_fails(&site.refused(&[]), 1, words);
    }
    site.put(&site.pair);
    let none = site.bench.file("none.pem", "");
    assert_fails(
        &site.refused(&["--tls-client-ca", &none]),
        1,
        &["none.pem", "no certificate"],
    );
    let mut alone = sparkler();
    let cert = site.bench.text("cert.pem");
    let alone = ended(alone.args(["serve", "--ephemeral", "--tls-cert", &cert]));
    assert_fails(&alone, 2, &["--tls-key"]);
}

#[test]
fn an_address_that_others_reach_is_warned_of_where_it_is_not_encrypted() {
    let site = Site::new();
    let open = ["--insecure-no-auth", "--ephemeral"];
    let start = |more: Vec<String>| {
        let mut command = sparkler();
        Server::of(
            command
                .args(["serve", "--listen", "0.0.0.0:0"])
                .args(open)
                .args(more),
        )
    };
    assert!(start(Vec::new()).said().contains("without encryption"));
    let arguments = site.arguments(&[]).into_iter();
    let encrypted = start(
        arguments
            .filter(|argument| argument != "--ephemeral")
            .collect(),
    );
    assert!(!encrypted.said().contains("without encryption"));
}
