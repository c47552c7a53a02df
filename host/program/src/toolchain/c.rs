//! Builds functions in C: clang with wasi-libc, or zig, makes a core module for preview 1 of WASI, and
//! that becomes a component here.
//!
//! What stands between a function and the host is `guest-sdk/c`; this program brings it along. Stack and
//! memory are laid out as for Rust, for the same reason.

mod compiler;
mod component;
mod debug_sections;
mod sources;
mod templates;

use std::path::Path;

use super::kit::{Kit, Marker, Template, is_of_kind};
use super::program::Run;
use super::settings::{BuildSettings, CheckedSettings};
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, MemoryLayout, lock, output};
use compiler::{Compiler, Compiling};

/// Functions that are files in C.
pub(super) struct C;

impl Kit for C {
    fn name(&self) -> &'static str {
        "C"
    }

    fn options(&self) -> (&'static str, &'static [&'static str]) {
        ("c", &[])
    }

    fn marker(&self) -> Marker {
        Marker::Kind("c")
    }

    fn reads_source(&self, path: &Path) -> bool {
        is_of_kind(path, &["c", "h"])
    }

    fn build(
        &self,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<BuiltGuest, BuildError> {
        let directory = &options.directory;
        let package = output::name(directory, None);
        let settings = settings(directory)?;
        let outputs = output::folder(directory);
        let _lock = lock::acquire(&outputs, &outputs)?;
        let work = outputs.join("c");
        sources::write_sdk(&outputs, &work)?;
        let sources = sources::of(directory)?;
        let compiler = Compiler::find(options, &work, observe)?;
        let compiling = Compiling {
            sources: &sources,
            module: &work.join("module.wasm"),
            options,
        };
        let memory = compiled(&compiler, &compiling, &package, settings.memory, observe)?;
        let module = std::fs::read(compiling.module).map_err(|source| BuildError::Read {
            path: compiling.module.to_owned(),
            source,
        })?;
        let module = match options.debug {
            true => module,
            false => debug_sections::removed(&module),
        };
        let component = component::of(module)?;
        output::store(directory, package, component, settings.reuse, Some(memory))
    }

    fn templates(&self) -> &'static [Template] {
        templates::TEMPLATES
    }
}

fn settings(directory: &Path) -> Result<CheckedSettings, BuildError> {
    let settings = BuildSettings::read(directory)?;
    settings.checked().map_err(|problem| BuildError::Settings {
        section: "build",
        file: directory.join("sparkler.toml"),
        problem,
    })
}

/// Compiles, and once more where the linker says that the initial memory is too small for the data.
fn compiled(
    compiler: &Compiler,
    compiling: &Compiling<'_>,
    package: &str,
    mut memory: MemoryLayout,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<MemoryLayout, BuildError> {
    let mut run = compiler.run(compiling, memory, observe)?;
    if let (false, Some(needed)) = (run.succeeded, MemoryLayout::bytes_needed(&run.text)) {
        let from_bytes = memory.initial_bytes;
        memory = memory.with_room_for(needed);
        observe(BuildEvent::RaisingInitialMemory {
            from_bytes,
            to_bytes: memory.initial_bytes,
        });
        run = compiler.run(compiling, memory, observe)?;
    }
    match run {
        Run {
            succeeded: true,
            text,
        } => {
            if !text.is_empty() {
                observe(BuildEvent::Warning(&text));
            }
            Ok(memory)
        }
        Run { text, .. } => Err(BuildError::Compile {
            package: package.to_owned(),
            messages: text,
        }),
    }
}
