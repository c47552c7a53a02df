//! Packages as they are uploaded: a zip that holds one wasm file, or the wasm file itself; or what
//! `sparkler compile` made of it.
//!
//! A package comes from a stranger. Nothing of it is written anywhere under a name of its choosing, no
//! number in it is believed, and it is read as a whole, though one file of it is wanted: a package that
//! AWS could not unpack is refused here too.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
mod archive;
mod choice;
mod named_file;
mod precompiled;
mod reuse;
mod sources;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use named_file::{read_at_most, read_named};
pub use precompiled::Precompiled;
pub use reuse::reuse_of;
pub(crate) use sources::{SourceEntry, Sources};

/// Why a package holds no code that could be run, in a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PackageError(pub String);

impl PackageError {
    /// Neither wasm nor a zip that can be read, in AWS's words.
    fn unreadable() -> Self {
        Self(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
                .into(),
        )
    }
}

/// What wasm starts with, components and core modules alike.
const WASM_MAGIC: &[u8] = b"\0asm";

/// What a package holds.
pub(crate) enum Contents {
    /// A component, which is this file.
    Component(Bytes),
    /// Sources.
    Sources,
}

/// What a package holds whose function is to be found in one of `modules`, as `handler` says in a language. Takes as long
/// as unpacking does.
///
/// # Errors
/// As [`wasm_of`], for a package with none of these modules.
pub(crate) fn contents_of(
    package: &Bytes,
    language: &str,
    handler: &str,
    modules: &[String],
) -> Result<Contents, PackageError> {
    if package.starts_with(WASM_MAGIC) || Precompiled::is_one(package) {
        return Ok(Contents::Component(package.clone()));
    }
    let names = archive::Archive::open(package)?;
    let names: Vec<String> = names
        .file_names()
        .into_iter()
        .map(|(_, name)| name.to_owned())
        .collect();
    if names.iter().any(|name| modules.contains(name)) {
        return Sources::checked(package.clone()).map(|_| Contents::Sources);
    }
    if names.is_empty() || names.iter().any(|name| name.ends_with(".wasm")) {
        return wasm_of(package).map(Contents::Component);
    }
    let sought = match modules {
        [] => "which is not MODULE.FUNCTION, such as app.handler".to_owned(),
        modules => format!("and has no {}", modules.join(" and no ")),
    };
    Err(PackageError(format!(
        "The package holds no WebAssembly file, a *.wasm, and not the {language} module that Handler names: that is \
         '{}', {sought}. Put the module there, counted from the top of the package, or name another Handler.",
        choice::shown(handler)
    )))
}

/// The wasm file in a package, or the compiled code in the place of one. Takes as long as unpacking does.
///
/// # Errors
/// For anything but bare wasm and a sound zip within the limits that holds one wasm file.
pub fn wasm_of(package: &Bytes) -> Result<Bytes, PackageError> {
    if package.starts_with(WASM_MAGIC) || Precompiled::is_one(package) {
        return Ok(package.clone());
    }
    let archive = archive::Archive::open(package)?;
    let chosen = choice::choose(archive.file_names()).map(|(place, name)| (place, name.to_owned()));
    let content = archive.unpack(chosen.as_ref().ok().map(|(place, _)| *place))?;
    let (_, name) = chosen?;
    match content.starts_with(WASM_MAGIC) {
        true => Ok(content.into()),
        false => Err(PackageError(format!(
            "The file '{}' in the package is not WebAssembly: it does not start with \\0asm. Build the \
             function to a WASI component and package that file.",
            choice::shown(&name)
        ))),
    }
}
