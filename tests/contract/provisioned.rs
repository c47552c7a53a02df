//! Provisioned concurrency, with real sandboxes that wait for calls.

use std::thread;

use serde_json::{Value, json};
use sparkler_tests::conformance::{self, BEHAVIOURS};
use sparkler_tests::lambda::invocation;
use sparkler_tests::{Connection, Function, NewFunction, Reply, Request, TestHost, guests};

/// An operation on what is provisioned at a version or alias of a function.
fn operation(method: &str, function: &str, qualifier: &str, body: &Value) -> Reply {
    let path =
        format!("/2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={qualifier}");
    Request::new(method, path)
        .header("Content-Type", "application/json")
        .body(body.to_string())
        .send(TestHost::shared().address())
}

#[track_caller]
fn call(method: &str, path: &str, body: &Value) -> Reply {
    TestHost::shared().lambda().call(method, path, body)
}

#[track_caller]
fn publish(function: &str) -> String {
    let reply = call("POST", &format!("{function}/versions"), &json!({}));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.member("Version")
}

/// Gives `$LATEST` another description, so that there is something to publish.
#[track_caller]
fn describe(function: &str, description: &str) {
    let path = format!("{function}/configuration");
    let reply = call("PUT", &path, &json!({ "Description": description }));
    assert_eq!(reply.status, 200, "{}", reply.text());
    TestHost::shared().settled(function);
}

#[track_caller]
fn alias(method: &str, function: &str, name: &str, version: &str) {
    let (path, status) = match method {
        "POST" => (format!("{function}/aliases"), 201),
        _ => (format!("{function}/aliases/{name}"), 200),
    };
    let wanted = json!({ "Name": name, "FunctionVersion": version });
    let reply = call(method, &path, &wanted);
    assert_eq!(reply.status, status, "{}", reply.text());
}

/// Asks for that many, and is answered before there are any.
#[track_caller]
fn provision(function: &str, qualifier: &str, wanted: u32) {
    let body = json!({ "ProvisionedConcurrentExecutions": wanted });
    let reply = operation("PUT", function, qualifier, &body);
    assert_eq!(reply.status, 202, "{}", reply.text());
    let config = reply.json();
    assert_eq!(config["Status"], "IN_PROGRESS");
    assert_eq!(config["RequestedProvisionedConcurrentExecutions"], wanted);
}

/// What there is, once it is not being prepared any more.
#[track_caller]
fn prepared(function: &str, qualifier: &str) -> Value {
    loop {
        let reply = operation("GET", function, qualifier, &json!({}));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let config = reply.json();
        if config["Status"] != "IN_PROGRESS" {
            return config;
        }
        thread::yield_now();
    }
}

#[track_caller]
fn assert_ready(function: &str, qualifier: &str, count: u32) {
    let config = prepared(function, qualifier);
    assert_eq!(config["Status"], "READY", "{config}");
    assert_eq!(config["AllocatedProvisionedConcurrentExecutions"], count);
    assert_eq!(config["AvailableProvisionedConcurrentExecutions"], count);
}

#[track_caller]
fn invoke(function: &str, qualifier: &str, event: &Value) -> Reply {
    let target = format!("{function}:{qualifier}");
    let reply = TestHost::shared()
        .lambda()
        .invoke(&target, event.to_string());
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

/// How the sandbox of a call came to be, as its guest sees it.
#[track_caller]
fn initialization(function: &str, qualifier: &str) -> String {
    let reply = invoke(function, qualifier, &json!({ "do": "environment" }));
    let log = reply.log().text();
    let kind = reply.member("AWS_LAMBDA_INITIALIZATION_TYPE");
    assert!(
        kind == "on-demand" || !log.contains("Init Duration"),
        "{log}"
    );
    kind
}

fn metrics() -> String {
    let reply = Request::new("GET", "/metrics").send(TestHost::shared().address());
    reply.text().to_owned()
}

/// Waits until a value of a function is there, at a version or alias.
fn wait_for(metric: &str, function: &str, qualifier: &str, value: u32) {
    let label = match metric {
        "sparkler_prepared_sandboxes_waiting" => "version",
        _ => "qualifier",
    };
    let line = format!(
        "{metric}{{account=\"123456789012\",function=\"{function}\",{label}=\"{qualifier}\"}} {value}\n"
    );
    while !metrics().contains(&line) {
        thread::yield_now();
    }
}

/// Waits until no sandbox of a version is prepared any more.
fn wait_until_let_go(function: &str, version: &str) {
    let start = format!(
        "sparkler_prepared_sandboxes_waiting{{account=\"123456789012\",function=\"{function}\",version=\"{version}\"}}"
    );
    while metrics().contains(&start) {
        thread::yield_now();
    }
}

/// A function with one published version.
#[track_caller]
fn published() -> Function<'static> {
    let function = TestHost::shared().deploy(guests::behaviours());
    assert_eq!(publish(function.name()), "1");
    function
}

#[test]
fn calls_of_a_version_find_sandboxes_that_wait_and_spill_over_when_these_are_in_use() {
    let function = published();
    let name = function.name();
    provision(name, "1", 2);
    assert_ready(name, "1", 2);
    wait_for("sparkler_prepared_sandboxes_waiting", name, "1", 2);
    assert_eq!(initialization(name, "1"), "provisioned-concurrency");
    assert_eq!(initialization(name, "$LATEST"), "on-demand");

    let slow = json!({ "do": "sleep", "ms": 10_000 }).to_string();
    let slow = invocation(&format!("{name}:1"), slow);
    let mut in_use: Vec<_> = (0..2)
        .map(|_| {
            let mut connection = Connection::open(TestHost::shared().address());
            connection.begin(&slow);
            connection
        })
        .collect();
    wait_for("sparkler_provisioned_concurrency_in_use", name, "1", 2);
    wait_for("sparkler_provisioned_concurrency_available", name, "1", 2);
    assert_eq!(initialization(name, "1"), "on-demand");
    let spilled = "sparkler_provisioned_concurrency_spilled_over_total";
    wait_for(spilled, name, "1", 1);
    for connection in &mut in_use {
        assert_eq!(connection.read().status, 200);
    }
    wait_for("sparkler_provisioned_concurrency_in_use", name, "1", 0);
    wait_for("sparkler_prepared_sandboxes_waiting", name, "1", 2);
    assert_eq!(initialization(name, "1"), "provisioned-concurrency");
}

#[test]
fn an_alias_takes_what_it_has_along_to_another_version() {
    let function = published();
    let name = function.name();
    alias("POST", name, "live", "1");
    provision(name, "live", 1);
    assert_ready(name, "live", 1);
    assert_eq!(initialization(name, "live"), "provisioned-concurrency");
    // Calls of the version itself have no share in it.
    assert_eq!(initialization(name, "1"), "on-demand");

    describe(name, "another");
    assert_eq!(publish(name), "2");
    alias("PUT", name, "live", "2");
    assert_ready(name, "live", 1);
    wait_until_let_go(name, "1");
    wait_for("sparkler_prepared_sandboxes_waiting", name, "2", 1);
    let reply = invoke(name, "live", &json!({ "do": "environment" }));
    assert_eq!(reply.member("AWS_LAMBDA_FUNCTION_VERSION"), "2");
    let kind = reply.member("AWS_LAMBDA_INITIALIZATION_TYPE");
    assert_eq!(kind, "provisioned-concurrency");

    let deleted = operation("DELETE", name, "live", &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    let missing = operation("GET", name, "live", &json!({}));
    let refusal = (404, "ProvisionedConcurrencyConfigNotFoundException");
    assert_eq!(missing.refusal(), refusal);
    wait_until_let_go(name, "2");
    assert_eq!(initialization(name, "live"), "on-demand");
}

#[test]
fn what_waits_goes_with_its_version_and_with_its_function() {
    let lambda = TestHost::shared().lambda();
    let new = NewFunction::new("made-anew", guests::behaviours());
    // The second one is another function, though it looks the same.
    for _ in 0..2 {
        let created = lambda.create(&new);
        assert_eq!(created.status, 201, "{}", created.text());
        TestHost::shared().settled("made-anew");
        assert_eq!(publish("made-anew"), "1");
        provision("made-anew", "1", 1);
        assert_ready("made-anew", "1", 1);
        assert_eq!(initialization("made-anew", "1"), "provisioned-concurrency");
        describe("made-anew", "another");
        assert_eq!(publish("made-anew"), "2");
        let deleted = lambda.delete("made-anew?Qualifier=1");
        assert_eq!(deleted.status, 204, "{}", deleted.text());
        wait_until_let_go("made-anew", "1");
        provision("made-anew", "2", 1);
        assert_ready("made-anew", "2", 1);
        assert_eq!(lambda.delete("made-anew").status, 204);
    }
    wait_until_let_go("made-anew", "2");
    assert!(!metrics().contains("made-anew"));
}

#[test]
fn a_function_that_fails_while_it_is_set_up_is_told_of_and_goes_on_on_demand() {
    let behaviour = BEHAVIOURS
        .iter()
        .find(|behaviour| behaviour.name == "provisioned-init-fail")
        .expect("the behaviour");
    let package = conformance::package(guests::conformance(), behaviour).expect("a package");
    let function = TestHost::shared().deploy(package);
    let name = function.name();
    assert_eq!(publish(name), "1");
    provision(name, "1", 2);
    let config = prepared(name, "1");
    assert_eq!(config["Status"], "FAILED", "{config}");
    assert_eq!(config["StatusReason"], "FUNCTION_ERROR_INIT_FAILURE");
    assert_eq!(config["RequestedProvisionedConcurrentExecutions"], 2);
    assert_eq!(config["AllocatedProvisionedConcurrentExecutions"], 0);
    assert_eq!(invoke(name, "1", &json!({})).text(), "\"on-demand\"");
}

#[test]
fn a_log_of_records_tells_how_the_sandbox_came_to_be() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let name = function.name();
    let change = json!({ "LoggingConfig": { "LogFormat": "JSON" } });
    let reply = TestHost::shared().lambda().update_settings(name, &change);
    assert_eq!(reply.status, 200, "{}", reply.text());
    TestHost::shared().settled(name);
    assert_eq!(publish(name), "1");
    provision(name, "1", 1);
    assert_ready(name, "1", 1);
    let kind = "\"initializationType\":\"provisioned-concurrency\"";
    let log = |qualifier| {
        let reply = invoke(name, qualifier, &json!({ "do": "remember" }));
        reply.log().text()
    };
    let provisioned = log("1");
    assert!(provisioned.contains(kind), "{provisioned}");
    assert!(!provisioned.contains("initDurationMs"), "{provisioned}");
    assert!(!log("$LATEST").contains(kind));
}
