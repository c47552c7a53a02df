//! The files that a function in C is made from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::toolchain::{BuildError, output};

const HEADER: &str = include_str!("../../../kits/c/sparkler.h");
const SDK: &str = include_str!("../../../kits/c/sparkler.c");

/// The C files of the function, relative to its folder: those in it, and all below its `src`.
pub(super) fn of(directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    collect(directory, Path::new(""), false, &mut found)?;
    if directory.join("src").is_dir() {
        collect(directory, Path::new("src"), true, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(
    directory: &Path,
    folder: &Path,
    is_deep: bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), BuildError> {
    let place = directory.join(folder);
    let unread = |source| BuildError::Read {
        path: place.clone(),
        source,
    };
    for entry in fs::read_dir(&place).map_err(unread)? {
        let path = folder.join(entry.map_err(unread)?.file_name());
        if directory.join(&path).is_dir() {
            if is_deep {
                collect(directory, &path, is_deep, found)?;
            }
        } else if path.extension().is_some_and(|kind| kind == "c") {
            found.push(path);
        }
    }
    Ok(())
}

/// Writes the header to where editors can be told to look for it, and the code behind it.
pub(super) fn write_sdk(outputs: &Path, work: &Path) -> Result<(), BuildError> {
    output::write(&outputs.join("include/sparkler.h"), HEADER.as_bytes())?;
    output::write(&work.join("sparkler.c"), SDK.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_files_of_the_folder_and_all_below_src_are_the_function() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src/deep", "other"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in [
            "handler.c",
            "words.h",
            "src/a.c",
            "src/deep/b.c",
            "other/c.c",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let expected = ["handler.c", "src/a.c", "src/deep/b.c"].map(PathBuf::from);
        assert_eq!(of(folder.path()).unwrap(), expected);
    }
}
