//! Real builds of crates that need nothing but the standard library.

use std::fs;
use std::thread;

use tempfile::TempDir;
use wasmparser::{Parser, Payload};

use crate::toolchain::{BuildEvent, BuildOptions, BuiltLookup, build, build_watched, find_built};

/// A crate called `name` with `source`, which shares its target directory with others where `target`
/// says so.
fn crate_with(name: &str, source: &str, settings: &str, target: Option<&TempDir>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n\
         [package.metadata.sparkler]\n{settings}\n"
    );
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    if let Some(target) = target {
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        let config = format!("[build]\ntarget-dir = {:?}\n", target.path());
        fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
    }
    folder
}

/// A function that keeps `text` in the component.
fn source_that_says(text: &str) -> String {
    format!(
        "#[unsafe(no_mangle)] pub extern \"C\" fn say(n: usize) -> u8 {{ {text:?}.as_bytes()[n] }}"
    )
}

/// The initial size of the first memory in a component.
fn initial_memory_bytes(component: &[u8]) -> u64 {
    let payloads = Parser::new(0).parse_all(component);
    let memory = payloads.flatten().find_map(|payload| match payload {
        Payload::MemorySection(memories) => memories.into_iter().flatten().next(),
        _ => None,
    });
    memory.expect("a memory").initial * 65_536
}

#[test]
fn a_guest_is_a_component_with_the_memory_that_was_asked_for() {
    let folder = crate_with(
        "sparkler-test-plain",
        &source_that_says("plain"),
        "initial-memory-bytes = 327680",
        None,
    );
    let built = build(BuildOptions::release(folder.path())).unwrap();
    assert_eq!(built.package, "sparkler-test-plain");
    assert!(built.bytes.starts_with(b"\0asm\x0d"), "not a component");
    assert_eq!(initial_memory_bytes(&built.bytes), 327_680);
    assert!(
        find_built(folder.path()) == BuiltLookup::Found(built.path.clone()),
        "{built:?}"
    );
}

#[test]
fn data_that_does_not_fit_raises_the_initial_memory_and_says_so() {
    let source = "static DATA: [u8; 200_000] = [7; 200_000];
        #[unsafe(no_mangle)] pub extern \"C\" fn at(n: usize) -> u8 { DATA[n] }";
    let settings = "initial-memory-bytes = 131072";
    let folder = crate_with("sparkler-test-data", source, settings, None);
    let mut raised = None;
    let options = BuildOptions::release(folder.path());
    let built = build_watched(&options, &mut |event| {
        if let BuildEvent::RaisingInitialMemory {
            from_bytes,
            to_bytes,
        } = event
        {
            raised = Some((from_bytes, to_bytes));
        }
    })
    .unwrap();
    let memory = built.memory.expect("cargo's linker lays it out");
    assert_eq!(raised, Some((131_072, memory.initial_bytes)));
    assert_eq!(initial_memory_bytes(&built.bytes), memory.initial_bytes);
    assert!(memory.initial_bytes >= 65_536 + 200_000);
}

#[test]
fn a_crate_that_does_not_compile_is_answered_with_the_compilers_words() {
    let folder = crate_with("sparkler-test-broken", "fn f() -> u8 { missing }", "", None);
    let text = build(BuildOptions::release(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("sparkler-test-broken does not compile"),
        "{text}"
    );
    assert!(text.contains("missing"), "{text}");
}

#[test]
fn a_folder_without_a_crate_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = build(BuildOptions::release(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(text.contains("sparkler new"), "{text}");
}

#[test]
fn two_builds_of_the_same_name_in_one_target_directory_do_not_mix() {
    let target = tempfile::tempdir().unwrap();
    let built = |text: &'static str| {
        let source = source_that_says(text);
        let folder = crate_with("sparkler-test-twin", &source, "", Some(&target));
        let built = build(BuildOptions::release(folder.path())).unwrap();
        built
            .bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| built("the words of the first twin"));
        let other = scope.spawn(|| built("the words of the second twin"));
        assert!(one.join().unwrap(), "the first twin got other code");
        assert!(other.join().unwrap(), "the second twin got other code");
    });
}

#[test]
fn a_manifest_that_asks_for_reuse_is_heard_in_every_build_and_taken_back_in_the_next() {
    let source = source_that_says("again");
    let folder = crate_with("sparkler-test-reuse", &source, "reuse = 50", None);
    let built = || {
        let built = build(BuildOptions::release(folder.path())).unwrap();
        let stored = fs::read(&built.path).unwrap();
        assert_eq!(stored, built.bytes, "the file is what was built");
        built.bytes
    };
    let first = built();
    assert_eq!(sparkler::internals::reuse_of(&first).unwrap(), 50);
    assert_eq!(built(), first, "the section is there once");

    let manifest = folder.path().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("reuse = 50", "")).unwrap();
    assert_eq!(sparkler::internals::reuse_of(&built()).unwrap(), 0);
}
