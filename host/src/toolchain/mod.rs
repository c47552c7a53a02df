//! What builds guests: the `build`, `dev` and `demo` commands stand on it, and so do tests.
//!
//! A guest is an ordinary Rust crate. It is compiled for `wasm32-wasip2` by the user's own cargo, in a
//! profile of its own and linked with a small stack and a small initial memory: a sandbox whose whole
//! memory is small is reset without asking the kernel, which is what makes an invocation cheap.

mod built;
mod cargo;
pub mod checkout;
mod error;
mod flags;
mod lock;
mod package;
mod reuse_section;
mod target;
mod zip_file;

use std::path::PathBuf;

use bytes::Bytes;

pub use built::{BuiltLookup, find_built};
pub use error::BuildError;
pub use package::MemoryLayout;

use cargo::CargoRun;
use package::GuestPackage;

/// What guests are compiled for.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// The cargo profile of a guest, which is also the name of the folder its artifact lies in.
pub const GUEST_PROFILE: &str = "sparkler";

/// Which crate to build, and how.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// The folder of the crate, or of a workspace when `package` says which of its members.
    pub directory: PathBuf,
    /// The package to build, where the folder holds several.
    pub package: Option<String>,
    /// Keep debug information, and do not optimise across crates.
    pub debug: bool,
    /// Let compiler messages carry colours.
    pub colour: bool,
}

impl BuildOptions {
    /// A release build of the crate in `directory`.
    pub fn release(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            ..Self::default()
        }
    }
}

/// A component that was built.
#[derive(Clone, Debug)]
pub struct BuiltGuest {
    /// The package it was built from.
    pub package: String,
    /// Where it lies, in the target directory of its crate.
    pub path: PathBuf,
    /// The same as a zip, beside it: the form that AWS's own client uploads.
    pub zip: PathBuf,
    /// What it is. A later build may replace the file, never these bytes.
    pub bytes: Bytes,
    /// How its memory is laid out.
    pub memory: MemoryLayout,
}

/// What happens during a build, for whoever watches it.
#[derive(Clone, Copy, Debug)]
pub enum BuildEvent<'a> {
    /// The compile target is missing and is being installed.
    AddingTarget,
    /// Cargo says what it is at, in one line.
    Progress(&'a str),
    /// A warning of the compiler, as it would print it.
    Warning(&'a str),
    /// The guest's data does not fit into its initial memory, which is therefore raised.
    RaisingInitialMemory {
        /// What was asked for.
        from_bytes: u64,
        /// What the guest gets.
        to_bytes: u64,
    },
}

/// Builds a guest, unwatched. Blocks; concurrent calls are safe, in one process and in several.
///
/// # Errors
/// When cargo, the target or a sound crate is missing, and when the crate does not compile.
pub fn build(options: BuildOptions) -> Result<BuiltGuest, BuildError> {
    build_watched(&options, &mut |_| ())
}

/// Builds a guest and tells `observe` what happens. Blocks; concurrent calls are safe, in one process
/// and in several.
///
/// # Errors
/// As for [`build`].
pub fn build_watched(
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltGuest, BuildError> {
    let package = package::find(&options.directory, options.package.as_deref())?;
    target::ensure(&package.directory, observe)?;
    // Held until the bytes are read: another build may put a file of the same name in the same place.
    let _lock = lock::acquire(&package.target_directory)?;
    let (run, memory) = link_with_enough_memory(&package, options, observe)?;
    let path = run.artifact.ok_or_else(|| BuildError::NoArtifact {
        package: package.name.clone(),
    })?;
    let bytes = std::fs::read(&path).map_err(|source| BuildError::Read {
        path: path.clone(),
        source,
    })?;
    let bytes = match package.reuse {
        Some(reuse) => {
            reuse_section::append(&path, bytes, reuse).map_err(|source| BuildError::Write {
                path: path.clone(),
                source,
            })?
        }
        None => bytes,
    };
    let zip = zip_file::write_beside(&path, &bytes).map_err(|source| BuildError::Write {
        path: path.with_extension("zip"),
        source,
    })?;
    Ok(BuiltGuest {
        package: package.name,
        path,
        zip,
        bytes: bytes.into(),
        memory,
    })
}

/// Runs cargo, and once more where the linker says that the initial memory is too small for the data.
fn link_with_enough_memory(
    package: &GuestPackage,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(CargoRun, MemoryLayout), BuildError> {
    let mut memory = package.memory;
    let mut run = cargo::run(package, memory, options, observe)?;
    if let Some(needed) = run.initial_memory_bytes_needed() {
        let from_bytes = memory.initial_bytes;
        memory = memory.with_room_for(needed);
        observe(BuildEvent::RaisingInitialMemory {
            from_bytes,
            to_bytes: memory.initial_bytes,
        });
        run = cargo::run(package, memory, options, observe)?;
    }
    if !run.succeeded {
        return Err(BuildError::Compile {
            package: package.name.clone(),
            messages: run.failure_text(),
        });
    }
    for warning in run.warnings() {
        observe(BuildEvent::Warning(warning));
    }
    Ok((run, memory))
}

#[cfg(test)]
mod tests;
