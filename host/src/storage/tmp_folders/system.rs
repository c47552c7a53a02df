//! A folder of this process in the system's temporary directory.
//!
//! It holds a file that is locked for as long as the process lives. So a folder whose file is not locked
//! belongs to nobody any more, and whoever of the same user starts next removes it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tempfile::TempDir;

use crate::storage::emptying::empty;

/// How the names of such folders begin.
const NAME_START: &str = "sparkler-tmp-";

const LOCK_FILE: &str = "lock";

/// Folders that may be taken away by somebody who starts at the same moment, before one is locked.
const ATTEMPTS_MAX: u32 = 8;

/// Removed when it is dropped, if it was not before.
pub(super) struct SystemFolder {
    folder: TempDir,
    _lock: File,
}

impl SystemFolder {
    /// A new one, and its handle.
    pub(super) fn make() -> io::Result<(Self, Dir)> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::attempt() {
                Err(_) if attempts < ATTEMPTS_MAX => {}
                made => return made,
            }
        }
    }

    fn attempt() -> io::Result<(Self, Dir)> {
        let folder = tempfile::Builder::new()
            .prefix(NAME_START)
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let lock = File::create_new(folder.path().join(LOCK_FILE))?;
        lock.try_lock()?;
        if lock.metadata()?.nlink() == 0 {
            return Err(io::Error::other("it was taken for an abandoned one"));
        }
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority())?;
        let made = Self {
            folder,
            _lock: lock,
        };
        Ok((made, dir))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it, once it is empty.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir(self.path())
    }

    /// Removes those of this user whose process is gone. What cannot be removed stays: it is in nobody's
    /// way.
    pub(super) fn remove_abandoned() {
        remove_abandoned_in(&std::env::temp_dir());
    }
}

fn remove_abandoned_in(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.flatten() {
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(NAME_START.as_bytes())
        {
            // Somebody else's, or one that is in use.
            let _ = remove_if_abandoned(&entry.path());
        }
    }
}

fn remove_if_abandoned(folder: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let lock = match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => lock,
        // Made and never locked: removed if it is empty.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::remove_dir(folder),
        Err(error) => return Err(error),
    };
    lock.try_lock()?;
    empty(&Dir::open_ambient_dir(folder, ambient_authority())?)?;
    fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_is_in_use_is_not() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| {
            let folder = place.path().join(name);
            fs::create_dir_all(folder.join("0/deep")).expect("made");
            fs::write(folder.join("0/deep/file"), "x").expect("written");
            folder
        };
        let abandoned = folder("sparkler-tmp-abandoned");
        File::create(abandoned.join(LOCK_FILE)).expect("made");
        let used = folder("sparkler-tmp-used");
        let lock = File::create(used.join(LOCK_FILE)).expect("made");
        lock.try_lock().expect("free");
        let never_locked = folder("sparkler-tmp-full");
        let foreign = folder("something-else");
        remove_abandoned_in(place.path());
        assert!(!abandoned.exists());
        for kept in [used, never_locked, foreign] {
            assert!(kept.join("0/deep/file").exists(), "{}", kept.display());
        }
    }

    #[test]
    fn a_folder_is_its_users_alone_and_goes_with_its_process() {
        let (made, dir) = SystemFolder::make().expect("made");
        let path = made.path().to_owned();
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(dir.exists(LOCK_FILE));
        SystemFolder::remove_abandoned();
        assert!(path.exists());
        drop(made);
        assert!(!path.exists());
    }
}
