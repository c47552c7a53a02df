//! Compiled code, found by the component that it was compiled from and the engine that it fits.
//!
//! `artifacts/ENGINE KEY/COMPONENT DIGEST/ARTIFACT DIGEST.cwasm`: the name of a file says what its
//! content must be, so no index has to agree with it. Running compiled code is trusting it wholly; hence
//! an artifact is verified through the very handle that is then given out, each time it is opened: by its
//! [`seal`], or else by its hash.

mod artifact;
mod artifact_files;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{DataDir, StorageError};
use crate::domain::Digest;
pub use artifact::Artifact;
use artifact::Bounded;
use artifact_files::ArtifactFiles;

/// Compiled code, on disk or in memory.
pub struct ArtifactStore {
    place: Place,
}

enum Place {
    Memory(Mutex<HashMap<(String, Digest), Bytes>>),
    Disk(ArtifactFiles),
}

impl ArtifactStore {
    /// Artifacts that live as long as the process.
    pub fn in_memory() -> Self {
        Self {
            place: Place::Memory(Mutex::default()),
        }
    }

    /// Artifacts in the folder `artifacts` of `data_dir`.
    ///
    /// # Errors
    /// When the folder cannot be created or opened.
    pub fn in_dir(data_dir: &DataDir) -> Result<Self, StorageError> {
        let files = ArtifactFiles::open(data_dir)?;
        Ok(Self {
            place: Place::Disk(files),
        })
    }

    /// Stores what `source` gives, in the place of an older artifact of the same component. Returns
    /// when it is durable. Blocks.
    ///
    /// # Errors
    /// When `source` fails, gives more than [`ARTIFACT_BYTES_MAX`], or the disk fails; then the older
    /// artifact is still there.
    pub fn put(
        &self,
        engine_key: &str,
        component: Digest,
        source: &mut dyn Read,
    ) -> Result<(), StorageError> {
        check_engine_key(engine_key)?;
        let mut source = Bounded::new(source);
        match &self.place {
            Place::Memory(artifacts) => {
                let mut bytes = Vec::new();
                while let Some(chunk) = source.next()? {
                    bytes.extend_from_slice(chunk);
                }
                lock(artifacts).insert((engine_key.into(), component), bytes.into());
                Ok(())
            }
            Place::Disk(files) => files.put(engine_key, component, source),
        }
    }

    /// The artifact of `component`, verified. `None` where there is none, and where what was there was
    /// damaged: then it has been removed, and must be compiled again. Blocks.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<Artifact>, StorageError> {
        check_engine_key(engine_key)?;
        match &self.place {
            Place::Memory(artifacts) => {
                let found = lock(artifacts)
                    .get(&(engine_key.into(), component))
                    .cloned();
                Ok(found.map(Artifact::Memory))
            }
            Place::Disk(files) => files.open_artifact(engine_key, component),
        }
    }

    /// Removes the artifacts of `component`, of all engines. Blocks.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, component: Digest) -> Result<(), StorageError> {
        self.retain(|_, found| found != component)
    }

    /// Removes the artifacts of all engines but `engine_key`. Blocks.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn retain_engine(&self, engine_key: &str) -> Result<(), StorageError> {
        check_engine_key(engine_key)?;
        match &self.place {
            Place::Memory(artifacts) => {
                lock(artifacts).retain(|(engine, _), _| engine == engine_key);
                Ok(())
            }
            Place::Disk(files) => files.retain_engine(engine_key),
        }
    }

    /// Removes the artifacts of the components that `keep` does not want: what a crash left behind
    /// between the end of a version and that of its artifact. Blocks.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn retain_components(&self, keep: impl Fn(Digest) -> bool) -> Result<(), StorageError> {
        self.retain(|_, component| keep(component))
    }

    fn retain(&self, keep: impl Fn(&str, Digest) -> bool) -> Result<(), StorageError> {
        match &self.place {
            Place::Memory(artifacts) => {
                lock(artifacts).retain(|(engine, component), _| keep(engine, *component));
                Ok(())
            }
            Place::Disk(files) => files.retain(keep),
        }
    }
}

type InMemory = HashMap<(String, Digest), Bytes>;

fn lock(artifacts: &Mutex<InMemory>) -> MutexGuard<'_, InMemory> {
    artifacts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key names a folder.
fn check_engine_key(engine_key: &str) -> Result<(), StorageError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    let fits = (1..=128).contains(&engine_key.len())
        && engine_key.bytes().all(is_plain)
        && !engine_key.starts_with('.');
    match fits {
        true => Ok(()),
        false => Err(StorageError(format!(
            "the engine key {engine_key:?} cannot name a folder: it takes 1 to 128 letters, digits, '-', \
             '_', '+' or '.', and no '.' first"
        ))),
    }
}
