//! What each path does.

use std::sync::atomic::{AtomicU32, Ordering};

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{ErrorCode, Fields, IncomingRequest, ResponseOutparam};

use crate::request::Request;
use crate::response::Response;

wasip2::http::proxy::export!(Server);

struct Server;

/// Requests that this instance has served.
static COUNT: AtomicU32 = AtomicU32::new(0);

const TEXT: (&str, &str) = ("content-type", "text/plain");
const JSON: (&str, &str) = ("content-type", "application/json");
const BYTES: (&str, &str) = ("content-type", "application/octet-stream");

impl Guest for Server {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let request = Request::new(request);
        let path = request.path.clone();
        match path.as_str() {
            "/show" => whole(out, 200, &[JSON], request.shown().to_string().as_bytes()),
            "/body" => whole(out, 200, &[BYTES], &request.body()),
            "/page" => whole(out, 200, &[], b"<p>hello"),
            "/bytes" => whole(out, 200, &[BYTES], &(0..=255).collect::<Vec<u8>>()),
            "/head" => {
                let status = u16::try_from(request.number()).expect("a status");
                whole(out, status, &HEAD, b"body");
            }
            "/log" => {
                say("to stdout", "to stderr");
                whole(out, 200, &[TEXT], b"");
            }
            "/count" => {
                let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
                whole(out, 200, &[TEXT], count.to_string().as_bytes());
            }
            "/variable" => {
                let value = std::env::var(&request.query).unwrap_or_default();
                whole(out, 200, &[TEXT], value.as_bytes());
            }
            "/after" => {
                whole(out, 200, &[TEXT], b"answered");
                say("after the response", "");
            }
            "/header" => header(&request, out),
            "/header-bytes" => {
                let fields = Fields::new();
                let bytes = request.header("x-bytes").expect("the header");
                fields.append("x-bytes", &bytes).expect("a header");
                let response = Response::with(out, 200, fields);
                response.write(&bytes);
                response.finish(None).expect("the end");
            }
            "/request-trailers" => request_trailers(&request, out),
            "/trailers" => trailers(&request.query, out),
            "/fill" => fill(out, 200, request.number()),
            "/fill-without-body" => fill(out, 204, request.number()),
            "/endless" => {
                let response = Response::begin(out, 200, &[BYTES]);
                loop {
                    response.write(&[b'x'; 4096]);
                }
            }
            "/spin" => loop {
                std::hint::spin_loop();
            },
            "/spin-after" => {
                whole(out, 200, &[TEXT], b"answered");
                loop {
                    std::hint::spin_loop();
                }
            }
            "/allocate" => {
                let bytes = vec![1_u8; request.number()];
                whole(out, 200, &[TEXT], &bytes[..1]);
            }
            other => badly(other, out),
        }
    }
}

const HEAD: [(&str, &str); 7] = [
    ("x-many", "1"),
    ("x-many", "2"),
    ("set-cookie", "a=1"),
    ("set-cookie", "b=2; Secure"),
    ("date", "yesterday"),
    ("trailer", "x-end"),
    TEXT,
];

/// What no server should do.
fn badly(path: &str, out: ResponseOutparam) {
    match path {
        "/nothing" => drop(out),
        "/forget" => std::mem::forget(out),
        "/error" => ResponseOutparam::set(out, Err(ErrorCode::DnsTimeout)),
        "/trap-before" => panic!("before the response"),
        "/trap-after" => {
            Response::begin(out, 200, &[TEXT]).write(b"begun");
            panic!("after the response began");
        }
        "/exit" => std::process::exit(0),
        "/drop" => Response::begin(out, 200, &[TEXT]).write(b"begun"),
        "/leak" => {
            let response = Response::begin(out, 200, &[TEXT]);
            response.write(b"left open");
            response.leak();
        }
        "/short" => {
            let response = Response::begin(out, 200, &[TEXT, ("content-length", "10")]);
            response.write(b"short");
            assert!(response.finish(None).is_err());
        }
        "/long" => {
            let response = Response::begin(out, 200, &[TEXT, ("content-length", "2")]);
            assert!(!response.try_write(b"long"));
            assert!(response.finish(None).is_err());
        }
        "/many-headers" => {
            let fields = Fields::new();
            let set = (0..100_000).take_while(|n| {
                let name = format!("x-{n}");
                fields.append(&name, b"value").is_ok()
            });
            let set = set.count().to_string();
            whole(out, 200, &[TEXT], set.as_bytes());
        }
        _ => whole(out, 404, &[TEXT], b"no such path"),
    }
}

/// Sets the header that the request names, and tells whether it may.
fn header(request: &Request, out: ResponseOutparam) {
    let name = request.header("x-name").expect("the name of a header");
    let value = request.header("x-value").unwrap_or_default();
    let name = String::from_utf8(name).expect("a name in UTF-8");
    let set = Fields::new().append(&name, &value);
    whole(out, 200, &[TEXT], format!("{set:?}").as_bytes());
}

/// Answers with headers behind the body, and announces those of these names.
fn trailers(announced: &str, out: ResponseOutparam) {
    let mut headers = vec![TEXT];
    if !announced.is_empty() {
        headers.push(("trailer", announced));
    }
    let response = Response::begin(out, 200, &headers);
    response.write(b"before trailers");
    let trailers = Fields::new();
    // The last says how the body is sent, which it was.
    for (name, value) in [
        ("x-end", &b"1"[..]),
        ("x-end", b"\xe9"),
        ("x-other", b"2"),
        ("content-length", b"3"),
    ] {
        trailers.append(name, value).expect("a trailer");
    }
    response.finish(Some(trailers)).expect("the end");
}

/// Answers with the body, and with a line for each header that came behind it.
fn request_trailers(request: &Request, out: ResponseOutparam) {
    let (mut bytes, trailers) = request.body_and_trailers();
    for (name, value) in trailers.iter().flat_map(Fields::entries) {
        bytes.extend([b"\n", name.as_bytes(), b": ", &value].concat());
    }
    whole(out, 200, &[BYTES], &bytes);
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the log of a server is what it prints"
)]
fn say(to_stdout: &str, to_stderr: &str) {
    println!("{to_stdout}");
    eprint!("{to_stderr}");
}

fn whole(out: ResponseOutparam, status: u16, headers: &[(&str, &str)], body: &[u8]) {
    let response = Response::begin(out, status, headers);
    response.write(body);
    response.finish(None).expect("the end");
}

/// Answers with so many kilobytes.
fn fill(out: ResponseOutparam, status: u16, kilobytes: usize) {
    let response = Response::begin(out, status, &[BYTES]);
    for _ in 0..kilobytes {
        response.write(&[b'x'; 1024]);
    }
    response.finish(None).expect("the end");
}
