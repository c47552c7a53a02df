//! Why a guest could not be built.

use std::io;
use std::path::PathBuf;

/// Why a guest could not be built, each as a sentence with the way out.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder holds no function in any language.
    #[error(
        "{} holds {markers}. Name the folder of a function, or make one with `sparkler new NAME`.",
        directory.display()
    )]
    NoFunction {
        /// The folder.
        directory: PathBuf,
        /// What would have marked a function, for each language.
        markers: String,
    },
    /// A program that the build needs cannot be started.
    #[error("`{program}` could not be started: {source}. {remedy}")]
    Program {
        /// Which program.
        program: String,
        /// Why not.
        source: io::Error,
        /// What to install.
        remedy: &'static str,
    },
    /// What the build needs is there, and not as it has to be.
    #[error("{0}")]
    Unsuitable(String),
    /// Tools that the build needs could not be installed.
    #[error("{what} could not be installed:\n{messages}")]
    Install {
        /// What is needed.
        what: String,
        /// What the installer says.
        messages: String,
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
    /// A setting of the build is wrong.
    #[error("[{section}] in {}: {problem}", file.display())]
    Settings {
        /// The section that it stands in.
        section: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The compile target is missing and cannot be added.
    #[error("{0}")]
    Target(String),
    /// The function does not compile.
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
    /// What was built, or what it is built from, cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
