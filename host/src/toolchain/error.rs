//! Why a guest could not be built.

use std::io;
use std::path::PathBuf;

use super::GUEST_TARGET;

/// Why a guest could not be built, each as a sentence with the way out.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder holds no crate.
    #[error(
        "{} holds no Cargo.toml. Name the folder of a Rust crate, or make one with `sparkler new NAME`.",
        .0.display()
    )]
    NoManifest(PathBuf),
    /// A program of the Rust toolchain cannot be started.
    #[error(
        "`{program}` could not be started: {source}. Building needs Rust: install it from \
         https://rustup.rs, or put it on the PATH."
    )]
    Program {
        /// Which program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// Cargo cannot make sense of the crate.
    #[error("cargo cannot read {}:\n{messages}", manifest.display())]
    Metadata {
        /// The manifest.
        manifest: PathBuf,
        /// What cargo says.
        messages: String,
    },
    /// The folder holds several packages, or not the one that was asked for.
    #[error("{0}")]
    Package(String),
    /// A value in `[package.metadata.sparkler]` is wrong.
    #[error("[package.metadata.sparkler] in {}: {problem}", manifest.display())]
    Settings {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The compile target is missing and cannot be added.
    #[error(
        "the Rust target {GUEST_TARGET} is missing{0}. Add it with `rustup target add {GUEST_TARGET}` \
         (rustup: https://rustup.rs), or install your distribution's package of Rust's \
         standard library for it."
    )]
    Target(String),
    /// The crate does not compile.
    #[error("{package} does not compile:\n{messages}")]
    Compile {
        /// The package.
        package: String,
        /// What the compiler says.
        messages: String,
    },
    /// Cargo was content and named no component.
    #[error(
        "cargo built {package} and named no .wasm file. A guest is a library \
         (`[lib] crate-type = [\"cdylib\"]`) or a program."
    )]
    NoArtifact {
        /// The package.
        package: String,
    },
    /// The lock of the target directory cannot be had.
    #[error("the build folder {} cannot be locked: {source}", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What was built cannot be read.
    #[error("{} was built and cannot be read: {source}", path.display())]
    Read {
        /// The component.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The zip of what was built cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The zip.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
