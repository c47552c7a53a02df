//! One build at a time where what is built is put.
//!
//! Cargo has a lock of its own, but lets it go before the artifact is read, and two crates of the same
//! name that share a target directory put their artifacts in the same place. Other tools have none.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::BuildError;

/// Marks a folder as one that backups may leave out, as cargo marks the target directories it makes.
const CACHE_DIRECTORY_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

/// Waits for the lock in `folder`, which lies in `outputs` or is it; it is let go when the file is dropped.
/// Makes both folders, and marks `outputs` as one that can be made again.
pub(super) fn acquire(outputs: &Path, folder: &Path) -> Result<File, BuildError> {
    let path = folder.join(".sparkler-build.lock");
    open_locked(outputs, &path).map_err(|source| BuildError::Lock { path, source })
}

fn open_locked(outputs: &Path, path: &Path) -> io::Result<File> {
    let is_new = !outputs.exists();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if is_new {
        fs::write(outputs.join("CACHEDIR.TAG"), CACHE_DIRECTORY_TAG)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_build_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let outputs = folder.path().join("target");
        let held = acquire(&outputs, &outputs.join("wasm")).unwrap();
        let path = outputs.join("wasm/.sparkler-build.lock");
        let second = File::options().write(true).open(path).unwrap();
        assert!(second.try_lock().is_err());
        drop(held);
        assert!(second.try_lock().is_ok());
        assert!(outputs.join("CACHEDIR.TAG").is_file());
    }
}
