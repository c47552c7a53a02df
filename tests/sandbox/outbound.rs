//! HTTP requests that are allowed, the connections they take, and what a host learns of them.

use serde_json::{Value, json};
use sparkler_tests::lambda::invocation;
use sparkler_tests::{Function, NewFunction, Origin, TestHost, guests};

/// A function that may send requests to `origin`.
#[track_caller]
fn allowed(origin: &Origin) -> Function<'static> {
    TestHost::shared()
        .function(guests::requests())
        .variable(
            "SPARKLER_ALLOW_HTTP",
            &format!("http://127.0.0.1:{}", origin.port()),
        )
        .deploy()
}

fn get(url: String) -> Value {
    json!({ "requests": [{ "url": url }] })
}

#[track_caller]
fn outcomes(function: &Function<'_>, event: &Value) -> Vec<Value> {
    let reply = function.invoke(event);
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    reply.json().as_array().expect("outcomes").clone()
}

#[test]
fn a_request_arrives_as_it_was_written() {
    let origin = Origin::start();
    let function = allowed(&origin);
    let event = json!({ "requests": [
        {
            "method": "PATCH", "url": origin.url("/echo"),
            "headers": { "X-Own": "mine" }, "body": "the body",
        },
        { "url": origin.url("/echo") },
        { "method": "HEAD", "url": origin.url("/hello") },
    ]});
    let outcomes = outcomes(&function, &event);
    let first = outcomes[0]["text"]
        .as_str()
        .expect("an echo")
        .to_lowercase();
    assert!(first.starts_with("patch /echo http/1.1\r\n"), "{first}");
    for part in [
        format!("host: 127.0.0.1:{}\r\n", origin.port()),
        "x-own: mine\r\n".into(),
        "the body".into(),
    ] {
        assert!(first.contains(&part), "{first}");
    }
    let second = outcomes[1]["text"].as_str().expect("an echo");
    assert!(second.starts_with("GET /echo HTTP/1.1\r\n"), "{second}");
    for absent in [
        "user-agent",
        "accept",
        "content-length",
        "transfer-encoding",
    ] {
        assert!(!second.to_lowercase().contains(absent), "{second}");
    }
    assert_eq!(outcomes[2]["status"], 200);
    assert_eq!(outcomes[2]["headers"]["content-length"], "5");
}

#[test]
fn a_request_without_a_path_is_for_the_root() {
    let origin = Origin::start();
    let function = allowed(&origin);
    for (path, line) in [
        ("", "GET / HTTP/1.1\r\n"),
        ("?echo", "GET /?echo HTTP/1.1\r\n"),
    ] {
        let outcomes = outcomes(&function, &get(origin.url(path)));
        let text = outcomes[0]["text"].as_str().expect("an echo");
        assert!(text.starts_with(line), "{path}: {text}");
    }
}

#[test]
fn a_redirect_is_the_guests_own() {
    let origin = Origin::start();
    let outcomes = outcomes(&allowed(&origin), &get(origin.url("/redirect")));
    assert_eq!(outcomes[0]["status"], 302);
    assert_eq!(outcomes[0]["headers"]["location"], "/hello");
    assert_eq!(origin.whole(), 1);
}

#[test]
fn a_wildcard_is_what_is_below_a_name_and_not_the_name() {
    let function = TestHost::shared()
        .function(guests::requests())
        .variable("SPARKLER_ALLOW_HTTP", "http://*.localhost:*")
        .deploy();
    let event = json!({ "requests": [
        { "url": "http://localhost:9/" },
        { "url": "http://a.localhost:9/" },
    ]});
    let outcomes = outcomes(&function, &event);
    assert_eq!(outcomes[0]["error"], "HttpRequestDenied");
    let below = outcomes[1]["error"].as_str().expect("nobody is there");
    assert!(
        below == "DestinationIpProhibited" || below.starts_with("DnsError"),
        "{below}"
    );
}

#[test]
fn connections_are_kept_for_their_own_function_and_for_no_other() {
    let origin = Origin::start();
    let function = allowed(&origin);
    for path in ["/hello", "/chunked", "/echo", "/hello"] {
        assert_eq!(
            outcomes(&function, &get(origin.url(path)))[0]["status"],
            200
        );
    }
    assert_eq!(origin.accepted(), 1);
    let other = allowed(&origin);
    assert_eq!(
        outcomes(&other, &get(origin.url("/hello")))[0]["status"],
        200
    );
    assert_eq!(origin.accepted(), 2);
}

#[test]
fn connections_are_not_shared_by_tenants() {
    let host = TestHost::shared();
    let origin = Origin::start();
    let mut new = NewFunction::new("requests-of-tenants", guests::requests());
    let rule = format!("http://127.0.0.1:{}", origin.port());
    new.environment.insert("SPARKLER_ALLOW_HTTP".into(), rule);
    let mut request = new.request();
    request["TenancyConfig"] = json!({ "TenantIsolationMode": "PER_TENANT" });
    let created = sparkler_tests::Request::new("POST", "/2015-03-31/functions")
        .header("Content-Type", "application/json")
        .body(request.to_string())
        .send(host.address());
    assert_eq!(created.status, 201, "{}", created.text());
    host.settled(&new.name);
    for (tenant, connections) in [("blue", 1), ("green", 2), ("blue", 2), ("green", 2)] {
        let reply = invocation(&new.name, get(origin.url("/hello")).to_string())
            .header("X-Amz-Tenant-Id", tenant)
            .send(host.address());
        assert_eq!(reply.json()[0]["text"], "hello", "{}", reply.text());
        assert_eq!(origin.accepted(), connections, "{tenant}");
    }
}

#[test]
fn a_connection_that_its_server_closed_is_replaced() {
    let origin = Origin::start();
    let function = allowed(&origin);
    for connections in 1..=3 {
        let outcomes = outcomes(&function, &get(origin.url("/bye")));
        assert_eq!(outcomes[0]["text"], "hello", "{outcomes:?}");
        assert_eq!(origin.accepted(), connections);
        origin.wait_until_closed();
    }
}

#[test]
fn a_guest_waits_as_long_as_it_wants() {
    let origin = Origin::start();
    let event = json!({ "requests": [
        { "url": origin.url("/silent"), "first_byte_ms": 50 },
        { "url": origin.url("/stall"), "between_bytes_ms": 50 },
    ]});
    let outcomes = outcomes(&allowed(&origin), &event);
    for outcome in outcomes {
        assert_eq!(outcome["error"], "ConnectionReadTimeout");
    }
    origin.wait_until_closed();
}

#[test]
fn a_server_that_is_not_there_is_named_as_that() {
    let origin = Origin::start();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = gone.local_addr().expect("its address").port();
    drop(gone);
    let function = TestHost::shared()
        .function(guests::requests())
        .variable(
            "SPARKLER_ALLOW_HTTP",
            &format!("http://127.0.0.1:{port} http://no.such.name.invalid"),
        )
        .deploy();
    let event = json!({ "requests": [
        { "url": format!("http://127.0.0.1:{port}/") },
        { "url": "http://no.such.name.invalid/" },
    ]});
    let outcomes = outcomes(&function, &event);
    assert_eq!(outcomes[0]["error"], "ConnectionRefused");
    let unknown = outcomes[1]["error"].as_str().expect("no such name");
    assert!(unknown.starts_with("DnsError"), "{unknown}");
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_host_that_learns_lets_everything_out_and_tells_the_rules() {
    let host = TestHost::learning_http();
    let origin = Origin::start();
    let port = origin.port();
    let function = host
        .function(guests::requests())
        .variable("SPARKLER_ALLOW_HTTP", "https://own.example")
        .deploy();
    let event = get(format!("http://localhost:{port}/hello"));
    let reply = function.invoke(&event);
    assert_eq!(reply.json()[0]["text"], "hello", "{}", reply.text());
    let learned = host.host().learned_http();
    let (name, rules) = &learned[0];
    assert_eq!((learned.len(), name.as_str()), (1, function.name()));
    for rule in [
        "https://own.example".to_owned(),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}"),
    ] {
        assert!(rules.contains(&rule), "{rule} in {rules:?}");
    }
    let news = format!(
        "this function needs SPARKLER_ALLOW_HTTP={}",
        rules.join(",")
    );
    assert!(reply.log().text().contains(&news), "{}", reply.log().text());
    // What was told once is not told again.
    let again = function.invoke(&event).log().text();
    assert!(!again.contains("SPARKLER_ALLOW_HTTP"), "{again}");

    // The list is enough for the same request where nothing is learned.
    let allowed = TestHost::shared()
        .function(guests::requests())
        .variable("SPARKLER_ALLOW_HTTP", &rules.join(" "))
        .deploy();
    assert_eq!(outcomes(&allowed, &event)[0]["text"], "hello");
}

#[test]
fn the_example_fetches_a_page() {
    let origin = Origin::start();
    let function = TestHost::shared()
        .function(guests::fetch())
        .variable(
            "SPARKLER_ALLOW_HTTP",
            &format!("http://127.0.0.1:{}", origin.port()),
        )
        .deploy();
    let fetched = function.invoke(json!({ "url": origin.url("/chunked") }));
    assert_eq!(fetched.json(), json!({ "status": 200, "bytes": 5 }));
    let denied = function.invoke(json!({ "url": "https://example.com/" }));
    assert_eq!(denied.function_error().as_deref(), Some("NotAllowed"));
}
