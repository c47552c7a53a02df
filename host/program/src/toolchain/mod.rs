//! What builds guests: the `build`, `dev` and `demo` commands stand on it, and so do tests.
//!
//! A function is a folder, and its marker file says in which language it is written. Each language is
//! built by the tool that its own people publish: cargo for Rust, componentize-js for JavaScript,
//! componentize-py for Python, clang or zig for C. What comes out is always the same: a component, and a
//! zip of it beside it.
//!
//! All that differs from one language to another is one value, a [`Kit`].

mod bounds;
mod built;
mod c;
pub mod checkout;
mod error;
mod inputs;
mod interpreters;
mod javascript;
mod kit;
mod languages;
mod lock;
mod output;
mod program;
mod python;
mod reuse_section;
mod rust;
mod settings;
mod tools;
mod virtual_environment;
mod zip_file;

use std::path::PathBuf;

use bytes::Bytes;

pub use bounds::take_for_server;
pub use built::BuiltLookup;
pub use error::BuildError;
pub use interpreters::{build_interpreter, interpreter_inputs};
pub use kit::{Kit, Language, Marker, Template};
pub use languages::{DEFAULT_LANGUAGE, LANGUAGES, find_built, language_named, language_of};
pub use rust::GUEST_TARGET;
pub use settings::MemoryLayout;
pub use tools::TOOLS_VARIABLE;

/// Which function to build, and how.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// The folder of the function, or of a workspace of crates when `package` says which of its members.
    pub directory: PathBuf,
    /// The package to build, where the folder holds several; only workspaces of Rust do.
    pub package: Option<String>,
    /// Keep debug information, and do not optimise across crates.
    pub debug: bool,
    /// Let compiler messages carry colours.
    pub colour: bool,
    /// Where tools are kept that are installed for the builds of all functions; by default what
    /// [`TOOLS_VARIABLE`] says, or else a folder in the user's cache.
    pub tools: Option<PathBuf>,
    /// The search path for programs, in place of the environment's `PATH`.
    pub search_path: Option<String>,
}

impl BuildOptions {
    /// A release build of the function in `directory`.
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
    /// Where it lies: for Rust in the target directory of its crate, for others in `build` beside the
    /// sources.
    pub path: PathBuf,
    /// The same as a zip, beside it: the form that AWS's own client uploads.
    pub zip: PathBuf,
    /// What it is. A later build may replace the file, never these bytes.
    pub bytes: Bytes,
    /// How its memory is laid out, where the build decides that and not the language's own engine.
    pub memory: Option<MemoryLayout>,
}

/// An interpreter of a language that was built.
pub struct BuiltInterpreter {
    /// Which version of its language it is.
    pub version: String,
    /// The component.
    pub component: Vec<u8>,
}

/// What happens during a build, for whoever watches it.
#[derive(Clone, Copy, Debug)]
pub enum BuildEvent<'a> {
    /// The compile target is missing and is being installed.
    AddingTarget,
    /// The tool says what it is at, in one line.
    Progress(&'a str),
    /// Something that is needed once, for all functions of a language, is being installed.
    Installing(&'a str),
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
/// When the language's tools or a sound function are missing, and when the function does not compile.
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
    let directory = &options.directory;
    let language = language_of(directory).ok_or_else(|| BuildError::NoFunction {
        directory: directory.clone(),
        markers: languages::markers(),
    })?;
    if let (Some(package), false) = (&options.package, language.is_of_crates()) {
        return Err(BuildError::Package(format!(
            "{} holds a function in {language}, which has no packages to choose from: leave out \
             `{package}`.",
            directory.display()
        )));
    }
    language.build(options, observe)
}
