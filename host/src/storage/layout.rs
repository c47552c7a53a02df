//! What a directory is found to be, before anything in it is written or removed.
//!
//! A path that was mistyped may name somebody's photographs: what is neither empty nor ours is refused
//! as it is. So is what other users can write to, since compiled code in it is run as it is found.

use std::fmt::Display;
use std::io::Read;

use cap_std::fs::MetadataExt;

use super::StorageError;
use super::folder::Folder;
use super::staged_file::StagedFile;

/// The layout that this host writes. It reads all before it, too: databases say for themselves what is in them,
/// and are carried over when they are opened.
const FORMAT: u32 = 2;

const FORMAT_FILE: &str = "format";
const FORMAT_STAGED: &str = "format.partial";

/// Locked while a host uses the directory; holds that host's process id.
pub(super) const LOCK_FILE: &str = "lock";
/// Compiled code.
pub(super) const ARTIFACTS_FOLDER: &str = "artifacts";
/// Uploaded packages.
pub(crate) const PACKAGES_FOLDER: &str = "packages";

/// The root of every ext4 volume has it.
const VOLUME_FOLDER: &str = "lost+found";

/// What can become, or is, a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Empty, or left by a host that was stopped before it had begun.
    New,
    /// Written by an older host, and to be carried over.
    Older,
    /// Written by a host like this one.
    Current,
}

impl Layout {
    /// Looks at `root` and changes nothing.
    ///
    /// # Errors
    /// When it is something else, is of a newer layout, or can be changed by other users.
    pub(super) fn of(root: &Folder) -> Result<Self, StorageError> {
        let layout = match read_format(root)? {
            Some(text) => match format(root, &text)? {
                FORMAT => Self::Current,
                _ => Self::Older,
            },
            None if has_nothing(root)? => Self::New,
            None => {
                return Err(StorageError::of(format!(
                    "{} is not empty and not a data directory of Sparkler; choose another with \
                     --data-dir",
                    root.path().display()
                )));
            }
        };
        check_trust(root)?;
        for name in [ARTIFACTS_FOLDER, PACKAGES_FOLDER] {
            if let Some(folder) = root.existing(name)? {
                check_trust(&folder)?;
            }
        }
        Ok(layout)
    }
}

/// Makes `root` a data directory of this layout. Called under the lock.
pub(super) fn write_format(root: &Folder) -> Result<(), StorageError> {
    root.remove_file(FORMAT_STAGED)?;
    let mut file = StagedFile::create(root.clone(), FORMAT_STAGED.into())?;
    file.write_all(format!("{FORMAT}\n").as_bytes())?;
    file.commit(root, FORMAT_FILE)
}

fn read_format(root: &Folder) -> Result<Option<String>, StorageError> {
    let Some(file) = root.open_file(FORMAT_FILE)? else {
        return Ok(None);
    };
    let mut text = String::new();
    file.take(32)
        .read_to_string(&mut text)
        .map_err(|error| root.failed("read", FORMAT_FILE, &error))?;
    Ok(Some(text))
}

fn format(root: &Folder, text: &str) -> Result<u32, StorageError> {
    let path = root.path().display();
    match text.trim().parse::<u32>() {
        Ok(format @ 1..=FORMAT) => Ok(format),
        Ok(format) if format > FORMAT => Err(StorageError::of(format!(
            "the data directory {path} was written by a newer Sparkler (layout {format}, this one \
             knows {FORMAT}); start that one, or choose another directory with --data-dir"
        ))),
        _ => Err(StorageError::of(format!(
            "the file {FORMAT_FILE} in the data directory {path} is damaged: it should hold the \
             number of the layout, {FORMAT}; restore it from a backup, or choose another directory \
             with --data-dir"
        ))),
    }
}

/// Whether nothing is there but what a host leaves that ends before it has written the format.
fn has_nothing(root: &Folder) -> Result<bool, StorageError> {
    let beginnings = [LOCK_FILE, FORMAT_STAGED, VOLUME_FOLDER];
    Ok(root.holds_only(&beginnings)? && is_our_lock(root)?)
}

/// A lock file is empty, or holds a process id; that there is none is fine.
fn is_our_lock(root: &Folder) -> Result<bool, StorageError> {
    let Some(file) = root.open_file(LOCK_FILE)? else {
        return Ok(true);
    };
    let mut bytes = Vec::new();
    file.take(32)
        .read_to_end(&mut bytes)
        .map_err(|error| root.failed("read", LOCK_FILE, &error))?;
    let text = bytes.trim_ascii();
    Ok(text.len() <= 10 && text.iter().all(u8::is_ascii_digit))
}

fn check_trust(folder: &Folder) -> Result<(), StorageError> {
    let metadata = folder
        .dir()
        .dir_metadata()
        .map_err(|error| folder.failed("look at", "", &error))?;
    let user = rustix::process::geteuid().as_raw();
    let path = folder.path().display();
    match distrust(path, metadata.uid(), metadata.mode(), user) {
        Some(sentence) => Err(StorageError::of(sentence)),
        None => Ok(()),
    }
}

/// Why `user` cannot trust what is in a directory. The system's own user is trusted: it can do
/// everything anyway.
fn distrust(path: impl Display, owner: u32, mode: u32, user: u32) -> Option<String> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let (finding, remedy) = if owner != user && owner != 0 {
        (
            format!("belongs to another user (id {owner})"),
            format!("chown -R {user} {path}"),
        )
    } else if mode & WRITABLE_BY_OTHERS != 0 {
        (
            "can be written by other users".into(),
            format!("chmod go-w {path}"),
        )
    } else {
        return None;
    };
    Some(format!(
        "{path} {finding}, who could make this host run their code as its own; run `{remedy}`, or \
         choose another directory with --data-dir"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use super::super::DataDir;
    use super::*;

    fn refusal(path: &Path) -> String {
        match DataDir::open(path) {
            Ok(_) => panic!("{} was opened", path.display()),
            Err(error) => error.to_string(),
        }
    }

    /// Every name below `path` with what it holds.
    fn snapshot(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                found.extend(snapshot(&path));
                found.push((path, Vec::new()));
            } else {
                let content = fs::read(&path).expect("read");
                found.push((path, content));
            }
        }
        found.sort();
        found
    }

    fn refused_untouched(path: &Path) -> String {
        let before = snapshot(path);
        let sentence = refusal(path);
        assert_eq!(snapshot(path), before, "{sentence}");
        sentence
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused_as_it_is() {
        for name in ["staging/mine.txt", "artifacts/paintings/1.png", "lock", "x"] {
            let temp = tempfile::tempdir().expect("a directory");
            let file = temp.path().join(name);
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(file, "mine").expect("written");
            let sentence = refused_untouched(temp.path());
            assert!(
                sentence.contains("is not empty and not a data directory of Sparkler"),
                "{name}: {sentence}"
            );
        }
    }

    #[test]
    fn a_newer_layout_and_a_damaged_one_are_refused_as_they_are() {
        let temp = tempfile::tempdir().expect("a directory");
        drop(DataDir::open(temp.path()).expect("opened"));
        fs::write(temp.path().join("staging/0.partial"), "theirs").expect("written");
        let expectations: [(&[u8], &str); 4] = [
            (b"0\n", "damaged"),
            (b"3\n", "newer Sparkler (layout 3"),
            (&[0xff, 0xfe], "could not read"),
            (b"one\n", "damaged"),
        ];
        for (format, expected) in expectations {
            fs::write(temp.path().join("format"), format).expect("written");
            let sentence = refused_untouched(temp.path());
            assert!(sentence.contains(expected), "{sentence}");
        }
    }

    #[test]
    fn an_older_layout_becomes_this_one_when_all_of_it_was_carried_over() {
        let temp = tempfile::tempdir().expect("a directory");
        drop(DataDir::open(temp.path()).expect("opened"));
        let format = temp.path().join("format");
        fs::write(&format, "1\n").expect("written");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        assert_eq!(fs::read_to_string(&format).expect("read"), "1\n");
        data_dir.move_on().expect("written");
        data_dir.move_on().expect("written");
        assert_eq!(fs::read_to_string(&format).expect("read"), "2\n");
    }

    #[test]
    fn what_a_first_start_left_when_it_was_cut_short_is_taken_up() {
        for (name, content) in [("lock", ""), ("lock", "123\n"), ("format.partial", "1")] {
            let temp = tempfile::tempdir().expect("a directory");
            fs::create_dir(temp.path().join("lost+found")).expect("made");
            fs::write(temp.path().join(name), content).expect("written");
            drop(DataDir::open(temp.path()).expect("opened"));
            let format = fs::read_to_string(temp.path().join("format"));
            assert_eq!(format.expect("written"), "2\n");
            DataDir::open(temp.path()).expect("opened again");
        }
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused_with_the_command_that_mends_it() {
        let temp = tempfile::tempdir().expect("a directory");
        drop(DataDir::open(temp.path()).expect("opened"));
        fs::create_dir(temp.path().join("artifacts")).expect("made");
        for (folder, mode) in [("artifacts", 0o720), (".", 0o702)] {
            let folder = temp.path().join(folder).canonicalize().expect("there");
            let set = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode));
            set(mode).expect("opened to others");
            let sentence = refused_untouched(temp.path());
            let remedy = format!("`chmod go-w {}`", folder.display());
            assert!(sentence.contains(&remedy), "{sentence}");
            set(0o755).expect("closed");
            DataDir::open(temp.path()).expect("mended");
        }
    }

    #[test]
    fn the_owner_must_be_this_user_or_the_system() {
        let sentence = distrust("/data", 1001, 0o700, 1000).expect("refused");
        assert!(sentence.contains("`chown -R 1000 /data`"), "{sentence}");
        assert!(distrust("/data", 1001, 0o700, 0).is_some());
        assert_eq!(distrust("/data", 0, 0o755, 1000), None);
        assert_eq!(distrust("/data", 1000, 0o755, 1000), None);
    }
}
