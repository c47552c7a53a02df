//! Code that is no function: refused when it is deployed, with a reason that helps.

use sparkler_tests::{TestHost, wat};

use super::assert_serving;

#[track_caller]
fn refusal(package: Vec<u8>) -> String {
    let host = TestHost::shared();
    match host.function(package).attempt() {
        Ok(function) => panic!("{} was deployed", function.name()),
        Err(reason) => {
            assert_serving(host);
            reason
        }
    }
}

#[track_caller]
fn assert_says(reason: &str, words: &[&str]) {
    for word in words {
        assert!(reason.contains(word), "{word:?} is not in {reason:?}");
    }
}

#[test]
fn imports_that_the_host_does_not_have_are_named() {
    let reason = refusal(wat::guest("unknown_imports.wat"));
    assert_says(
        &reason,
        &[
            "acme:rockets/launch@1.2.3",
            "wasi:keyvalue/store@0.2.0-draft",
        ],
    );
}

#[test]
fn a_component_without_a_handler_is_told_what_to_export() {
    let reason = refusal(wat::guest("no_handler.wat"));
    assert_says(
        &reason,
        &[
            "it exports run and imports nothing",
            "sparkler:function/handler@0.1.0",
            "sparkler:function/streaming-handler@0.1.0",
            "wasi:http/incoming-handler@0.2.x",
            "wasi:cli/run@0.2.x",
        ],
    );
}

#[test]
fn a_core_module_is_told_that_it_is_one() {
    let reason = refusal(wat::assemble("(module (func (export \"handle\")))"));
    assert_says(&reason, &["component"]);
}

#[test]
fn what_is_not_webassembly_is_refused() {
    for package in [&b"\0asm\x0d\0\x01\0and then something else"[..], b"\0asm"] {
        refusal(package.to_vec());
    }
}

#[test]
fn too_many_instances_in_one_component_are_refused() {
    let instances = "(core instance (instantiate $tiny))".repeat(500);
    let guest = format!(
        "(core module $tiny (memory 1)) {instances}
         (core module $last (func (export \"handle\") (param i32) (result i32) (unreachable)))
         (core instance $guest (instantiate $last))"
    );
    assert_refused_or_failed(wat::in_shell(&guest));
}

#[test]
fn too_many_memories_in_one_module_are_refused() {
    let memories = "(memory 1)".repeat(90);
    assert_refused_or_failed(wat::in_shell(&format!(
        "(core module $wide {memories}
           (func (export \"handle\") (param i32) (result i32) (unreachable)))
         (core instance $guest (instantiate $wide))"
    )));
}

#[test]
fn too_many_tables_in_one_module_are_refused() {
    let tables = "(table 1 funcref)".repeat(90);
    assert_refused_or_failed(wat::in_shell(&format!(
        "(core module $wide {tables}
           (func (export \"handle\") (param i32) (result i32) (unreachable)))
         (core instance $guest (instantiate $wide))"
    )));
}

/// The limit may strike at the deploy or at the first call, but it strikes with a reason.
#[track_caller]
fn assert_refused_or_failed(package: Vec<u8>) {
    let host = TestHost::shared();
    match host.function(package).attempt() {
        Err(reason) => assert!(reason.len() > 30, "no reason: {reason}"),
        Ok(function) => {
            let reply = function.invoke("{}");
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert!(reply.function_error().is_some(), "{}", reply.text());
            assert!(reply.member("errorMessage").len() > 30, "{}", reply.text());
        }
    }
    assert_serving(host);
}
