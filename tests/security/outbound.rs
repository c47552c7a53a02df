//! HTTP requests that no rule allows, that lead where they should not, or that do not end.

use serde_json::{Value, json};
use sparkler_tests::{Deploying, Function, NewFunction, Origin, Reply, TestHost, guests};

use super::{assert_failed, assert_serving};

/// A function with these rules.
#[track_caller]
fn allowing(rules: &str) -> Function<'static> {
    with_rules(rules).deploy()
}

/// One that is not deployed yet.
fn with_rules(rules: &str) -> Deploying<'static> {
    let function = TestHost::shared().function(guests::requests());
    function.variable("SPARKLER_ALLOW_HTTP", rules)
}

fn get(url: &str) -> Value {
    json!({ "requests": [{ "url": url }] })
}

/// The error of the only request.
#[track_caller]
fn error(reply: &Reply) -> String {
    let outcomes = reply.json();
    let error = outcomes[0]["error"].as_str();
    error
        .unwrap_or_else(|| panic!("{}", reply.text()))
        .to_owned()
}

#[track_caller]
fn assert_logged(reply: &Reply, line: &str) {
    let lines = reply.log().lines();
    assert!(lines.iter().any(|logged| logged == line), "{lines:#?}");
}

#[test]
fn nothing_goes_out_without_a_rule_and_the_log_names_the_one_that_is_missing() {
    let origin = Origin::start();
    let (url, port) = (origin.url("/hello"), origin.port());
    for function in [
        TestHost::shared().deploy(guests::requests()),
        allowing(&format!("https://127.0.0.1:{port} http://127.0.0.1")),
        allowing("http://*"),
    ] {
        let reply = function.invoke(get(&url));
        assert_eq!(error(&reply), "HttpRequestDenied");
        let at = format!("http://127.0.0.1:{port}");
        assert_logged(
            &reply,
            &format!(
                "http request to {at} denied: no rule allows it; add {at} to SPARKLER_ALLOW_HTTP"
            ),
        );
    }
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_name_that_leads_to_this_machine_is_refused_until_its_address_is_named() {
    let origin = Origin::start();
    let port = origin.port();
    let url = format!("http://localhost:{port}/hello");
    for rules in [format!("http://localhost:{port}"), "*://*:*".to_owned()] {
        let reply = allowing(&rules).invoke(get(&url));
        assert_eq!(error(&reply), "DestinationIpProhibited", "{rules}");
        let log = reply.log().lines().join("\n");
        assert!(
            log.contains(&format!(
                "http request to http://localhost:{port} denied: localhost has the address "
            )) && log.contains(", which is a loopback address; if that is meant, add http://"),
            "{log}"
        );
    }
    assert_eq!(origin.accepted(), 0);
    let both = allowing(&format!("http://localhost:{port} http://127.0.0.1:{port}"));
    assert_eq!(both.invoke(get(&url)).json()[0]["text"], "hello");
}

#[test]
fn an_address_is_one_in_every_spelling() {
    let origin = Origin::start();
    let port = origin.port();
    let everybody = allowing("*://*:*");
    let by_name = allowing(&format!("http://127.0.0.1:{port}"));
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ] {
        let event = get(&format!("http://{host}:{port}/hello"));
        let refused = everybody.invoke(&event);
        assert_eq!(error(&refused), "DestinationIpProhibited", "{host}");
        let answered = by_name.invoke(&event);
        assert_eq!(answered.json()[0]["text"], "hello", "{host}");
    }
}

#[test]
fn metadata_services_are_out_of_reach() {
    let function = allowing("*://*:* http://169.254.0.0/16 http://[fd00::]/8");
    for host in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "[64:ff9b::a9fe:a9fe]",
    ] {
        let reply = function.invoke(get(&format!("http://{host}/latest/meta-data/")));
        assert_eq!(error(&reply), "DestinationIpProhibited", "{host}");
        let log = reply.log().lines().join("\n");
        assert!(
            log.contains("is the address of a cloud's metadata service"),
            "{log}"
        );
    }
}

#[test]
fn a_place_that_is_none_and_a_tunnel_are_refused() {
    let origin = Origin::start();
    let port = origin.port();
    let function = allowing(&format!("http://127.0.0.1:{port}"));
    let request = |method: &str, url: String| json!({ "method": method, "url": url });
    let requests = [
        request("GET", format!("http://user:secret@127.0.0.1:{port}/echo")),
        request("GET", format!("http://a.example@127.0.0.1:{port}/echo")),
        request("CONNECT", origin.url("/echo")),
        request("GET", format!("gopher://127.0.0.1:{port}/")),
    ];
    let reply = function.invoke(json!({ "requests": requests }));
    let errors: Vec<_> = reply.json().as_array().expect("outcomes").clone();
    let errors: Vec<_> = errors.iter().map(|outcome| &outcome["error"]).collect();
    assert_eq!(
        errors,
        [
            "HttpRequestUriInvalid",
            "HttpRequestUriInvalid",
            "HttpRequestMethodInvalid",
            "HttpProtocolError"
        ]
    );
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn headers_of_the_connection_are_the_hosts() {
    let origin = Origin::start();
    let function = allowing(&format!("http://127.0.0.1:{}", origin.port()));
    for name in ["Host", "Connection", "Upgrade", "Transfer-Encoding", "TE"] {
        let request = json!({ "url": origin.url("/echo"), "headers": { name: "a" } });
        let reply = function.invoke(json!({ "requests": [request] }));
        let error = error(&reply);
        assert!(error.contains("Forbidden"), "{name}: {error}");
    }
}

#[test]
fn a_server_that_does_not_answer_costs_no_more_than_the_invocation() {
    let origin = Origin::start();
    let function = with_rules(&format!("http://127.0.0.1:{}", origin.port()))
        .timeout_seconds(1)
        .deploy();
    for path in ["/silent", "/stall"] {
        assert_failed(&function.invoke(get(&origin.url(path))), "Sandbox.Timedout");
        origin.wait_until_closed();
    }
    assert_eq!(origin.accepted(), 2);
    assert_serving(TestHost::shared());
}

#[test]
fn no_timeout_of_a_guest_breaks_anything() {
    let origin = Origin::start();
    let function = allowing(&format!("http://127.0.0.1:{}", origin.port()));
    for milliseconds in [0, 1, u64::MAX / 1_000_000, u64::MAX] {
        for option in ["connect_ms", "first_byte_ms", "between_bytes_ms"] {
            let request = json!({ "url": origin.url("/hello"), option: milliseconds });
            let reply = function.invoke(json!({ "requests": [request] }));
            assert_eq!(reply.function_error(), None, "{}", reply.text());
        }
    }
}

#[test]
fn a_response_is_bounded() {
    let origin = Origin::start();
    let function = allowing(&format!("http://127.0.0.1:{}", origin.port()));
    let reply = function.invoke(get(&origin.url("/promise")));
    assert_eq!(error(&reply), "HttpResponseBodySize(Some(268435456))");
    let log = reply.log().lines().join("\n");
    assert!(log.contains("http response refused"), "{log}");
    let reply = function.invoke(get(&origin.url("/heads")));
    assert_eq!(error(&reply), "HttpResponseHeaderSectionSize(None)");
    origin.wait_until_closed();
}

#[test]
fn requests_at_once_are_bounded() {
    let origin = Origin::start();
    let function = allowing(&format!("http://127.0.0.1:{}", origin.port()));
    let request = json!({ "url": origin.url("/silent"), "first_byte_ms": 100 });
    let event = json!({ "at_once": true, "requests": vec![request; 40] });
    let reply = function.invoke(event);
    let outcomes = reply.json();
    let outcomes = outcomes.as_array().expect("outcomes");
    let count = |error: &str| outcomes.iter().filter(|o| o["error"] == error).count();
    assert_eq!(count("ConnectionReadTimeout"), 32, "{}", reply.text());
    assert_eq!(count("ConnectionLimitReached"), 8, "{}", reply.text());
    assert_eq!(origin.accepted(), 32);
}

#[test]
fn what_a_guest_leaves_unread_ends_with_its_invocation() {
    let origin = Origin::start();
    let function = with_rules(&format!("http://127.0.0.1:{}", origin.port()))
        .variable("SPARKLER_REUSE", "10")
        .deploy();
    let event = json!({ "keep": true, "requests": [{ "url": origin.url("/stall") }] });
    let reply = function.invoke(event);
    assert_eq!(reply.json()[0]["status"], 200, "{}", reply.text());
    // The sandbox still lives, and has the response in its hands.
    origin.wait_until_closed();
}

#[test]
fn a_request_whose_guest_ends_in_the_middle_is_not_taken_for_a_whole_one() {
    let origin = Origin::start();
    let function = allowing(&format!("http://127.0.0.1:{}", origin.port()));
    let request = json!({
        "method": "POST", "url": origin.url("/echo"), "body": "half", "trap": true,
    });
    for _ in 0..20 {
        let reply = function.invoke(json!({ "requests": [request] }));
        assert!(reply.function_error().is_some(), "{}", reply.text());
    }
    if origin.accepted() > 0 {
        origin.wait_until_closed();
    }
    assert_eq!(origin.whole(), 0);
}

#[test]
fn a_rule_that_is_none_is_refused_with_a_sentence() {
    let host = TestHost::shared();
    let mut new = NewFunction::new("malformed-rule", guests::requests());
    let variable = "SPARKLER_ALLOW_HTTP".to_owned();
    new.environment.insert(variable, "api.example.com".into());
    let refused = host.lambda().create(&new);
    let function = allowing("https://api.example.com");
    let change =
        json!({ "Environment": { "Variables": { "SPARKLER_ALLOW_HTTP": "https://a/b" } } });
    let not_updated = host.lambda().update_settings(function.name(), &change);
    for (reply, rule) in [
        (refused, "'api.example.com'"),
        (not_updated, "'https://a/b'"),
    ] {
        assert_eq!(reply.status, 400, "{}", reply.text());
        let error = reply.header("x-amzn-errortype");
        assert_eq!(error, Some("InvalidParameterValueException"));
        let text = reply.text().to_owned();
        assert!(text.contains(rule), "{text}");
        assert!(text.contains("such as https://api.example.com"), "{text}");
    }
}
