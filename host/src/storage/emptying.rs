//! Emptying a folder that somebody hostile has filled.
//!
//! Folders can lie in each other deeper than a stack or the descriptors of a process reach. So nothing
//! is descended into: what lies in a folder is lifted to the top first, where it is emptied in turn.

use std::ffi::OsStr;
use std::io;

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;
use uuid::Uuid;

/// Removes all that is in `root`, and leaves `root`. Links are removed, not followed. That somebody else
/// removes the same meanwhile is fine.
pub(super) fn empty(root: &Dir) -> io::Result<()> {
    let mut names = LiftedNames::default();
    loop {
        let mut was_empty = true;
        for entry in root.entries()? {
            let entry = entry?;
            was_empty = false;
            let name = entry.file_name();
            match entry.file_type()?.is_dir() {
                true => gone(remove_folder(root, &name, &mut names))?,
                false => gone(root.remove_file(&name))?,
            }
        }
        // A listing may miss what was lifted while it was read.
        if was_empty {
            return Ok(());
        }
    }
}

fn remove_folder(root: &Dir, name: &OsStr, names: &mut LiftedNames) -> io::Result<()> {
    let folder = root.open_dir_nofollow(name)?;
    loop {
        let mut was_empty = true;
        for entry in folder.entries()? {
            let entry = entry?;
            was_empty = false;
            match entry.file_type()?.is_dir() {
                true => gone(folder.rename(entry.file_name(), root, names.next()))?,
                false => gone(folder.remove_file(entry.file_name()))?,
            }
        }
        if was_empty {
            return root.remove_dir(name);
        }
    }
}

/// What is not there any more is as it should be.
pub(super) fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Names that nobody can have guessed.
struct LiftedNames {
    start: Uuid,
    count: u64,
}

impl Default for LiftedNames {
    fn default() -> Self {
        Self {
            start: Uuid::new_v4(),
            count: 0,
        }
    }
}

impl LiftedNames {
    fn next(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.start, self.count)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use cap_std::ambient_authority;

    use super::*;

    fn open(path: &std::path::Path) -> Dir {
        Dir::open_ambient_dir(path, ambient_authority()).expect("a folder")
    }

    #[test]
    fn a_folder_is_emptied_however_deep_it_is() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut dir = open(temp.path());
        // Far deeper than a path can be long.
        for _ in 0..2_000 {
            dir.create_dir("in").expect("made");
            dir.write("file", b"x").expect("written");
            dir = dir.open_dir("in").expect("opened");
        }
        empty(&open(temp.path())).expect("emptied");
        assert_eq!(std::fs::read_dir(temp.path()).expect("listed").count(), 0);
    }

    #[test]
    fn what_links_point_to_stays() {
        let temp = tempfile::tempdir().expect("a folder");
        let (outside, inside) = (temp.path().join("outside"), temp.path().join("inside"));
        for folder in [&outside, &inside] {
            std::fs::create_dir(folder).expect("made");
        }
        std::fs::write(outside.join("kept"), "x").expect("written");
        symlink(&outside, inside.join("folder")).expect("linked");
        symlink(outside.join("kept"), inside.join("file")).expect("linked");
        std::fs::hard_link(outside.join("kept"), inside.join("same")).expect("linked");
        empty(&open(&inside)).expect("emptied");
        assert_eq!(std::fs::read_dir(&inside).expect("listed").count(), 0);
        assert!(outside.join("kept").exists());
    }
}
