//! What this program knows of a language, as one value: a function's marks, what its build reads and makes, and
//! what a new one starts with.

use std::fmt;
use std::path::{Component, Path};

use super::built::BuiltLookup;
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, output};

/// A language that functions are written in.
pub type Language = &'static dyn Kit;

/// All that differs from one language to another.
pub trait Kit: Send + Sync {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// What it is called on the command line, and other names that are understood.
    fn options(&self) -> (&'static str, &'static [&'static str]);

    /// What tells that the function in a folder is written in it.
    fn marker(&self) -> Marker;

    /// Whether a build depends on the file at `path`, relative to the function's folder. Outputs and hidden
    /// files are not asked for.
    fn reads_source(&self, path: &Path) -> bool;

    /// Whether a folder of this name, in the function's folder, can hold what a build depends on.
    fn looks_into(&self, folder: &str) -> bool {
        !is_hidden_or_output(folder)
    }

    /// Builds the function in the folder that `options` name, and tells `observe` what happens.
    ///
    /// # Errors
    /// When its tools or a sound function are missing, and when the function does not compile.
    fn build(
        &self,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<BuiltGuest, BuildError>;

    /// What the manifest in a function's folder calls it.
    fn declared_name(&self, _directory: &Path) -> Option<String> {
        None
    }

    /// Looks for the component of the function in `directory`, in the places where its build would put it.
    fn find_built(&self, directory: &Path) -> BuiltLookup {
        let name = output::name(directory, self.declared_name(directory));
        BuiltLookup::among(vec![output::component(directory, &name)])
    }

    /// The files that a function starts with.
    fn templates(&self) -> &'static [Template];

    /// Where the component of a function made of the templates comes to lie, from its folder.
    fn artifact(&self, name: &str) -> String {
        format!("{}/{name}.wasm", output::FOLDER)
    }

    /// Whether a function depends on the guest SDK by its path. For others this program brings along what they
    /// need, and a folder holds one function and no packages to choose from.
    fn is_of_crates(&self) -> bool {
        false
    }

    /// Names that a function cannot have, since its language has them.
    fn reserved_names(&self) -> &'static [&'static str] {
        &[]
    }
}

impl dyn Kit {
    /// Whether a build depends on the file at `path`, relative to the function's folder.
    pub fn reads(&self, path: &Path) -> bool {
        let mut parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        match parts.any(|name| is_hidden_or_output(&name)) {
            true => path.starts_with(".cargo"),
            false => self.reads_source(path),
        }
    }
}

impl PartialEq for dyn Kit {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Debug for dyn Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for dyn Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What tells in which language a function is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A file of this name in its folder.
    File(&'static str),
    /// Any file of this kind, in its folder or in its `src`.
    Kind(&'static str),
}

impl Marker {
    /// Whether it lies in `directory`.
    pub(super) fn is_in(self, directory: &Path) -> bool {
        match self {
            Self::File(name) => directory.join(name).is_file(),
            Self::Kind(kind) => holds(directory, kind) || holds(&directory.join("src"), kind),
        }
    }
}

/// A file to write, and what it holds before the names are filled in: `{{name}}` of the function,
/// `{{artifact}}` for where its component comes to lie, and for Rust `{{sdk}}`, the path of the SDK.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Where it comes to lie, from the function's folder.
    pub path: &'static str,
    /// What it holds.
    pub text: &'static str,
}

/// What builds write or fetch into a function's folder, and so nothing that a build should wait for.
const OUTPUTS: [&str; 4] = [output::FOLDER, "node_modules", "target", "__pycache__"];

fn is_hidden_or_output(name: &str) -> bool {
    name.starts_with('.') || OUTPUTS.contains(&name)
}

fn holds(folder: &Path, kind: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| is_of_kind(&path, &[kind]) && path.is_file())
}

/// Whether the name of a file ends as those of one of these kinds do.
pub(super) fn is_of_kind(path: &Path, kinds: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| kinds.contains(&extension))
}
