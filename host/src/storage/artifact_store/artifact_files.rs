//! Artifacts on disk.

use std::io::{self, Read, Seek};
use std::sync::{Arc, OnceLock, Weak};
use std::time::SystemTime;

use cap_std::fs::{File, MetadataExt as _};
use sha2::{Digest as _, Sha256};

use super::super::disk::{GivesWay, Gone, on_disk};
use super::super::folder::Folder;
use super::super::layout::ARTIFACTS_FOLDER;
use super::super::{DataDir, Fut, NoRoom, Promise, StorageError};
use super::artifact::{Artifact, Bounded};
use super::kept::Kept;
use super::seal::{break_seal, is_sealed, note_use, seal};
use super::{ArtifactStore, LoadedCode, Place};
use crate::domain::hex::is_hex;
use crate::domain::{DataPart, Digest, SharedLock};

const SUFFIX: &str = ".cwasm";

struct ArtifactFiles {
    data_dir: DataDir,
    folder: Folder,
    /// Taken to change names, shared to look them up: so nobody finds the moment between a new artifact
    /// and the end of the older one, or a folder that goes while a file comes into it. Never held while
    /// content is read, written or made durable.
    names: SharedLock<()>,
    kept: Kept,
    loaded: OnceLock<Weak<dyn LoadedCode>>,
}

impl ArtifactStore {
    /// Artifacts in the folder `artifacts` of `data_dir`.
    ///
    /// # Errors
    /// When the folder cannot be created or opened.
    pub fn in_dir(data_dir: &DataDir) -> Result<Self, StorageError> {
        let files = Arc::new(ArtifactFiles::open(data_dir)?);
        let gives_way: Weak<ArtifactFiles> = Arc::downgrade(&files);
        data_dir.disk().can_be_made_again(gives_way);
        Ok(Self { place: files })
    }
}

impl ArtifactFiles {
    fn open(data_dir: &DataDir) -> Result<Self, StorageError> {
        let files = Self {
            folder: data_dir.folder(ARTIFACTS_FOLDER)?,
            data_dir: data_dir.clone(),
            names: SharedLock::default(),
            kept: Kept::default(),
            loaded: OnceLock::new(),
        };
        files.look_through()?;
        Ok(files)
    }

    /// Finds what earlier runs left. Where the last one broke off, nothing of it is taken for what it was.
    fn look_through(&self) -> Result<(), StorageError> {
        for engine in self.folder.folder_names()? {
            let Some(folder) = self.folder.existing(&engine)? else {
                continue;
            };
            for name in folder.folder_names()? {
                if let Some(component) = Digest::parse_hex(&name)
                    && let Some(folder) = folder.existing(&name)?
                {
                    self.look_at(&engine, component, &folder)?;
                }
            }
        }
        Ok(())
    }

    fn look_at(
        &self,
        engine_key: &str,
        component: Digest,
        folder: &Folder,
    ) -> Result<(), StorageError> {
        let (mut bytes, mut used) = (0, SystemTime::UNIX_EPOCH);
        for (name, _) in artifact_names(folder)? {
            let Some(file) = folder.open_file(&name)? else {
                continue;
            };
            // One whose seal stayed could not be told from one that is as it was.
            if self.data_dir.ended_uncleanly() && break_seal(&file).is_err() {
                folder.remove_file(&name)?;
                continue;
            }
            let metadata = file
                .metadata()
                .map_err(|error| folder.failed("look at", &name, &error))?;
            bytes += on_disk(metadata.len());
            let accessed = metadata.accessed().map(cap_std::time::SystemTime::into_std);
            used = used.max(accessed.unwrap_or(SystemTime::UNIX_EPOCH));
        }
        self.count(engine_key, component, bytes, Some(used));
        Ok(())
    }

    /// Counts what is there of a component. It was used now, where nobody knows when it was used last.
    fn count(&self, engine_key: &str, component: Digest, bytes: u64, used: Option<SystemTime>) {
        let before = self.kept.put((engine_key.into(), component), bytes, used);
        let disk = self.data_dir.disk();
        disk.added(DataPart::Artifacts, bytes);
        disk.removed(DataPart::Artifacts, before);
    }

    /// What the artifacts of a component take on disk.
    fn bytes(&self, engine_key: &str, component: Digest) -> Result<u64, StorageError> {
        let Some(folder) = self.folder_of(engine_key, component)? else {
            return Ok(0);
        };
        let mut all = 0;
        for (name, _) in artifact_names(&folder)? {
            all += folder.file_bytes(&name)?.map_or(0, on_disk);
        }
        Ok(all)
    }

    fn folder_of(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<Folder>, StorageError> {
        match self.folder.existing(engine_key)? {
            Some(engine) => engine.existing(&component.to_string()),
            None => Ok(None),
        }
    }

    /// Does something with the files of a component, and counts what is left of them, however far that came.
    fn change(
        &self,
        engine_key: &str,
        component: Digest,
        change: impl FnOnce() -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let _names = self.names.write();
        let changed = change();
        let bytes = self.bytes(engine_key, component);
        changed.and(bytes.map(|bytes| self.count(engine_key, component, bytes, None)))
    }

    /// Removes what is of an engine, but for the components that `keep` wants.
    fn remove_components(
        &self,
        engine_key: &str,
        keep: &dyn Fn(Digest) -> bool,
    ) -> Result<(), StorageError> {
        let Some(folder) = self.folder.existing(engine_key)? else {
            return Ok(());
        };
        for name in folder.folder_names()? {
            if let Some(component) = Digest::parse_hex(&name)
                && !keep(component)
            {
                self.remove_component(engine_key, component)?;
            }
        }
        Ok(())
    }

    fn remove_component(&self, engine_key: &str, component: Digest) -> Result<(), StorageError> {
        self.change(engine_key, component, || {
            match self.folder.existing(engine_key)? {
                Some(engine) => engine.remove_folder(&component.to_string()),
                None => Ok(()),
            }
        })
    }

    /// Removes a file that was found to be damaged, unless another has come in its place since.
    fn remove_damaged(
        &self,
        engine_key: &str,
        component: Digest,
        folder: &Folder,
        damaged: (&str, &File),
    ) -> Result<(), StorageError> {
        let (name, file) = damaged;
        let failed = |error: io::Error| folder.failed("look at", name, &error);
        self.change(engine_key, component, || {
            let Some(found) = folder.open_file(name)? else {
                return Ok(());
            };
            let [found, looked_at] = [&found, file].map(|file| file.metadata().map_err(failed));
            match found?.ino() == looked_at?.ino() {
                true => folder.remove_file(name),
                false => Ok(()),
            }
        })
    }

    /// Removes an artifact, whatever engine it is of, if nothing has it in use.
    fn remove_idle(&self, engine_key: &str, component: Digest) -> Result<bool, StorageError> {
        if !self.loaded().is_some_and(|loaded| loaded.let_go(component)) {
            return Ok(false);
        }
        self.remove_component(engine_key, component)?;
        Ok(true)
    }

    fn loaded(&self) -> Option<Arc<dyn LoadedCode>> {
        self.loaded.get()?.upgrade()
    }

    /// One file, unless a crash came between a new artifact and the end of the older one.
    #[expect(
        clippy::type_complexity,
        reason = "it is taken apart at once, by the only caller"
    )]
    fn candidates(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<(Folder, Vec<(String, Digest, File)>)>, StorageError> {
        let _names = self.names.read();
        let Some(folder) = self.folder_of(engine_key, component)? else {
            return Ok(None);
        };
        let mut files = Vec::new();
        for (name, digest) in artifact_names(&folder)? {
            if let Some(file) = folder.open_file(&name)? {
                files.push((name, digest, file));
            }
        }
        Ok(Some((folder, files)))
    }
}

impl Place for ArtifactFiles {
    fn room(&self, bytes: u64) -> Fut<'_, Result<Promise, NoRoom>> {
        Box::pin(self.data_dir.disk().compiled_room(bytes))
    }

    fn put(
        &self,
        engine_key: &str,
        component: Digest,
        mut source: Bounded<'_>,
    ) -> Result<(), StorageError> {
        let mut staged = self.data_dir.stage()?;
        let mut hasher = Sha256::new();
        let disk = self.data_dir.disk();
        let mut writing = disk.writing();
        while let Some(chunk) = source.next()? {
            disk.artifact_room(&mut writing, chunk.len() as u64)?;
            hasher.update(chunk);
            staged.write_all(chunk)?;
        }
        let digest = Digest(hasher.finalize().into());
        let name = format!("{digest}{SUFFIX}");
        seal_where_possible(staged.file(), digest);
        let staged = staged.sync()?;

        self.change(engine_key, component, || {
            let engine = self.folder.subfolder(engine_key)?;
            let folder = engine.subfolder(&component.to_string())?;
            staged.commit(&folder, &name)?;
            for (older, _) in artifact_names(&folder)? {
                if older != name {
                    folder.remove_file(&older)?;
                }
            }
            Ok(())
        })?;
        self.kept.used(engine_key, component);
        Ok(())
    }

    fn open_artifact(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<Artifact>, StorageError> {
        let Some((folder, candidates)) = self.candidates(engine_key, component)? else {
            return Ok(None);
        };
        for (name, digest, mut file) in candidates {
            let path = folder.path().join(&name);
            let is_sound = is_sound(&mut file, digest)
                .map_err(|error| folder.failed("read", &name, &error))?;
            if is_sound {
                self.kept.used(engine_key, component);
                if let Err(error) = note_use(&file) {
                    tracing::debug!(%error, "it could not be noted that an artifact is used");
                }
                let file = file.into_std();
                return Ok(Some(Artifact::File { path, file }));
            }
            tracing::warn!(
                path = %path.display(),
                "a compiled artifact is damaged: it is removed, and compiled again"
            );
            self.remove_damaged(engine_key, component, &folder, (&name, &file))?;
        }
        Ok(None)
    }

    fn retain_engine(&self, engine_key: &str) -> Result<(), StorageError> {
        for engine in self.folder.folder_names()? {
            if engine != engine_key && is_engine_key(&engine) {
                self.remove_components(&engine, &|_| false)?;
                let _names = self.names.write();
                self.folder.remove_folder(&engine)?;
            }
        }
        Ok(())
    }

    fn retain(&self, keep: &dyn Fn(&str, Digest) -> bool) -> Result<(), StorageError> {
        for engine in self.folder.folder_names()? {
            self.remove_components(&engine, &|component| keep(&engine, component))?;
        }
        Ok(())
    }

    fn give_way_but_for(&self, loaded: Weak<dyn LoadedCode>) {
        let _ = self.loaded.set(loaded);
    }
}

impl GivesWay for ArtifactFiles {
    /// What is in use stays. So does what nobody told of: it may be in use.
    fn give_way(&self, bytes: u64) -> Option<Gone> {
        let loaded = self.loaded()?;
        let oldest = self
            .kept
            .oldest(bytes, |component| loaded.is_idle(component));
        let mut gone = Gone::default();
        for ((engine_key, component), bytes) in oldest {
            match self.remove_idle(&engine_key, component) {
                Ok(true) => {
                    tracing::info!(
                        %component, bytes,
                        "compiled code gives way, for want of room in the data directory: it is made again \
                         when it is called next"
                    );
                    gone.files += 1;
                    gone.bytes += bytes;
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "compiled code could not give way"),
            }
        }
        (gone.files > 0).then_some(gone)
    }
}

/// A version and 16 hexadecimal digits: other folders are not ours to remove.
fn is_engine_key(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .rsplit_once('-')
            .is_some_and(|(_version, hash)| is_hex(hash, 16))
}

fn artifact_names(folder: &Folder) -> Result<Vec<(String, Digest)>, StorageError> {
    let names = folder.file_names()?.into_iter();
    Ok(names
        .filter_map(|name| {
            let digest = Digest::parse_hex(name.strip_suffix(SUFFIX)?)?;
            Some((name, digest))
        })
        .collect())
}

/// Whether `file` holds what `digest` says. Leaves it at its start.
fn is_sound(file: &mut File, digest: Digest) -> io::Result<bool> {
    if is_sealed(file, digest)? {
        return Ok(true);
    }
    let is_sound = digest_of(file)? == digest;
    if is_sound {
        seal_where_possible(file, digest);
    }
    Ok(is_sound)
}

/// What has no seal is hashed each time, and that is all.
fn seal_where_possible(file: &File, digest: Digest) {
    if let Err(error) = seal(file, digest) {
        tracing::debug!(%error, "an artifact could not be sealed: it is hashed whenever it is loaded");
    }
}

/// Leaves `file` at its start.
fn digest_of(file: &mut File) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.rewind()?;
    Ok(Digest(hasher.finalize().into()))
}
