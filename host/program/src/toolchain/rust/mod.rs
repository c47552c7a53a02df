//! Builds functions in Rust.
//!
//! A guest is an ordinary crate. It is compiled for `wasm32-wasip2` by the user's own cargo, in a profile
//! of its own and linked with a small stack and a small initial memory: a sandbox whose whole memory is
//! small is reset without asking the kernel, which is what makes an invocation cheap.

mod built;
mod cargo;
mod cargo_program;
mod flags;
mod package;
mod standard_streams;
mod target;
mod templates;

use std::path::{Path, PathBuf};

use super::built::BuiltLookup;
use super::kit::{Kit, Marker, Template};
use super::output::{self, Built};
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, MemoryLayout, lock};
use cargo::CargoRun;
pub(super) use cargo_program::cargo_program;
use package::GuestPackage;
use standard_streams::StandardStreams;
pub(super) use target::ensure as ensure_target;

/// What guests are compiled for.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// The cargo profile of a guest, which is also the name of the folder its artifact lies in.
const GUEST_PROFILE: &str = "sparkler";

/// What to do where a program of Rust's is missing.
const REMEDY: &str = "Building a function in Rust needs Rust: install it from https://rustup.rs, or put it \
                      on the PATH.";

/// Functions that are crates.
pub(super) struct Rust;

impl Kit for Rust {
    fn name(&self) -> &'static str {
        "Rust"
    }

    fn options(&self) -> (&'static str, &'static [&'static str]) {
        ("rust", &[])
    }

    fn marker(&self) -> Marker {
        Marker::File("Cargo.toml")
    }

    fn reads_source(&self, path: &Path) -> bool {
        path.starts_with("src") || ["Cargo.toml", "build.rs"].iter().any(|name| path == *name)
    }

    fn looks_into(&self, folder: &str) -> bool {
        folder == "src"
    }

    fn build(
        &self,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<BuiltGuest, BuildError> {
        let package = package::find(&options.directory, options.package.as_deref())?;
        target::ensure(&package.directory, observe)?;
        // Held until the bytes are read: another build may put a file of the same name in the same place.
        let _lock = lock::acquire(
            &package.target_directory,
            &package.target_directory.join(GUEST_TARGET),
        )?;
        let Linked {
            run,
            memory,
            path,
            bytes,
        } = link(&package, options, observe)?;
        for warning in run.warnings() {
            observe(BuildEvent::Warning(warning));
        }
        output::finish(Built {
            package: package.name,
            path,
            bytes,
            reuse: package.reuse,
            memory: Some(memory),
        })
    }

    fn find_built(&self, directory: &Path) -> BuiltLookup {
        built::find_built(directory)
    }

    fn templates(&self) -> &'static [Template] {
        templates::TEMPLATES
    }

    fn artifact(&self, name: &str) -> String {
        let artifact = name.replace('-', "_");
        format!("target/{GUEST_TARGET}/{GUEST_PROFILE}/{artifact}.wasm")
    }

    fn is_of_crates(&self) -> bool {
        true
    }

    /// Cargo would refuse these later, with the crate already made.
    fn reserved_names(&self) -> &'static [&'static str] {
        &["test", "core", "std", "alloc", "proc_macro", "proc-macro"]
    }
}

/// A component that was linked.
struct Linked {
    run: CargoRun,
    memory: MemoryLayout,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Links a component whose standard streams lead straight to the log, where it needs no others.
fn link(
    package: &GuestPackage,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<Linked, BuildError> {
    if package.has_sdk {
        match link_with(package, StandardStreams::ToLog, options, observe) {
            Ok(linked) if standard_streams::uses_streams(&linked.bytes) => {}
            // An older SDK.
            Err(BuildError::Compile { messages, .. })
                if standard_streams::is_nothing_there(&messages) => {}
            decided => return decided,
        }
    }
    link_with(package, StandardStreams::OfWasi, options, observe)
}

fn link_with(
    package: &GuestPackage,
    streams: StandardStreams,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<Linked, BuildError> {
    let (mut run, memory) = link_with_enough_memory(package, streams, options, observe)?;
    let path = run.artifact.take().ok_or_else(|| BuildError::NoArtifact {
        package: package.name.clone(),
    })?;
    let bytes = std::fs::read(&path).map_err(|source| BuildError::Read {
        path: path.clone(),
        source,
    })?;
    Ok(Linked {
        run,
        memory,
        path,
        bytes,
    })
}

/// Runs cargo, and once more where the linker says that the initial memory is too small for the data.
fn link_with_enough_memory(
    package: &GuestPackage,
    streams: StandardStreams,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(CargoRun, MemoryLayout), BuildError> {
    let mut memory = package.memory;
    let mut run = cargo::run(package, memory, streams, options, observe)?;
    if let Some(needed) = run.initial_memory_bytes_needed() {
        let from_bytes = memory.initial_bytes;
        memory = memory.with_room_for(needed);
        observe(BuildEvent::RaisingInitialMemory {
            from_bytes,
            to_bytes: memory.initial_bytes,
        });
        run = cargo::run(package, memory, streams, options, observe)?;
    }
    if !run.succeeded {
        return Err(BuildError::Compile {
            package: package.name.clone(),
            messages: run.failure_text(),
        });
    }
    Ok((run, memory))
}

#[cfg(test)]
mod tests;
