//! Code that is no function: refused when it is deployed, with a reason that helps.

use sparkler::internals::inspect;
use sparkler_tests::{TestHost, guests, wat};

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

/// The guest with something of it changed or cut off, here for one number and elsewhere for the next.
fn damaged(guest: &[u8], number: usize) -> Vec<u8> {
    /// Not a divisor of any length: numbers lead all over the guest.
    const STRIDE: usize = 2_654_435_761;
    let at = 8 + number.wrapping_mul(STRIDE) % (guest.len() - 8);
    let mut damaged = guest.to_vec();
    match number % 4 {
        0 => damaged.truncate(at),
        1 => damaged[at] ^= 1 << (number / 4 % 8),
        2 => damaged[at] = 0xff,
        _ => drop(damaged.drain(at..guest.len().min(at + 1 + number % 64))),
    }
    damaged
}

#[test]
fn what_is_damaged_is_looked_into_and_breaks_nothing() {
    for guest in [guests::echo(), guests::command(), guests::http()] {
        for number in 0..100 {
            let inspected = inspect(damaged(guest, number));
            // It need not be refused: much of a component may be another.
            if let Err(rejection) = inspected {
                assert!(rejection.reason.ends_with('.'), "{number}: {rejection}");
            }
        }
    }
}

#[test]
fn what_is_damaged_can_be_deployed_or_not_and_the_host_stays() {
    let host = TestHost::shared();
    for number in 0..8 {
        if let Ok(function) = host.function(damaged(guests::echo(), number)).attempt() {
            // It may fail in any way, within its own bounds.
            let reply = function.invoke(serde_json::json!({}));
            assert_eq!(reply.status, 200, "{number}: {}", reply.text());
        }
        assert_serving(host);
    }
}
