//! Sandboxes that serve several invocations, for functions that opt in.

use serde_json::{Value, json};
use sparkler_tests::lambda::invocation;
use sparkler_tests::{Function, Reply, TestHost, guests};

fn reusing(times: &str) -> Function<'static> {
    TestHost::shared()
        .function(guests::behaviours())
        .variable("SPARKLER_REUSE", times)
        .timeout_seconds(2)
        .deploy()
}

/// How many invocations the sandbox has served that serves this one.
#[track_caller]
fn count(function: &Function<'_>) -> u64 {
    let reply = function.invoke(json!({ "do": "remember" }));
    reply
        .text()
        .parse()
        .unwrap_or_else(|_| panic!("{}", reply.text()))
}

#[test]
fn a_sandbox_serves_as_many_invocations_as_its_owner_allows() {
    let function = reusing("3");
    assert_eq!([0; 7].map(|_| count(&function)), [1, 2, 3, 1, 2, 3, 1]);
    for once in ["0", "1", "seldom"] {
        let function = reusing(once);
        assert_eq!([0; 3].map(|_| count(&function)), [1, 1, 1], "{once}");
    }
}

#[test]
fn a_permission_leaves_sandboxes_as_they_are_and_new_settings_do_not() {
    let function = reusing("100");
    let lambda = TestHost::shared().lambda();
    assert_eq!([0; 2].map(|_| count(&function)), [1, 2]);
    let permission = json!({
        "StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": "123456789012",
    });
    let path = format!("{}/policy", function.name());
    let added = lambda.call("POST", &path, &permission);
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(count(&function), 3);
    let updated = lambda.update_settings(function.name(), &json!({ "Description": "new" }));
    assert_eq!(updated.status, 200, "{}", updated.text());
    TestHost::shared().settled(function.name());
    assert_eq!(count(&function), 1);
}

#[test]
fn a_component_can_ask_for_it_by_itself() {
    let mut component = guests::behaviours().to_vec();
    component.extend(b"\0\x10\x0esparkler:reuse2");
    let function = TestHost::shared().deploy(component);
    assert_eq!([0; 4].map(|_| count(&function)), [1, 2, 1, 2]);
}

#[test]
fn a_component_that_asks_for_nonsense_is_refused() {
    let mut component = guests::behaviours().to_vec();
    component.extend(b"\0\x10\x0esparkler:reuse0");
    let refusal = TestHost::shared().function(component).attempt().err();
    let refusal = refusal.expect("it is not deployed");
    assert!(refusal.contains("from 1 to 10000"), "{refusal}");
}

#[test]
fn an_error_of_the_handler_keeps_the_sandbox_and_any_other_end_does_not() {
    let function = reusing("100");
    let fail = json!({ "do": "fail", "type": "Mine", "message": "no" });
    assert_eq!(count(&function), 1);
    assert_eq!(
        function.invoke(&fail).function_error().as_deref(),
        Some("Mine")
    );
    assert_eq!(count(&function), 2);
    for end in [
        json!({ "do": "trap" }),
        json!({ "do": "panic", "message": "no" }),
        json!({ "do": "exit", "code": 1 }),
        json!({ "do": "spin" }),
        json!({ "do": "allocate", "mb": 1000, "gently": true }),
        json!({ "do": "respond", "bytes": 7 * 1024 * 1024 }),
    ] {
        let ended = function.invoke(&end);
        assert!(ended.function_error().is_some(), "{end}: {}", ended.text());
        assert_eq!(count(&function), 1, "after {end}");
    }
}

#[test]
fn the_first_invocation_reports_the_setting_up_and_the_others_do_not() {
    let function = reusing("3");
    let setting_up = [0; 4].map(|_| {
        let log = function.invoke(json!({ "do": "echo", "event": 1 })).log();
        log.field("Init Duration").is_some()
    });
    assert_eq!(setting_up, [true, false, false, true]);
}

#[test]
fn the_memory_of_the_sandbox_is_what_every_later_invocation_used() {
    let function = reusing("100");
    let used = |event: Value| function.invoke(event).log().figure("Max Memory Used");
    let much = used(json!({ "do": "allocate", "mb": 64 }));
    assert_eq!(used(json!({ "do": "echo", "event": 1 })), much);
}

#[test]
fn functions_with_the_same_code_never_share() {
    let [one, other] = [0, 1].map(|_| reusing("100"));
    for round in 1..=3 {
        assert_eq!(count(&one), round);
        assert_eq!(count(&other), round);
    }
}

#[test]
fn an_update_of_settings_or_code_is_not_served_by_an_old_sandbox() {
    let host = TestHost::shared();
    let function = reusing("100");
    assert_eq!([0; 2].map(|_| count(&function)), [1, 2]);
    let change = json!({ "Description": "another" });
    assert_eq!(
        host.lambda()
            .update_settings(function.name(), &change)
            .status,
        200
    );
    host.settled(function.name());
    assert_eq!([0; 2].map(|_| count(&function)), [1, 2]);

    let updated = host
        .lambda()
        .update_code(function.name(), guests::behaviours());
    assert_eq!(updated.status, 200, "{}", updated.text());
    host.settled(function.name());
    assert_eq!(count(&function), 1);
}

#[test]
fn a_function_made_anew_under_the_same_name_starts_anew() {
    let host = TestHost::shared();
    let function = reusing("100");
    assert_eq!([0; 2].map(|_| count(&function)), [1, 2]);
    assert_eq!(host.lambda().delete(function.name()).status, 204);
    let mut again = sparkler_tests::NewFunction::new(function.name(), guests::behaviours());
    again
        .environment
        .insert("SPARKLER_REUSE".into(), "100".into());
    assert_eq!(host.lambda().create(&again).status, 201);
    host.settled(function.name());
    assert_eq!(count(&function), 1);
}

#[test]
fn nothing_of_an_invocation_is_told_to_the_next_one_by_the_host() {
    let function = reusing("100");
    let invoke = |trace: &str, event: Value| -> Reply {
        invocation(function.name(), event.to_string())
            .header("X-Amzn-Trace-Id", trace)
            .send(TestHost::shared().address())
    };
    let trace = |n: u32| format!("Root=1-5759e988-bd862e3fe1be46a99427279{n};Sampled=1");

    let murmur = invoke(&trace(1), json!({ "do": "murmur", "text": "of the first" }));
    assert_eq!(murmur.log().lines(), ["of the first"]);
    let print = invoke(&trace(2), json!({ "do": "print", "lines": 1 }));
    assert_eq!(print.log().lines().len(), 1, "{:?}", print.log());
    assert!(!print.log().text().contains("first"), "{:?}", print.log());

    let environment = invoke(&trace(3), json!({ "do": "environment" })).json();
    assert_eq!(
        environment["_X_AMZN_TRACE_ID"],
        Value::Null,
        "{environment}"
    );
    let [first, second] = [4, 5].map(|n| invoke(&trace(n), json!({ "do": "context" })).json());
    for (context, n) in [(&first, 4), (&second, 5)] {
        let seen = context["xray_trace_id"].as_str().unwrap_or_default();
        assert!(
            seen.contains(&format!("bd862e3fe1be46a99427279{n}")),
            "{context}"
        );
        let remaining_ms = context["remaining_ms"].as_u64().unwrap_or_default();
        assert!((1..=2_000).contains(&remaining_ms), "{context}");
    }
    assert_ne!(first["request_id"], second["request_id"]);
    assert_eq!(
        count(&function),
        1,
        "all of these were one sandbox, and this is its first count"
    );
    assert_eq!(count(&function), 2);
}
