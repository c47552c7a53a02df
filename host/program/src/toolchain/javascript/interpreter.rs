//! Builds the interpreter that all functions in JavaScript share, once for a version of this program: its crate is
//! `guest-sdk/js/interpreter`, which the program brings along, and its libraries come from crates.io. QuickJS, which is
//! written in C, is compiled by zig, which comes from PyPI.

mod sources;
mod zig;

use std::path::Path;
use std::process::Command;

use crate::toolchain::inputs::digest_of;
use crate::toolchain::{
    BuildError, BuildEvent, BuildOptions, BuiltInterpreter, output, program, rust, tools,
};
use zig::Zig;

/// What to do where there is no cargo.
const REMEDY: &str = "The interpreter of JavaScript is built with Rust: install it from https://rustup.rs, or put it on \
                      the PATH.";

/// The component, in the folder of tools.
const COMPONENT: &str = "interpreter.wasm";

/// What is in the interpreter, whose version is that of the Node that its modules follow.
const VERSION: &str = "Node v22 modules on QuickJS";

/// All that it is built from.
pub(in crate::toolchain) fn inputs() -> String {
    digest_of(sources::FILES.iter().copied().chain([(zig::PACKAGE, "")]))
}

/// Builds it where this version of it was not yet.
pub(in crate::toolchain) fn build(
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltInterpreter, BuildError> {
    let name = format!("javascript-interpreter-{}", &inputs()[..16]);
    let folder = tools::installed(options, &name, |folder| {
        observe(BuildEvent::Installing(
            "the interpreter of JavaScript, from crates.io and PyPI, which takes some minutes",
        ));
        let zig = Zig::installed(options, observe)?;
        compile(folder, &zig, options, observe)
    })?;
    let path = folder.join(COMPONENT);
    match std::fs::read(&path) {
        Ok(component) => Ok(BuiltInterpreter {
            version: VERSION.into(),
            component,
        }),
        Err(source) => Err(BuildError::Read { path, source }),
    }
}

/// Leaves the component in `folder`, and nothing else: what cargo compiles on the way takes a gigabyte.
fn compile(
    folder: &Path,
    zig: &Zig,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    let work = folder.join("work");
    for (path, text) in sources::FILES {
        output::write(&work.join(path), text.as_bytes())?;
    }
    let package = work.join(sources::PACKAGE);
    rust::ensure_target(&package, observe)?;
    let run = program::run(&mut cargo(&package, zig, options), REMEDY, observe)?;
    if !run.succeeded {
        return Err(BuildError::Compile {
            package: "The interpreter of JavaScript".into(),
            messages: run.text,
        });
    }
    let built = package
        .join("target")
        .join(rust::GUEST_TARGET)
        .join("release/javascript_interpreter.wasm");
    let component = folder.join(COMPONENT);
    let moved = std::fs::rename(built, &component).and_then(|()| std::fs::remove_dir_all(&work));
    moved.map_err(|source| BuildError::Write {
        path: component,
        source,
    })
}

fn cargo(package: &Path, zig: &Zig, options: &BuildOptions) -> Command {
    let mut cargo = program::command(Path::new(&rust::cargo_program()), options);
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            rust::GUEST_TARGET,
        ])
        .current_dir(package)
        // Flags and folders of a build around this one are not its own.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env("CARGO_TARGET_DIR", package.join("target"))
        // Otherwise the library that wraps QuickJS fetches a compiler by itself.
        .env("RQUICKJS_SYS_NO_WASI_SDK", "1")
        .envs(zig.environment());
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_python_learns_what_the_interpreter_is_built_with() {
        let folder = tempfile::tempdir().unwrap();
        let options = BuildOptions {
            search_path: Some("/nowhere".into()),
            tools: Some(folder.path().to_owned()),
            ..BuildOptions::default()
        };
        let Err(error) = build(&options, &mut |_| ()) else {
            panic!("it was built with nothing");
        };
        let error = error.to_string();
        assert!(error.contains("no python3 on the PATH"), "{error}");
    }

    #[test]
    fn every_file_of_the_crate_is_brought_along() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/js/interpreter");
        let mut missing = Vec::new();
        for folder in ["", "src", "wit", "runtime"] {
            for entry in std::fs::read_dir(crate_folder.join(folder)).unwrap() {
                let entry = entry.unwrap();
                let path = Path::new(sources::PACKAGE)
                    .join(folder)
                    .join(entry.file_name());
                let is_listed = sources::FILES
                    .iter()
                    .any(|(listed, _)| Path::new(listed) == path);
                let is_source = entry.path().extension().is_none_or(|kind| kind != "md");
                if entry.file_type().unwrap().is_file() && is_source && !is_listed {
                    missing.push(path);
                }
            }
        }
        assert!(missing.is_empty(), "add to sources.rs: {missing:?}");
    }
}
