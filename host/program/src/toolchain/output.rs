//! Where what is built is put: for languages without a build folder of their own, `build` beside the
//! sources; and what belongs to every component, its reuse and its zip.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{BuildError, BuiltGuest, MemoryLayout, reuse_section, zip_file};

/// The folder of outputs.
pub(super) const FOLDER: &str = "build";

/// A component as its tool made it.
pub(super) struct Built {
    /// The name of the function.
    pub(super) package: String,
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What lies there.
    pub(super) bytes: Vec<u8>,
    /// Invocations that one sandbox may serve, where the owner says how many.
    pub(super) reuse: Option<u32>,
    /// How its memory is laid out, where that is known.
    pub(super) memory: Option<MemoryLayout>,
}

/// Lets a component be reused where its owner says so, and zips it.
pub(super) fn finish(built: Built) -> Result<BuiltGuest, BuildError> {
    let Built {
        package,
        path,
        bytes,
        reuse,
        memory,
    } = built;
    let unwritten = |path: &Path| {
        let path = path.to_owned();
        |source| BuildError::Write { path, source }
    };
    let bytes = match reuse {
        Some(reuse) => reuse_section::append(&path, bytes, reuse).map_err(unwritten(&path))?,
        None => bytes,
    };
    let zip =
        zip_file::write_beside(&path, &bytes).map_err(unwritten(&path.with_extension("zip")))?;
    Ok(BuiltGuest {
        package,
        path,
        zip,
        bytes: bytes.into(),
        memory,
    })
}

/// Puts the component of the function in `directory` into its folder of outputs, and finishes it.
pub(super) fn store(
    directory: &Path,
    package: String,
    bytes: Vec<u8>,
    reuse: Option<u32>,
    memory: Option<MemoryLayout>,
) -> Result<BuiltGuest, BuildError> {
    let path = component(directory, &package);
    write(&path, &bytes)?;
    finish(Built {
        package,
        path,
        bytes,
        reuse,
        memory,
    })
}

/// Writes a file whole or not at all, as readable as any that a program writes.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let written = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let readable = fs::Permissions::from_mode(0o644);
            file.as_file().set_permissions(readable)?;
        }
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|source| BuildError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The folder of outputs of the function in `directory`.
pub(super) fn folder(directory: &Path) -> PathBuf {
    directory.join(FOLDER)
}

/// Where the component of a function lies.
pub(super) fn component(directory: &Path, name: &str) -> PathBuf {
    folder(directory).join(format!("{name}.wasm"))
}

/// What the function in `directory` is called: as was declared, or else as its folder.
pub(super) fn name(directory: &Path, declared: Option<String>) -> String {
    declared
        .and_then(|name| file_name(&name))
        .or_else(|| file_name(&folder_name(directory)?))
        .unwrap_or_else(|| "function".into())
}

fn folder_name(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    Some(directory.file_name()?.to_string_lossy().into_owned())
}

/// A name that can be one of a file: npm's may have a scope, `@mine/greet`.
fn file_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c);
    let name: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '.']);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_as_declared_or_else_by_its_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("my greet");
        fs::create_dir(&folder).unwrap();
        assert_eq!(name(&folder, None), "my-greet");
        assert_eq!(name(&folder, Some("@mine/greet".into())), "mine-greet");
        assert_eq!(name(&folder, Some("..".into())), "my-greet");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (name, expected) in [("../../etc/x", Some("etc-x")), ("..", None), ("/", None)] {
            assert_eq!(file_name(name).as_deref(), expected, "{name}");
        }
    }
}
