//! One directory inside the data directory: names in, sentences out.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, File, FileType, OpenOptions, OpenOptionsExt};

use super::StorageError;

/// An open directory, and the path that messages call it by.
#[derive(Clone)]
pub(super) struct Folder {
    dir: Arc<Dir>,
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(dir: Dir, path: PathBuf) -> Self {
        Self {
            dir: Arc::new(dir),
            path,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The directory `name` in this one, made if it is missing: for its owner alone, and durable.
    pub(super) fn subfolder(&self, name: &str) -> Result<Self, StorageError> {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        match self.dir.create_dir_with(name, &builder) {
            Ok(()) => self.sync()?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(self.failed("create", name, &error)),
        }
        self.existing(name)?.ok_or_else(|| {
            let path = self.path.join(name);
            StorageError::of(format!("{} was removed while it was used", path.display()))
        })
    }

    /// The directory `name` in this one, if there is one.
    pub(super) fn existing(&self, name: &str) -> Result<Option<Self>, StorageError> {
        match self.dir.open_dir(name) {
            Ok(dir) => Ok(Some(Self::new(dir, self.path.join(name)))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed("open", name, &error)),
        }
    }

    /// Names of the files that are here.
    pub(super) fn file_names(&self) -> Result<Vec<String>, StorageError> {
        self.names(|kind| kind.is_file())
    }

    /// Names of the directories that are here.
    pub(super) fn folder_names(&self) -> Result<Vec<String>, StorageError> {
        self.names(|kind| kind.is_dir())
    }

    /// Whether nothing is here but some of `names`.
    pub(super) fn holds_only(&self, names: &[&str]) -> Result<bool, StorageError> {
        for entry in self.dir.entries().map_err(|error| self.unlisted(&error))? {
            let entry = entry.map_err(|error| self.unlisted(&error))?;
            if !names.iter().any(|name| entry.file_name() == *name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves out symbolic links, and names that are no UTF-8: none of them is ours.
    fn names(&self, wanted: impl Fn(FileType) -> bool) -> Result<Vec<String>, StorageError> {
        let failed = |error: io::Error| self.unlisted(&error);
        let mut names = Vec::new();
        for entry in self.dir.entries().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if wanted(entry.file_type().map_err(failed)?)
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The regular file `name`, to be read; `None` where there is none.
    pub(super) fn open_file(&self, name: &str) -> Result<Option<File>, StorageError> {
        let file = match self.dir.open(name) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.failed("open", name, &error)),
        };
        let metadata = file
            .metadata()
            .map_err(|error| self.failed("look at", name, &error))?;
        Ok(metadata.is_file().then_some(file))
    }

    /// How many bytes the file `name` has, if it is there.
    pub(super) fn file_bytes(&self, name: &str) -> Result<Option<u64>, StorageError> {
        match self.dir.symlink_metadata(name) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed("look at", name, &error)),
        }
    }

    /// A new file that only its owner can read and write.
    pub(super) fn create_file(&self, name: &str) -> Result<File, StorageError> {
        let mut options = OpenOptions::new();
        options.write(true).read(true).create_new(true).mode(0o600);
        self.dir
            .open_with(name, &options)
            .map_err(|error| self.failed("create", name, &error))
    }

    /// Removes a file; that there is none is fine.
    pub(super) fn remove_file(&self, name: &str) -> Result<(), StorageError> {
        match self.dir.remove_file(name) {
            Err(error) if !is_absent(&error) => Err(self.failed("remove", name, &error)),
            _ => Ok(()),
        }
    }

    /// Removes a directory with all that is in it; that there is none is fine.
    pub(super) fn remove_folder(&self, name: &str) -> Result<(), StorageError> {
        match self.dir.remove_dir_all(name) {
            Err(error) if !is_absent(&error) => Err(self.failed("remove", name, &error)),
            _ => Ok(()),
        }
    }

    /// Makes the names in this directory durable.
    pub(super) fn sync(&self) -> Result<(), StorageError> {
        // The handle itself is a bare path to the kernel, which cannot sync it.
        self.dir
            .open(".")
            .and_then(|directory| directory.sync_all())
            .map_err(|error| {
                StorageError::io(format!("could not sync {}", self.path.display()), &error)
            })
    }

    fn unlisted(&self, error: &io::Error) -> StorageError {
        StorageError::io(format!("could not list {}", self.path.display()), error)
    }

    pub(super) fn failed(&self, doing: &str, name: &str, error: &io::Error) -> StorageError {
        let path = self.path.join(name);
        StorageError::io(format!("could not {doing} {}", path.display()), error)
    }
}

/// Nothing of that name, or something that is no directory on the way.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
