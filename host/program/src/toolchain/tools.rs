//! Tools that are installed once for the builds of all functions of a language.
//!
//! They are large and the same for every function, so they lie in one folder of the user, below a name
//! that says which versions they are: another version is another folder, and nothing is ever changed in
//! place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{BuildError, BuildOptions};

/// The variable that says where tools are kept.
pub const TOOLS_VARIABLE: &str = "SPARKLER_TOOLS";

/// Marks a folder whose installation came to its end.
const COMPLETE: &str = ".complete";

/// The folder of the tools called `name`, which says their versions; `install` fills it where it is not
/// there. Installations of the same tools wait for each other, also those of other processes.
pub(super) fn installed(
    options: &BuildOptions,
    name: &str,
    install: impl FnOnce(&Path) -> Result<(), BuildError>,
) -> Result<PathBuf, BuildError> {
    let root = root(options)?;
    let folder = root.join(name);
    let _lock = locked(&root, name).map_err(|source| BuildError::Lock {
        path: root.join(format!("{name}.lock")),
        source,
    })?;
    if folder.join(COMPLETE).is_file() {
        return Ok(folder);
    }
    let unwritten = |source| BuildError::Write {
        path: folder.clone(),
        source,
    };
    // What an installation left that was interrupted.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(unwritten)?;
    }
    fs::create_dir_all(&folder).map_err(unwritten)?;
    install(&folder)?;
    fs::write(folder.join(COMPLETE), "").map_err(unwritten)?;
    Ok(folder)
}

fn locked(root: &Path, name: &str) -> io::Result<File> {
    fs::create_dir_all(root)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}

/// Where tools are kept.
pub(super) fn root(options: &BuildOptions) -> Result<PathBuf, BuildError> {
    let chosen = options.tools.clone();
    let chosen = chosen.or_else(|| folder_in(TOOLS_VARIABLE));
    let in_cache = || {
        let cache = folder_in("XDG_CACHE_HOME");
        let cache = cache.or_else(|| Some(std::env::home_dir()?.join(".cache")));
        Some(cache?.join("sparkler/tools"))
    };
    chosen.or_else(in_cache).ok_or_else(|| {
        BuildError::Unsuitable(format!(
            "There is no home folder to keep build tools in. Name a folder in the variable \
             {TOOLS_VARIABLE}."
        ))
    })
}

fn folder_in(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable)?;
    (!value.is_empty()).then(|| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_installed_once_and_again_after_an_interruption() {
        let folder = tempfile::tempdir().unwrap();
        let options = BuildOptions {
            tools: Some(folder.path().to_owned()),
            ..BuildOptions::default()
        };
        let interrupted = installed(&options, "tool-1", |place| {
            fs::write(place.join("half"), "").unwrap();
            Err(BuildError::Unsuitable("no network".into()))
        });
        assert_eq!(interrupted.unwrap_err().to_string(), "no network");
        let place = installed(&options, "tool-1", |place| {
            assert!(!place.join("half").exists());
            fs::write(place.join("whole"), "").unwrap();
            Ok(())
        })
        .unwrap();
        let again = installed(&options, "tool-1", |_| panic!("installed twice"));
        assert_eq!(again.unwrap(), place);
        assert!(place.join("whole").is_file());
    }
}
