//! Content addressed by its SHA-256, on disk or in memory.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::folder::Folder;
use super::{DataDir, StorageError};
use crate::domain::Digest;

/// Content addressed by its SHA-256, on disk or in memory.
pub struct ContentStore {
    place: Place,
}

enum Place {
    Memory(Mutex<HashMap<Digest, Bytes>>),
    /// `ab/abcd…`, where `ab` is how the digest begins, so that no directory grows large.
    Disk {
        data_dir: DataDir,
        folder: Folder,
    },
}

impl ContentStore {
    /// Content that lives as long as the process.
    pub fn in_memory() -> Self {
        Self {
            place: Place::Memory(Mutex::default()),
        }
    }

    /// Content in the folder `name` of `data_dir`.
    ///
    /// # Errors
    /// When the folder cannot be created or opened.
    pub fn in_dir(data_dir: &DataDir, name: &str) -> Result<Self, StorageError> {
        Ok(Self {
            place: Place::Disk {
                folder: data_dir.folder(name)?,
                data_dir: data_dir.clone(),
            },
        })
    }

    /// Stores `content`; returns when it is durable under its digest. Blocks.
    ///
    /// Content that is there already is written again: that mends a damaged file.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is there.
    pub fn put(&self, content: &Bytes) -> Result<Digest, StorageError> {
        let digest = Digest::of(content);
        match &self.place {
            Place::Memory(contents) => {
                lock(contents).insert(digest, content.clone());
            }
            Place::Disk { data_dir, folder } => {
                let name = digest.to_string();
                let mut file = data_dir.stage()?;
                file.write_all(content)?;
                file.commit(&folder.subfolder(&name[..2])?, &name)?;
            }
        }
        Ok(digest)
    }

    /// The content of `digest`, verified; `None` where there is none. Blocks.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was stored.
    pub fn get(&self, digest: Digest) -> Result<Option<Bytes>, StorageError> {
        match &self.place {
            Place::Memory(contents) => Ok(lock(contents).get(&digest).cloned()),
            Place::Disk { folder, .. } => read_verified(folder, digest),
        }
    }

    /// Removes content; that there is none is fine. Blocks.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn remove(&self, digest: Digest) -> Result<(), StorageError> {
        match &self.place {
            Place::Memory(contents) => {
                lock(contents).remove(&digest);
                Ok(())
            }
            Place::Disk { folder, .. } => {
                let name = digest.to_string();
                match folder.existing(&name[..2])? {
                    Some(folder) => folder.remove_file(&name),
                    None => Ok(()),
                }
            }
        }
    }

    /// Says, durably, that content which nothing refers to is to be kept as well. Blocks.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn keep_orphans(&self) -> Result<(), StorageError> {
        match &self.place {
            Place::Memory(_) => Ok(()),
            Place::Disk { data_dir, folder } => {
                data_dir.create_by_path(&mark_of(folder), |_| Ok(()))
            }
        }
    }

    /// The file that says that content which nothing refers to is to be kept, if there is one. Blocks.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub(crate) fn orphans_kept_by(&self) -> Result<Option<PathBuf>, StorageError> {
        let Place::Disk { data_dir, folder } = &self.place else {
            return Ok(None);
        };
        let mark = mark_of(folder);
        let found = data_dir.file_bytes(&mark)?;
        Ok(found.map(|_| data_dir.path().join(mark)))
    }

    /// All digests there are. Blocks.
    ///
    /// # Errors
    /// When a directory cannot be listed.
    pub fn digests(&self) -> Result<Vec<Digest>, StorageError> {
        match &self.place {
            Place::Memory(contents) => Ok(lock(contents).keys().copied().collect()),
            Place::Disk { folder, .. } => list(folder),
        }
    }
}

/// `keep-packages` for the folder `packages`.
fn mark_of(folder: &Folder) -> String {
    let name = folder.path().file_name().unwrap_or_default();
    format!("keep-{}", name.to_string_lossy())
}

fn lock(contents: &Mutex<HashMap<Digest, Bytes>>) -> MutexGuard<'_, HashMap<Digest, Bytes>> {
    contents.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_verified(folder: &Folder, digest: Digest) -> Result<Option<Bytes>, StorageError> {
    let name = digest.to_string();
    let Some(folder) = folder.existing(&name[..2])? else {
        return Ok(None);
    };
    let Some(mut file) = folder.open_file(&name)? else {
        return Ok(None);
    };
    let mut content = Vec::new();
    file.read_to_end(&mut content)
        .map_err(|error| folder.failed("read", &name, &error))?;
    if Digest::of(&content) != digest {
        return Err(StorageError(format!(
            "the file {} is damaged: its content is not what its name, a SHA-256, says; restore it \
             from a backup, or deploy the function again",
            folder.path().join(&name).display()
        )));
    }
    Ok(Some(content.into()))
}

/// Skips what is not ours: other names, and files that stand where they would not be found.
fn list(folder: &Folder) -> Result<Vec<Digest>, StorageError> {
    let mut digests = Vec::new();
    for prefix in folder.folder_names()? {
        let Some(folder) = folder.existing(&prefix)? else {
            continue;
        };
        let names = folder.file_names()?;
        let found = names.iter().filter(|name| name.starts_with(&prefix));
        digests.extend(found.filter_map(|name| Digest::parse_hex(name)));
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_disk() -> (tempfile::TempDir, ContentStore) {
        let temp = tempfile::tempdir().expect("a directory");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let store = ContentStore::in_dir(&data_dir, "packages").expect("a store");
        (temp, store)
    }

    #[test]
    fn what_is_put_is_got_until_it_is_removed() {
        let (_temp, disk) = on_disk();
        for store in [ContentStore::in_memory(), disk] {
            let content = Bytes::from_static(b"content");
            let digest = store.put(&content).expect("stored");
            assert_eq!(store.put(&content).expect("stored again"), digest);
            assert_eq!(store.get(digest).expect("read"), Some(content));
            assert_eq!(store.digests().expect("listed"), [digest]);
            store.remove(digest).expect("removed");
            store.remove(digest).expect("removed twice");
            assert_eq!(store.get(digest).expect("read"), None);
            assert_eq!(store.digests().expect("listed"), []);
        }
    }

    #[test]
    fn damaged_content_is_refused_by_name_and_mended_by_a_new_put() {
        let (temp, store) = on_disk();
        let content = Bytes::from_static(b"content");
        let digest = store.put(&content).expect("stored");
        let name = digest.to_string();
        let path = temp.path().join("packages").join(&name[..2]).join(&name);
        std::fs::write(&path, "other").expect("damaged");
        let sentence = store.get(digest).expect_err("refused").to_string();
        assert!(sentence.contains(&name), "{sentence}");
        store.put(&content).expect("stored again");
        assert_eq!(store.get(digest).expect("read"), Some(content));
    }

    #[test]
    fn strangers_in_the_folder_are_left_alone() {
        let (temp, store) = on_disk();
        let digest = store.put(&Bytes::from_static(b"content")).expect("stored");
        let packages = temp.path().join("packages");
        std::fs::write(packages.join("README"), "").expect("written");
        std::fs::create_dir(packages.join("zz")).expect("made");
        std::fs::write(packages.join("zz").join(digest.to_string()), "").expect("written");
        std::os::unix::fs::symlink("/", packages.join("out")).expect("linked");
        assert_eq!(store.digests().expect("listed"), [digest]);
    }
}
