//! Code that was compiled before: by this host or by an earlier one with the same data directory.

use std::path::Path;

use sparkler::{CompileIsolation, CompileLimits, HostConfig, Storage};
use sparkler_tests::{TestHost, guests, wat};

#[test]
fn what_was_compiled_before_needs_no_compiler_and_everything_else_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = TestHost::configured(|config| keep_in(folder.path(), config));
    let original = first.deploy(guests::echo());
    assert_eq!(original.invoke("[1]").text(), "[1]");
    drop(first);

    let second = TestHost::configured(|config| {
        keep_in(folder.path(), config);
        config.compile = CompileIsolation::Child {
            program: "/bin/false".into(),
            arguments: Vec::new(),
            limits: CompileLimits::default(),
        };
    });
    for _ in 0..2 {
        let copy = second.deploy(guests::echo());
        assert_eq!(copy.invoke("[2]").text(), "[2]");
    }
    let other = second.function(wat::guest("answer_of_size.wat")).attempt();
    assert!(other.is_err());
}

fn keep_in(folder: &Path, config: &mut HostConfig) {
    config.storage = Storage::DataDir(folder.join("data"));
}
