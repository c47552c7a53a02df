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
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use named_file::{read_at_most, read_named};
pub use precompiled::Precompiled;
pub use reuse::reuse_of;

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
