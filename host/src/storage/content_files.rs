//! Content in files of the data directory.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;

use super::content::Content;
use super::disk::CodeNeed;
use super::folder::Folder;
use super::{DataDir, Fut, NoRoom, Promise, StorageError};
use crate::domain::{DataFigures, DataPart, Digest, Lock};

/// Content in files `ab/abcd…`, where `ab` is how the digest begins, so that no directory grows large.
pub(crate) struct ContentFiles(Arc<Files>);

struct Files {
    data_dir: DataDir,
    folder: Folder,
    /// Held while a name and its bytes are counted, so that none is counted twice.
    counting: Lock<()>,
}

impl ContentFiles {
    /// Content in the folder `name` of `data_dir`. Blocks.
    ///
    /// # Errors
    /// When the folder cannot be created or opened.
    pub(crate) fn in_dir(data_dir: &DataDir, name: &str) -> Result<Self, StorageError> {
        let files = Files {
            folder: data_dir.folder(name)?,
            data_dir: data_dir.clone(),
            counting: Lock::default(),
        };
        for digest in list(&files.folder)? {
            let bytes = files.bytes(digest)?.unwrap_or(0);
            data_dir.disk().added(DataPart::Packages, bytes);
        }
        Ok(Self(Arc::new(files)))
    }

    /// Where there is content, says, durably, that what nothing refers to is to be kept as well. Blocks.
    ///
    /// # Errors
    /// When that cannot be found out or written.
    pub(crate) fn keep_orphans(&self) -> Result<(), StorageError> {
        let Files {
            data_dir, folder, ..
        } = &*self.0;
        match list(folder)?.is_empty() {
            true => Ok(()),
            false => data_dir.create_by_path(&mark_of(folder), |_| Ok(())),
        }
    }

    /// Whether there is content of this digest. Where that cannot be found out, writing it tells.
    async fn has(&self, digest: Digest) -> bool {
        let bytes = self.with(move |files| files.bytes(digest)).await;
        bytes.is_ok_and(|bytes| bytes.is_some())
    }

    /// Works with the files where that may block.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let files = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&files)).await;
        done.unwrap_or_else(|panic| Err(StorageError::of(panic.to_string())))
    }
}

impl Content for ContentFiles {
    fn put(&self, digest: Digest, content: Bytes) -> Fut<'_, Result<(), StorageError>> {
        Box::pin(self.with(move |files| files.put(digest, &content)))
    }

    fn get(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StorageError>> {
        Box::pin(self.with(move |files| read_verified(&files.folder, digest)))
    }

    fn remove(&self, digest: Digest) -> Fut<'_, Result<(), StorageError>> {
        Box::pin(self.with(move |files| files.remove(digest)))
    }

    fn digests(&self) -> Fut<'_, Result<Vec<Digest>, StorageError>> {
        Box::pin(self.with(|files| list(&files.folder)))
    }

    fn room(
        &self,
        content: Option<(Digest, u64)>,
        beside: u64,
    ) -> Fut<'_, Result<Promise, NoRoom>> {
        Box::pin(async move {
            let bytes = content.map_or(0, |(_, bytes)| bytes);
            let is_there = match content {
                Some((digest, _)) => self.has(digest).await,
                None => false,
            };
            let need = CodeNeed {
                bytes,
                is_there,
                beside,
            };
            self.0.data_dir.disk().code_room(need).await
        })
    }

    fn figures(&self) -> Fut<'_, Option<DataFigures>> {
        Box::pin(async {
            let figures = self.with(|files| Ok(files.data_dir.disk().figures()));
            figures.await.ok()
        })
    }

    fn orphans_kept_by(&self) -> Fut<'_, Result<Option<String>, StorageError>> {
        Box::pin(self.with(Files::orphans_kept_by))
    }
}

impl Files {
    fn put(&self, digest: Digest, content: &[u8]) -> Result<(), StorageError> {
        let put = self.write(digest, content);
        if put.is_err() {
            self.data_dir.disk().forget_look();
        }
        put
    }

    fn write(&self, digest: Digest, content: &[u8]) -> Result<(), StorageError> {
        let name = digest.to_string();
        let mut file = self.data_dir.stage()?;
        file.write_all(content)?;
        let folder = self.folder.subfolder(&name[..2])?;
        let file = file.sync()?;
        let _counting = self.counting.lock();
        let before = folder.file_bytes(&name)?;
        file.commit(&folder, &name)?;
        self.count(before, Some(content.len() as u64));
        Ok(())
    }

    fn remove(&self, digest: Digest) -> Result<(), StorageError> {
        let name = digest.to_string();
        let Some(folder) = self.folder.existing(&name[..2])? else {
            return Ok(());
        };
        let _counting = self.counting.lock();
        let before = folder.file_bytes(&name)?;
        folder.remove_file(&name)?;
        self.count(before, None);
        Ok(())
    }

    fn count(&self, before: Option<u64>, after: Option<u64>) {
        let disk = self.data_dir.disk();
        if let Some(bytes) = after {
            disk.added(DataPart::Packages, bytes);
        }
        if let Some(bytes) = before {
            disk.removed(DataPart::Packages, bytes);
        }
    }

    /// What the content of `digest` takes, if it is there.
    fn bytes(&self, digest: Digest) -> Result<Option<u64>, StorageError> {
        let name = digest.to_string();
        let found = self.folder.existing(&name[..2])?;
        found.map_or(Ok(None), |folder| folder.file_bytes(&name))
    }

    fn orphans_kept_by(&self) -> Result<Option<String>, StorageError> {
        let mark = mark_of(&self.folder);
        let found = self.data_dir.file_bytes(&mark)?;
        Ok(found.map(|_| self.data_dir.path().join(mark).display().to_string()))
    }
}

/// `keep-packages` for the folder `packages`.
fn mark_of(folder: &Folder) -> String {
    let name = folder.path().file_name().unwrap_or_default();
    format!("keep-{}", name.to_string_lossy())
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
        return Err(StorageError::of(format!(
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

    fn on_disk() -> (tempfile::TempDir, ContentFiles) {
        let temp = tempfile::tempdir().expect("a directory");
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let store = ContentFiles::in_dir(&data_dir, "packages").expect("a store");
        (temp, store)
    }

    async fn put(store: &ContentFiles, content: &Bytes) -> Digest {
        let digest = Digest::of(content);
        store.put(digest, content.clone()).await.expect("stored");
        digest
    }

    #[tokio::test]
    async fn damaged_content_is_refused_by_name_and_mended_by_a_new_put() {
        let (temp, store) = on_disk();
        let content = Bytes::from_static(b"content");
        let digest = put(&store, &content).await;
        let name = digest.to_string();
        let path = temp.path().join("packages").join(&name[..2]).join(&name);
        std::fs::write(&path, "other").expect("damaged");
        let sentence = store.get(digest).await.expect_err("refused").to_string();
        assert!(sentence.contains(&name), "{sentence}");
        put(&store, &content).await;
        assert_eq!(store.get(digest).await.expect("read"), Some(content));
    }

    #[tokio::test]
    async fn strangers_in_the_folder_are_left_alone() {
        let (temp, store) = on_disk();
        let digest = put(&store, &Bytes::from_static(b"content")).await;
        let packages = temp.path().join("packages");
        std::fs::write(packages.join("README"), "").expect("written");
        std::fs::create_dir(packages.join("zz")).expect("made");
        std::fs::write(packages.join("zz").join(digest.to_string()), "").expect("written");
        std::os::unix::fs::symlink("/", packages.join("out")).expect("linked");
        assert_eq!(store.digests().await.expect("listed"), [digest]);
    }
}
