//! The directory that everything durable lives in: opened once, locked, and never left.
//!
//! ```text
//! lock         locked while a host uses the directory; holds that host's process id
//! format       which version of this layout it is
//! catalog.db   functions and their versions
//! events.db    asynchronous events that were accepted and have not ended
//! packages/    uploaded packages by their digest
//! keep-packages  if it is there, packages that no function has are kept
//! artifacts/   compiled code: can be deleted at any time, it is only made again
//! logs/        what functions wrote, and START, END and REPORT around it
//! reserve      room that is set aside for changes which make room
//! staging/     files being written; emptied at every start
//! tmp/         what running functions have in /tmp; emptied at every start
//! ```

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt, OpenOptions, OpenOptionsExt};

use super::StorageError;
use super::disk::Disk;
use super::emptying::empty;
use super::folder::Folder;
use super::layout::{self, LOCK_FILE, Layout};
use super::staged_file::StagedFile;
use crate::domain::HostFolder;

const STAGING_FOLDER: &str = "staging";

/// A locked data directory. Clones share the lock, which lasts as long as any of them.
#[derive(Clone)]
pub struct DataDir {
    root: Folder,
    shared: Arc<Shared>,
}

struct Shared {
    staging: Folder,
    staged_files: AtomicU64,
    disk: Arc<Disk>,
    ended_uncleanly: bool,
    /// Closing the file gives the lock back.
    lock: fs::File,
}

/// What the lock file holds after a host that has closed everything. It is no shorter than nothing at all would be:
/// a file that has a block on a full disk keeps it.
const LEFT: &[u8] = b"\n";

impl Drop for Shared {
    /// A host that ends before it gets here, however it does, leaves its process id.
    fn drop(&mut self) {
        if let Err(error) = write_lock(&self.lock, LEFT) {
            tracing::warn!(%error, "it could not be noted that the data directory was left in order");
        }
    }
}

impl DataDir {
    /// Opens `path`, and creates it where it is missing.
    ///
    /// # Errors
    /// When it cannot be created or written, when another host uses it, when it is no data directory or
    /// a newer host wrote it, or when other users can change it.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        Self::within(path, None, u64::MAX)
    }

    /// The same, where it may take so many bytes, or else a share of its file system; and where that is in memory, no
    /// more than so much of it.
    ///
    /// # Errors
    /// As [`DataDir::open`].
    pub fn within(
        path: &Path,
        bytes_max: Option<u64>,
        memory_bytes_max: u64,
    ) -> Result<Self, StorageError> {
        let root = open_root(path)?;
        // Before the lock, which is a file already, and again under it, where nothing changes any more.
        Layout::of(&root)?;
        let mut lock = take_lock(&root)?;
        let ended_uncleanly = !was_left(&mut lock).map_err(|error| unwritable(&root, &error))?;
        let id = format!("{}\n", std::process::id());
        // From here on until the lock file says something else, another end than a clean one is seen by it.
        write_lock(&lock, id.as_bytes()).map_err(|error| unwritable(&root, &error))?;
        let disk = Disk::of(&root, bytes_max, memory_bytes_max)
            .map_err(|error| root.failed("look at the file system of", "", &error))?;
        if Layout::of(&root)? == Layout::New {
            layout::write_format(&root)?;
        }
        let staging = root.subfolder(STAGING_FOLDER)?;
        empty(staging.dir()).map_err(|error| staging.failed("empty", "", &error))?;
        Ok(Self {
            root,
            shared: Arc::new(Shared {
                staging,
                staged_files: AtomicU64::new(0),
                disk: Arc::new(disk),
                ended_uncleanly,
                lock,
            }),
        })
    }

    /// Makes the folder at `path` where it is missing, for this user alone.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn create(path: &Path) -> Result<(), StorageError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(path);
        made.map_err(|error| failed("create", path, &error))
    }

    /// How much room it has.
    pub(crate) fn disk(&self) -> &Arc<Disk> {
        &self.shared.disk
    }

    /// Whether the host that had it before was ended, or broke off, before it had closed everything.
    pub(super) fn ended_uncleanly(&self) -> bool {
        self.shared.ended_uncleanly
    }

    /// Says that all of it is in the layout of this host, as it is once everything in it was opened: from then
    /// on, older hosts refuse it.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn move_on(&self) -> Result<(), StorageError> {
        match Layout::of(&self.root)? {
            Layout::Current => Ok(()),
            Layout::New | Layout::Older => layout::write_format(&self.root),
        }
    }

    /// Where it is: absolute, without symbolic links.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Makes sure that no folder that functions may use holds this directory, or lies in it: compiled
    /// code that a function could change would not be confined any more.
    ///
    /// # Errors
    /// With the folder that does. One that is not there is found when it is opened.
    pub fn check_apart_from(&self, folders: &[HostFolder]) -> Result<(), StorageError> {
        for folder in folders {
            let Ok(path) = fs::canonicalize(&folder.path) else {
                continue;
            };
            if path.starts_with(self.path()) || self.path().starts_with(&path) {
                return Err(StorageError::of(format!(
                    "the folder '{}' at {} and the data directory {} lie in each other, so that functions \
                     would reach each other's code; name another folder, or choose another directory with \
                     --data-dir",
                    folder.name,
                    path.display(),
                    self.path().display()
                )));
            }
        }
        Ok(())
    }

    pub(super) fn folder(&self, name: &str) -> Result<Folder, StorageError> {
        self.root.subfolder(name)
    }

    /// A new file that is to be committed into some folder of this directory.
    pub(super) fn stage(&self) -> Result<StagedFile, StorageError> {
        StagedFile::create(self.shared.staging.clone(), self.staging_name())
    }

    /// Whether there is a file `name` at the top, and how many bytes it has.
    pub(crate) fn file_bytes(&self, name: &str) -> Result<Option<u64>, StorageError> {
        self.root.file_bytes(name)
    }

    /// The path of `name` at the top, for a library that opens files by path only.
    ///
    /// A path could have come to mean another directory since this one was opened and locked; so it is
    /// checked that it still leads here. Whoever could swap it after that could also change the files.
    pub(crate) fn path_of(&self, name: &str) -> Result<PathBuf, StorageError> {
        use std::os::unix::fs::MetadataExt as _;
        let path = self.path();
        let failed = |error| self.root.failed("look at", "", &error);
        let opened = self.root.dir().dir_metadata().map_err(failed)?;
        let named = fs::metadata(path).map_err(failed)?;
        if (MetadataExt::dev(&opened), MetadataExt::ino(&opened)) != (named.dev(), named.ino()) {
            return Err(StorageError::of(format!(
                "the data directory {} was moved away while it was used; put it back and start again",
                path.display()
            )));
        }
        Ok(path.join(name))
    }

    /// Creates the file `name` at the top by what `write` does with the path of an empty file: it has
    /// its name when it is whole and durable, and not before.
    pub(crate) fn create_by_path<E: From<StorageError>>(
        &self,
        name: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let staged = self.staging_name();
        let file = StagedFile::create(self.shared.staging.clone(), staged.clone())?;
        write(&self.path_of(STAGING_FOLDER)?.join(staged))?;
        Ok(file.commit(&self.root, name)?)
    }

    fn staging_name(&self) -> String {
        let number = self.shared.staged_files.fetch_add(1, Ordering::Relaxed);
        format!("{number}.partial")
    }
}

fn open_root(path: &Path) -> Result<Folder, StorageError> {
    let failed = |error: &io::Error| failed("open", path, error);
    DataDir::create(path)?;
    let path = fs::canonicalize(path).map_err(|error| failed(&error))?;
    let dir = Dir::open_ambient_dir(&path, ambient_authority()).map_err(|error| failed(&error))?;
    Ok(Folder::new(dir, path))
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> StorageError {
    let doing = format!("could not {doing} the data directory {}", path.display());
    StorageError::io(doing, error)
}

/// The kernel gives the lock back when the process ends, however it ends; so a lock that is left behind
/// cannot be, and the process id in the file is only there to be told.
fn take_lock(root: &Folder) -> Result<fs::File, StorageError> {
    let path = root.path().display();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    let mut file = root
        .dir()
        .open_with(LOCK_FILE, &options)
        .map_err(|error| unwritable(root, &error))?
        .into_std();
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(in_use(root, &mut file)),
        Err(fs::TryLockError::Error(error)) => {
            let doing = format!("the data directory {path} cannot be locked");
            Err(StorageError::io(doing, &error))
        }
    }
}

fn unwritable(root: &Folder, error: &io::Error) -> StorageError {
    let path = root.path().display();
    StorageError::io(
        format!("the data directory {path} cannot be written"),
        error,
    )
}

/// Whether no host has broken off here: the file is new, or the last host has said that it left.
fn was_left(file: &mut fs::File) -> io::Result<bool> {
    let mut text = Vec::new();
    file.take(32).read_to_end(&mut text)?;
    Ok(text.trim_ascii().is_empty())
}

/// Never shortens the file before it is written, since its block might be gone then.
fn write_lock(file: &fs::File, content: &[u8]) -> io::Result<()> {
    file.write_all_at(content, 0)?;
    file.set_len(content.len() as u64)
}

fn in_use(root: &Folder, file: &mut fs::File) -> StorageError {
    let mut text = String::new();
    let holder = match file.take(32).read_to_string(&mut text) {
        Ok(_) if text.trim().parse::<u32>().is_ok() => format!("process {}", text.trim()),
        _ => "another process".into(),
    };
    StorageError::of(format!(
        "the data directory {} is used by {holder}; stop it or choose another with --data-dir",
        root.path().display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        match DataDir::open(path) {
            Ok(_) => panic!("{} was opened", path.display()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_missing_directory_is_created_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("a/b");
        let data_dir = DataDir::open(&path).expect("opened");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(data_dir.path(), path.canonicalize().expect("a path"));
    }

    #[test]
    fn a_second_host_is_told_which_process_is_there_until_that_one_leaves() {
        let temp = tempfile::tempdir().expect("a directory");
        let first = DataDir::open(temp.path()).expect("opened");
        let clone = first.clone();
        drop(first);
        let sentence = refusal(temp.path());
        let process = format!("is used by process {};", std::process::id());
        assert!(sentence.contains(&process), "{sentence}");
        assert!(sentence.contains("--data-dir"), "{sentence}");
        drop(clone);
        DataDir::open(temp.path()).expect("free again");
    }

    #[test]
    fn a_host_that_breaks_off_is_told_from_one_that_leaves() {
        let temp = tempfile::tempdir().expect("a directory");
        let opened = || DataDir::open(temp.path()).expect("opened");
        assert!(!opened().ended_uncleanly(), "there was none before");
        assert!(!opened().ended_uncleanly());
        let data_dir = opened();
        let lock = temp.path().join("lock");
        let while_it_runs = fs::read(&lock).expect("the lock file");
        drop(data_dir);
        fs::write(&lock, while_it_runs).expect("as a crash leaves it");
        assert!(opened().ended_uncleanly());
        assert!(!opened().ended_uncleanly(), "the one after that has left");
    }

    #[test]
    fn interrupted_writes_are_removed() {
        let temp = tempfile::tempdir().expect("a directory");
        drop(DataDir::open(temp.path()).expect("opened"));
        let left = temp.path().join("staging/7.partial");
        fs::write(&left, "half").expect("written");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        assert!(!left.exists());
        drop(data_dir.stage().expect("a staged file"));
        assert_eq!(
            fs::read_dir(temp.path().join("staging"))
                .expect("listed")
                .count(),
            0
        );
    }

    #[test]
    fn a_path_that_cannot_be_a_data_directory_is_named_with_the_cause() {
        let temp = tempfile::tempdir().expect("a directory");
        let file = temp.path().join("file");
        fs::write(&file, "").expect("written");
        let sentence = refusal(&file.join("data"));
        assert!(
            sentence.contains("could not create the data directory"),
            "{sentence}"
        );
        let sentence = refusal(Path::new("/proc"));
        assert!(sentence.contains("/proc is not empty"), "{sentence}");
    }

    #[test]
    fn functions_are_given_no_folder_that_holds_it_or_lies_in_it() {
        let temp = tempfile::tempdir().expect("a directory");
        let data_dir = DataDir::open(&temp.path().join("data")).expect("opened");
        let folder = |path: PathBuf| HostFolder {
            name: crate::domain::GrantName::parse("files").expect("a name"),
            path,
            access: crate::domain::FolderAccess::ReadOnly,
        };
        for path in [
            temp.path().to_owned(),
            temp.path().join("data"),
            temp.path().join("data/staging"),
        ] {
            let error = data_dir
                .check_apart_from(&[folder(path)])
                .expect_err("refused");
            assert!(error.to_string().contains("'files'"), "{error}");
        }
        let beside = temp.path().join("data-of-others");
        fs::create_dir(&beside).expect("made");
        for path in [beside, temp.path().join("missing")] {
            assert!(data_dir.check_apart_from(&[folder(path)]).is_ok());
        }
    }

    #[test]
    fn a_directory_that_was_replaced_is_noticed() {
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("data");
        let data_dir = DataDir::open(&path).expect("opened");
        assert!(data_dir.path_of("x").expect("a path").ends_with("data/x"));
        fs::rename(&path, temp.path().join("elsewhere")).expect("moved");
        fs::create_dir(&path).expect("made");
        let sentence = data_dir.path_of("x").expect_err("refused").to_string();
        assert!(sentence.contains("was moved away"), "{sentence}");
    }
}
