use super::*;
use wasmtime::{Engine, Instance, Store};

const P: u64 = PIECE_BYTES as u64;

/// What becomes of a module's memories, or that it ended, after a call of `run`.
fn memory_after(module: &[u8], arguments: [u64; 3]) -> Option<Vec<u8>> {
    let engine = Engine::default();
    let module = wasmtime::Module::from_binary(&engine, module).expect("a module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    let run = instance
        .get_typed_func::<(u64, u64, u64), ()>(&mut store, "run")
        .expect("a function");
    let [to, from, length] = arguments;
    run.call(&mut store, (to, from, length)).ok()?;
    let own = instance.get_memory(&mut store, "m").expect("a memory");
    let other = instance.get_memory(&mut store, "other");
    let data = |memory: wasmtime::Memory| memory.data(&store).to_vec();
    Some(
        [Some(own), other]
            .into_iter()
            .flatten()
            .flat_map(data)
            .collect(),
    )
}

/// A module of 32 pages with a pattern in it that runs `instruction` with such arguments.
fn module(address: &str, more: &str, instruction: &str, widths: [&str; 3]) -> Vec<u8> {
    let arguments: String = (0..3)
        .zip(widths)
        .map(|(local, width)| match width {
            "i32" => format!("(i32.wrap_i64 (local.get {local}))"),
            _ => format!("(local.get {local})"),
        })
        .collect();
    let pattern: String = (0..32)
        .map(|page| {
            format!(
                "(data ({address}.const {}) \"{page:032}\")",
                page * 65_536 + 7
            )
        })
        .collect();
    let text = format!(
        "(module (memory (export \"m\") {address} 32) {more} {pattern}
            (func (export \"run\") (param i64 i64 i64) ({instruction} {arguments})))"
    );
    wat::parse_str(text).expect("a module")
}

#[track_caller]
fn same(module: &[u8], calls: &[[u64; 3]]) {
    let changed = module_in_pieces(module)
        .expect("it can be read")
        .expect("it has such an instruction");
    for call in calls {
        let (before, after) = (memory_after(module, *call), memory_after(&changed, *call));
        assert!(before == after, "{call:?}");
    }
}

/// Places and lengths around a piece, around the end of the memory, and around that of its addresses.
fn calls() -> Vec<[u64; 3]> {
    let end = 32 * 65_536;
    let mut calls = Vec::new();
    for length in [
        0,
        1,
        P - 1,
        P,
        P + 1,
        3 * P + 5,
        4 * P,
        end,
        end + 1,
        0xffff_ffff,
    ] {
        for (to, from) in [
            (0, 0),
            (5, 3),
            (3, 5),
            (P, 0),
            (0, P),
            (P + 77, 2 * P),
            (2 * P, P + 77),
            (end - length.min(end), 1),
            (1, end - length.min(end)),
            (end - 1, 0),
            (0xffff_fff0, 9),
            (9, 0xffff_fff0),
        ] {
            calls.push([to, from, length]);
        }
    }
    calls
}

#[test]
fn copies_are_the_same_in_pieces() {
    same(&module("i32", "", "memory.copy", ["i32"; 3]), &calls());
    let wide = module("i64", "", "memory.copy", ["i64"; 3]);
    same(&wide, &calls());
    same(
        &wide,
        &[
            [u64::MAX - 5, 0, 3 * P],
            [0, u64::MAX - 5, 3 * P],
            [0, 1, u64::MAX],
        ],
    );
}

#[test]
fn copies_between_memories_are_the_same_in_pieces() {
    let other = "(memory $other (export \"other\") i64 32) (data (memory $other) (i64.const 300_000) \"other\")";
    let there = module("i32", other, "memory.copy 0 1", ["i32", "i64", "i32"]);
    same(&there, &calls());
    let back = module("i32", other, "memory.copy 1 0", ["i64", "i32", "i32"]);
    same(&back, &calls());
}

#[test]
fn fills_are_the_same_in_pieces() {
    same(&module("i32", "", "memory.fill", ["i32"; 3]), &calls());
    let wide = module("i64", "", "memory.fill", ["i64", "i32", "i64"]);
    same(&wide, &calls());
}

#[test]
fn nothing_is_written_where_addresses_begin_again() {
    let text = "(module (memory (export \"m\") 65536)
        (func (export \"run\") (param i64 i64 i64)
            (memory.fill (i32.wrap_i64 (local.get 0)) (i32.const 1) (i32.wrap_i64 (local.get 2)))))";
    let module = wat::parse_str(text).expect("a module");
    let changed = module_in_pieces(&module)
        .expect("it can be read")
        .expect("it is changed");
    let call = [(1 << 32) - P, 0, 2 * P];
    assert!(memory_after(&module, call).is_none());
    assert!(memory_after(&changed, call).is_none());
}

#[test]
fn a_memory_that_is_imported_twice_is_copied_as_one() {
    let text = "(module (import \"a\" \"m\" (memory 32)) (import \"a\" \"m\" (memory 32))
        (func (export \"run\") (param i32 i32 i32)
            (memory.copy 0 1 (local.get 0) (local.get 1) (local.get 2))))";
    let module = wat::parse_str(text).expect("a module");
    let changed = module_in_pieces(&module)
        .expect("it can be read")
        .expect("it is changed");
    let after = |module: &[u8]| {
        let engine = Engine::default();
        let module = wasmtime::Module::from_binary(&engine, module).expect("a module");
        let mut store = Store::new(&engine, ());
        let memory = wasmtime::Memory::new(&mut store, wasmtime::MemoryType::new(32, None));
        let memory = memory.expect("a memory");
        for (at, byte) in (0_u8..=250).cycle().zip(memory.data_mut(&mut store)) {
            *byte = at;
        }
        let imports = [memory.into(), memory.into()];
        let instance = Instance::new(&mut store, &module, &imports).expect("an instance");
        let run = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, "run");
        let (place, length) = (PIECE_BYTES / 2, 3 * PIECE_BYTES);
        let called = run
            .expect("a function")
            .call(&mut store, (place, 0, length));
        called.expect("in bounds");
        memory.data(&store).to_vec()
    };
    assert!(after(&module) == after(&changed));
}

#[test]
fn functions_keep_their_numbers_and_names_need_not_be_right() {
    let text = "(module (import \"a\" \"f\" (func)) (memory (export \"m\") 1) (table 2 funcref)
        (elem (i32.const 0) $start $filled) (global $ran (mut i32) (i32.const 0))
        (func $start (global.set $ran (i32.const 1))) (start $start)
        (func $filled (memory.fill (i32.const 3) (i32.const 7) (i32.const 2)))
        (func (export \"run\") (param i64 i64 i64)
            (if (i32.eqz (global.get $ran)) (then (unreachable)))
            (call_indirect (i32.const 1)))
        (@custom \"name\" \"\\ff no names\"))";
    let module = wat::parse_str(text).expect("a module");
    let changed = module_in_pieces(&module)
        .expect("it can be read")
        .expect("it is changed");
    let engine = Engine::default();
    let module = wasmtime::Module::from_binary(&engine, &changed).expect("a module");
    let mut store = Store::new(&engine, ());
    let import = wasmtime::Func::wrap(&mut store, || ());
    let instance = Instance::new(&mut store, &module, &[import.into()]).expect("an instance");
    let run = instance.get_typed_func::<(u64, u64, u64), ()>(&mut store, "run");
    run.expect("a function")
        .call(&mut store, (0, 0, 0))
        .expect("it ran");
    let memory = instance.get_memory(&mut store, "m").expect("a memory");
    assert_eq!(memory.data(&store)[..6], [0, 0, 0, 7, 7, 0]);
}

#[test]
fn large_data_is_the_same_in_pieces_and_small_data_is_left_alone() {
    let data = |bytes: u64| {
        let text: String = (0..bytes / 8)
            .map(|number| format!("{number:08}"))
            .collect();
        format!("(data $passive \"{text}\")")
    };
    let large = module("i32", &data(2 * P + 64), "memory.init $passive", ["i32"; 3]);
    same(&large, &calls());
    let small = module("i32", &data(P), "memory.init $passive", ["i32"; 3]);
    assert!(module_in_pieces(&small).expect("it can be read").is_none());
}

#[test]
fn modules_are_changed_wherever_they_are_in_a_component() {
    let module = "(core module (memory 1)
        (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))";
    let text = format!("(component {module} (component {module} (component {module})))");
    let component = wat::parse_str(text).expect("a component");
    let changed = in_pieces(&component).expect("it can be read");
    wasmparser::validate(&changed).expect("valid");
    let calls =
        Parser::new(0)
            .parse_all(&changed)
            .filter_map(|payload| match payload.expect("valid") {
                Payload::CodeSectionEntry(body) => body.get_operators_reader().ok()?.read().ok(),
                _ => None,
            });
    let bodies: Vec<_> = calls.collect();
    // In each module one function that calls, behind its operands, and one that is called.
    assert_eq!(bodies.len(), 6);
    assert!(in_pieces(&changed).expect("it can be read").len() > changed.len());
}

#[test]
fn components_are_not_nested_without_end() {
    let nested = |depth| {
        let (open, close) = ("(component ".repeat(depth), ")".repeat(depth));
        in_pieces(&wat::parse_str(format!("{open}{close}")).expect("a component"))
    };
    assert!(nested(NESTING_MAX as usize + 1).is_ok());
    let refused = nested(NESTING_MAX as usize + 2).expect_err("refused");
    assert!(refused.to_string().contains("more than 32 deep"));
}

#[test]
fn a_component_without_bulk_instructions_stays_as_it_is() {
    let component = wat::parse_str("(component (core module (memory 1) (func)))");
    let component = component.expect("a component");
    assert_eq!(in_pieces(&component).expect("it can be read"), component);
}

#[test]
fn what_is_added_has_a_name_and_everything_else_keeps_its_own() {
    let text = "(module (memory 1) (func $run (export \"run\")
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 65537))))";
    let module = wat::parse_str(text).expect("a module");
    let changed = module_in_pieces(&module).expect("it can be read");
    let engine = Engine::default();
    let changed = wasmtime::Module::from_binary(&engine, &changed.expect("it has one"));
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &changed.expect("a module"), &[]);
    let run = instance
        .expect("an instance")
        .get_typed_func::<(), ()>(&mut store, "run");
    let error = run.expect("a function").call(&mut store, ());
    let error = error.expect_err("out of bounds");
    let trace = error.downcast_ref::<wasmtime::WasmBacktrace>();
    let names = trace.expect("a trace").frames().iter();
    let names: Vec<_> = names.map(wasmtime::FrameInfo::func_name).collect();
    assert_eq!(names, [Some(ADDED_FUNCTION), Some("run")]);
}
