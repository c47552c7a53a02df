//! The C compiler: which one there is, and how it is called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolchain::program::{self, Run};
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, MemoryLayout, output, tools};

/// What to do where there is none.
const REMEDY: &str = "Building a function in C needs clang with lld, wasi-libc and the compiler's runtime for \
                      wasm32 (Debian: apt install clang lld wasi-libc libclang-rt-14-dev-wasm32, with the \
                      number of your clang; or wasi-sdk, named in WASI_SDK_PATH), or else zig 0.13 or newer \
                      (`pip install ziglang`, or from your distribution).";

/// Whoever can build this has all that a function needs.
const PROBE: &str = "#include <stdlib.h>\n__attribute__((export_name(\"probe\"))) void *probe(void) { \
                     return malloc(1); }\n";

/// How zig is called: its own name, and the one that PyPI's package gives it.
const ZIG_NAMES: [&str; 2] = ["zig", "python-zig"];

/// What preview 1 is called by compilers, the newer name first.
const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-wasi"];

/// Where distributions put wasi-libc, beside the place that a clang knows by itself.
const SYSROOTS: [Option<&str>; 3] = [None, Some("/usr"), Some("/usr/share/wasi-sysroot")];

/// A compiler that can build functions.
pub(super) struct Compiler {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, OsString)>,
    is_zig: bool,
}

/// What to compile.
pub(super) struct Compiling<'a> {
    pub(super) sources: &'a [PathBuf],
    pub(super) module: &'a Path,
    pub(super) options: &'a BuildOptions,
}

impl Compiler {
    /// The first that can build a function: clang, then zig, which brings a C library of its own.
    pub(super) fn find(
        options: &BuildOptions,
        work: &Path,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Self, BuildError> {
        output::write(&work.join("probe.c"), PROBE.as_bytes())?;
        if let Some(clang) = clang_program(options) {
            for target in TARGETS {
                for sysroot in SYSROOTS {
                    let candidate = Self::clang(&clang, target, sysroot);
                    if candidate.can_build(options, work)? {
                        return Ok(candidate);
                    }
                }
            }
        }
        let zig = ZIG_NAMES
            .iter()
            .find_map(|name| program::find(name, options));
        let Some(zig) = zig else {
            return Err(BuildError::Unsuitable(format!(
                "There is no C compiler for WebAssembly on the PATH. {REMEDY}"
            )));
        };
        // It compiles its C library when that is first asked for, which takes a while.
        observe(BuildEvent::Progress("Having zig prepare its C library"));
        Self::zig(zig, options, work)
    }

    /// Compiles and links.
    pub(super) fn run(
        &self,
        compiling: &Compiling<'_>,
        memory: MemoryLayout,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Run, BuildError> {
        let Compiling {
            sources,
            module,
            options,
        } = compiling;
        let mut command = self.command(options);
        command
            .current_dir(&options.directory)
            .args(["-Wall", "-Wextra", "-Ibuild/include"])
            .args(match options.debug {
                true => ["-O1", "-g"],
                false => ["-O2", "-g0"],
            })
            .arg(format!("-Wl,-z,stack-size={}", memory.stack_bytes))
            .arg(format!("-Wl,--initial-memory={}", memory.initial_bytes));
        // With zig the stack lies first anyhow, and it does not know the flag.
        if !self.is_zig {
            command.arg("-Wl,--stack-first");
        }
        if options.colour {
            command.arg("-fdiagnostics-color=always");
        }
        command
            .args(
                ["build/c/sparkler.c".as_ref()]
                    .into_iter()
                    .chain(sources.iter().map(PathBuf::as_path)),
            )
            .arg("-o")
            .arg(absolute(module));
        program::run(&mut command, REMEDY, observe)
    }

    fn clang(program: &Path, target: &str, sysroot: Option<&str>) -> Self {
        let mut arguments = vec![format!("--target={target}"), "-mexec-model=reactor".into()];
        arguments.extend(sysroot.map(|folder| format!("--sysroot={folder}")));
        Self {
            program: program.to_owned(),
            arguments,
            environment: Vec::new(),
            is_zig: false,
        }
    }

    /// Zig keeps caches, which belong to the tools and to the build rather than to the user's home.
    fn zig(program: PathBuf, options: &BuildOptions, work: &Path) -> Result<Self, BuildError> {
        let libraries = tools::root(options)?.join("zig-cache");
        Ok(Self {
            program,
            arguments: ["cc", "--target=wasm32-wasi", "-mexec-model=reactor"]
                .map(Into::into)
                .to_vec(),
            environment: vec![
                ("ZIG_GLOBAL_CACHE_DIR", absolute(&libraries).into()),
                ("ZIG_LOCAL_CACHE_DIR", absolute(&work.join("zig")).into()),
            ],
            is_zig: true,
        })
    }

    fn command(&self, options: &BuildOptions) -> Command {
        let mut command = program::command(&self.program, options);
        command.args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn can_build(&self, options: &BuildOptions, work: &Path) -> Result<bool, BuildError> {
        let mut command = self.command(options);
        command
            .current_dir(work)
            .args(["probe.c", "-o", "probe.wasm"]);
        Ok(program::run(&mut command, REMEDY, &mut |_| ())?.succeeded)
    }
}

/// The clang of wasi-sdk where the user names it, or else one on the PATH.
fn clang_program(options: &BuildOptions) -> Option<PathBuf> {
    let of_sdk = std::env::var_os("WASI_SDK_PATH")
        .filter(|_| options.search_path.is_none())
        .map(|folder| PathBuf::from(folder).join("bin/clang"))
        .filter(|clang| clang.is_file());
    of_sdk.or_else(|| program::find("clang", options))
}

/// As the compiler, which runs in another folder, has to be told of it.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_compiler_is_answered_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let options = BuildOptions {
            search_path: Some(folder.path().to_string_lossy().into_owned()),
            ..BuildOptions::release(folder.path())
        };
        let found = Compiler::find(&options, folder.path(), &mut |_| ());
        let text = found.map(|_| ()).unwrap_err().to_string();
        assert!(
            text.contains("wasi-libc") && text.contains("ziglang"),
            "{text}"
        );
    }
}
