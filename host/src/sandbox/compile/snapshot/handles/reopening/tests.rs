use wasmparser::{Validator, WasmFeatures};

use super::*;

/// A component that imports what streams are made of, in the form that toolchains give it.
const COMPONENT: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:io/streams@0.2.0" (instance $streams
        (export "output-stream" (type $stream (sub resource)))
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $waits (eq $outer)))
        (export "[method]output-stream.subscribe"
            (func (param "self" (borrow $stream)) (result (own $waits))))))
    (alias export $streams "output-stream" (type $stream))
    (import "wasi:cli/stdout@0.2.0" (instance
        (alias outer 1 $stream (type $outer))
        (export "output-stream" (type $stream (eq $outer)))
        (export "get-stdout" (func (result (own $stream))))))
    (import "wasi:cli/stderr@0.2.0" (instance
        (alias outer 1 $stream (type $outer))
        (export "output-stream" (type $stream (eq $outer)))
        (export "get-stderr" (func (result (own $stream))))))
    (core module $state (memory (export "memory") 1))
    (core instance (instantiate $state))
)"#;

fn reopened(component: &str, open: &OpenHandles) -> Result<Vec<u8>, String> {
    append(wat::parse_str(component).expect("a component"), open)
}

#[test]
fn what_is_appended_fits_the_component() {
    let open = OpenHandles::from([
        (0, Handle::Stream(StandardStream::Error)),
        (1, Handle::Pollable { stream: 4 }),
        (4, Handle::Stream(StandardStream::Output)),
    ]);
    let component = reopened(COMPONENT, &open).expect("appended");
    let features = WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL;
    let checked = Validator::new_with_features(features).validate_all(&component);
    checked.expect("a valid component");
}

#[test]
fn places_are_taken_in_their_order_and_what_waits_gets_one_that_was_let_go_of() {
    let open = OpenHandles::from([
        (0, Handle::Pollable { stream: 2 }),
        (2, Handle::Stream(StandardStream::Output)),
    ]);
    let plan = Plan::of(&open).expect("a plan");
    let output = StandardStream::Output;
    let calls = [
        Call::Open(output),
        Call::Drop(output),
        Call::Subscribe(output),
    ];
    assert_eq!(plan.calls, calls);
    let steps: Vec<String> = plan.code.iter().map(|step| format!("{step:?}")).collect();
    let open = ["Call(0)", "Drop"];
    let expected = [
        &open[..],
        &open,
        &open,
        &["I32Const(1)", "Call(1)", "I32Const(3)", "Call(2)", "Drop"],
        &["I32Const(2)", "Call(1)"],
    ];
    assert_eq!(steps, expected.concat());
}

#[test]
fn a_stream_that_is_not_imported_or_twice_cannot_be_opened_again() {
    let open = OpenHandles::from([(0, Handle::Stream(StandardStream::Input))]);
    let refused = reopened(COMPONENT, &open).expect_err("there is no such import");
    assert!(refused.contains("wasi:cli/stdin@0.2"), "{refused}");
    let twice = r#"(component (import "wasi:cli/stdin@0.2.0" (instance))
                              (import "wasi:cli/stdin@0.2.6" (instance)))"#;
    assert!(reopened(twice, &open).is_err());
}
