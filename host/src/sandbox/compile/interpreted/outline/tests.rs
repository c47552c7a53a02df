use super::*;

/// An interpreter with this main module, these instances of it, and more in front of its library.
fn outline(main: &str, instances: &str, more: &str) -> Result<Outline, String> {
    let text = format!(
        r#"(component
            (core module $main {main} (export "g" (global 0)))
            {more}
            (core module $library
                (import "main" "memory" (memory 1))
                (func (export "__wasilibc_reset_preopens")))
            {instances}
            (core instance (instantiate $library (with "main" (instance $main)))))"#
    );
    Outline::of(&wat::parse_str(text).expect("a component"))
}

const MEMORY: &str = r#"(global (mut i32) (i32.const 7)) (memory (export "memory") 1)"#;
const INSTANCE: &str = "(core instance $main (instantiate $main))";

#[test]
fn an_interpreter_is_known_by_its_one_memory() {
    let main = format!("{MEMORY} (data (i32.const 8) \"eight\")");
    let outline = outline(&main, INSTANCE, "").expect("sound");
    assert_eq!((outline.main, outline.modules.len()), (0, 2));
    assert_eq!(&outline.base.bytes()[8..13], b"eight");
    assert_eq!(outline.modules[0].globals, [(0, ValType::I32)]);
    assert!(outline.modules[1].forgets_folders && outline.modules[1].globals.is_empty());
}

#[test]
fn what_cannot_be_taken_apart_says_why() {
    let with = |more: &str| format!("{MEMORY} {more}");
    let bounded = r#"(global (mut i32) (i32.const 7)) (memory (export "memory") 1 2)"#;
    let placed_late =
        r#"(global i32 (i32.const 7)) (memory (export "memory") 1) (data (global.get 0) "x")"#;
    let twice = format!("(core instance (instantiate $main)) {INSTANCE}");
    for (main, instances, more, said) in [
        (bounded, INSTANCE, "", "ordinary"),
        (
            &with("(func $f) (start $f)"),
            INSTANCE,
            "",
            "start function",
        ),
        (placed_late, INSTANCE, "", "fixed place"),
        (MEMORY, &twice, "", "more than once"),
        (
            MEMORY,
            INSTANCE,
            "(core module (memory 1))",
            "several memories",
        ),
        (
            MEMORY,
            INSTANCE,
            "(component (core module (memory 1)))",
            "state of its own",
        ),
        (MEMORY, INSTANCE, "(core type (module))", "types of modules"),
    ] {
        let reason = outline(main, instances, more).err().unwrap_or_default();
        assert!(reason.contains(said), "{said}: {reason:?}");
    }
    let none = wat::parse_str("(component)").expect("a component");
    assert!(Outline::of(&none).is_err_and(|reason| reason.contains("no memory")));
}
