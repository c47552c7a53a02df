//! Folders that live as long as a sandbox: what a guest sees as `/tmp`.
//!
//! A host with a data directory keeps them there, and removes what a crash left when it starts. One
//! without makes a folder of its own in the system's temporary directory, when the first is needed.

#[cfg(feature = "storage")]
mod in_data_dir;
mod system;

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{Dir, DirBuilder, DirBuilderExt};

use super::emptying::{empty, gone};
use super::file_system::is_in_memory;
use system::SystemFolder;

use crate::domain::Lock;

/// Makes folders.
pub struct TmpFolders {
    /// There from the start in a data directory, and otherwise made when it is needed.
    home: Lock<Option<Arc<Home>>>,
    made: AtomicU64,
}

/// Where they lie.
struct Home {
    dir: Dir,
    /// Removed with all that is in it; `None` in a data directory.
    system: Option<SystemFolder>,
    /// What must live as long as anything lies here, and keeps other hosts away.
    _lock: Option<Box<dyn Any + Send + Sync>>,
}

impl TmpFolders {
    /// In the system's temporary directory. What crashed hosts of this user have left there is removed.
    pub fn in_system_folder() -> Self {
        SystemFolder::remove_abandoned();
        Self::with(None)
    }

    /// As [`in_system_folder`](Self::in_system_folder), with the folder made at once.
    ///
    /// # Errors
    /// When the system refuses it.
    #[cfg(feature = "jail")]
    pub fn made_in_system_folder() -> io::Result<Self> {
        let folders = Self::in_system_folder();
        folders.home()?;
        Ok(folders)
    }

    /// The folder in the system's temporary directory, where there is one by now.
    #[cfg(feature = "jail")]
    pub fn system_folder(&self) -> Option<std::path::PathBuf> {
        let home = self.home.lock();
        let folder = home.as_ref()?.system.as_ref()?;
        Some(folder.path().to_owned())
    }

    fn with(home: Option<Home>) -> Self {
        Self {
            home: Lock::new(home.map(Arc::new)),
            made: AtomicU64::new(0),
        }
    }

    /// A new folder, empty, that only this user can look into.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn make(&self) -> io::Result<TmpFolder> {
        let home = self.home()?;
        let name = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        home.dir.create_dir_with(&name, &builder)?;
        let dir = home.dir.open_dir(&name)?;
        Ok(TmpFolder { dir, name, home })
    }

    /// Bytes that are free where the folders lie.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let status = rustix::fs::fstatvfs(&self.home()?.dir)?;
        Ok(status.f_bavail.saturating_mul(status.f_frsize))
    }

    /// Whether what lies in the folders is in memory.
    pub fn are_in_memory(&self) -> bool {
        is_in_memory(match &*self.home.lock() {
            Some(home) => rustix::fs::fstatfs(&home.dir),
            None => rustix::fs::statfs(std::env::temp_dir()),
        })
    }

    /// Removes the folder in the system's temporary directory with all that is in it: no guest needs it any more, and no
    /// folder can be made from now on. Whoever still holds this, or a folder, has nothing left there. Blocks.
    pub fn remove(&self) {
        let home = self.home.lock().clone();
        if let Some(home) = home
            && let Some(folder) = &home.system
            && let Err(error) = empty(&home.dir).and_then(|()| gone(folder.remove()))
        {
            tracing::warn!(%error, "temporary files of functions could not be removed");
        }
    }

    fn home(&self) -> io::Result<Arc<Home>> {
        let mut home = self.home.lock();
        if let Some(home) = &*home {
            return Ok(Arc::clone(home));
        }
        let (folder, dir) = SystemFolder::make()?;
        let made = Arc::new(Home {
            dir,
            system: Some(folder),
            _lock: None,
        });
        *home = Some(Arc::clone(&made));
        Ok(made)
    }
}

impl Drop for TmpFolders {
    /// There is no guest any more. What is about to be removed might not be before the process ends.
    fn drop(&mut self) {
        self.remove();
    }
}

/// A folder that is removed, with all that is in it, when it is dropped: which blocks.
pub struct TmpFolder {
    dir: Dir,
    name: String,
    home: Arc<Home>,
}

impl TmpFolder {
    /// The folder.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }
}

impl Drop for TmpFolder {
    fn drop(&mut self) {
        let removed = empty(&self.dir).and_then(|()| self.home.dir.remove_dir(&self.name));
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(
                %error,
                "the temporary files of an invocation could not be removed; the next start removes them"
            );
        }
    }
}

#[cfg(all(test, feature = "storage"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::storage::DataDir;

    #[test]
    fn a_folder_is_there_until_it_is_dropped_and_for_its_user_alone() {
        let temp = tempfile::tempdir().expect("a folder");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let folders = TmpFolders::in_dir(&data_dir).expect("made");
        let [one, other] = [0, 1].map(|_| folders.make().expect("made"));
        one.dir().create_dir("a").expect("made");
        one.dir().write("a/b", b"x").expect("written");
        let lists = |expected: usize| {
            let entries = fs::read_dir(temp.path().join("tmp")).expect("listed");
            assert_eq!(entries.count(), expected);
        };
        lists(2);
        let mode = fs::metadata(temp.path().join("tmp/0"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(one);
        lists(1);
        assert!(other.dir().entries().expect("listed").next().is_none());
        drop(other);
        lists(0);
        assert!(folders.free_bytes().expect("told") > 0);
    }

    #[test]
    fn nothing_stays_in_the_system_folder_even_if_a_folder_is_still_held() {
        let folders = TmpFolders::in_system_folder();
        let held = folders.make().expect("made");
        held.dir().write("file", b"x").expect("written");
        let home = Arc::clone(&held.home);
        let folder = home.system.as_ref().expect("a folder of the system's");
        assert!(folder.path().exists());
        drop(folders);
        assert!(!folder.path().exists());
        drop(held);
    }

    #[test]
    fn what_was_removed_while_it_is_held_stays_removed() {
        let folders = TmpFolders::in_system_folder();
        let held = folders.make().expect("made");
        let home = Arc::clone(&held.home);
        let folder = home.system.as_ref().expect("a folder of the system's");
        folders.remove();
        assert!(!folder.path().exists());
        assert!(folders.make().is_err());
        folders.remove();
        drop((folders, held));
        assert!(!folder.path().exists());
    }

    #[test]
    fn what_a_crash_left_is_removed_at_the_next_start() {
        let temp = tempfile::tempdir().expect("a folder");
        drop(DataDir::open(temp.path()).expect("opened"));
        fs::create_dir_all(temp.path().join("tmp/7/deep")).expect("made");
        fs::write(temp.path().join("tmp/7/deep/file"), "x").expect("written");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let _folders = TmpFolders::in_dir(&data_dir).expect("made");
        assert_eq!(
            fs::read_dir(temp.path().join("tmp"))
                .expect("listed")
                .count(),
            0
        );
    }
}
