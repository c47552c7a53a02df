//! One build at a time in a target directory.
//!
//! Cargo has a lock of its own, but lets it go before the artifact is read, and two crates of the same
//! name that share a target directory put their artifacts in the same place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::{BuildError, GUEST_TARGET};

/// Marks a folder as one that backups may leave out, as cargo marks the target directories it makes.
const CACHE_DIRECTORY_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

/// Waits for the lock of `target_directory`; it is let go when the file is dropped.
pub(super) fn acquire(target_directory: &Path) -> Result<File, BuildError> {
    let path = target_directory
        .join(GUEST_TARGET)
        .join(".sparkler-build.lock");
    open_locked(target_directory, &path).map_err(|source| BuildError::Lock { path, source })
}

fn open_locked(target_directory: &Path, path: &Path) -> io::Result<File> {
    let is_new = !target_directory.exists();
    fs::create_dir_all(target_directory.join(GUEST_TARGET))?;
    if is_new {
        fs::write(target_directory.join("CACHEDIR.TAG"), CACHE_DIRECTORY_TAG)?;
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
        let target = folder.path().join("target");
        let held = acquire(&target).unwrap();
        let path = target.join(GUEST_TARGET).join(".sparkler-build.lock");
        let second = File::options().write(true).open(path).unwrap();
        assert!(second.try_lock().is_err());
        drop(held);
        assert!(second.try_lock().is_ok());
        assert!(target.join("CACHEDIR.TAG").is_file());
    }
}
