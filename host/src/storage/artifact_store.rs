//! Compiled code, found by the component that it was compiled from and the engine that it fits.
//!
//! `artifacts/ENGINE KEY/COMPONENT DIGEST/ARTIFACT DIGEST.cwasm`: the name of a file says what its
//! content must be, so no index has to agree with it. Running compiled code is trusting it wholly; hence
//! an artifact is verified through the very handle that is then given out, each time it is opened: by its
//! [`seal`], or else by its hash.

mod artifact;
#[cfg(feature = "storage")]
mod artifact_files;
mod artifact_memory;
#[cfg(feature = "storage")]
mod kept;
#[cfg(feature = "storage")]
mod seal;
#[cfg(all(test, feature = "storage"))]
mod tests;

use std::io::Read;
use std::sync::{Arc, Weak};

use super::{Fut, NoRoom, Promise, StorageError};
use crate::domain::Digest;
pub(crate) use artifact::Artifact;
use artifact::Bounded;
use artifact_memory::ArtifactMemory;

/// Compiled code, on disk or in memory.
pub struct ArtifactStore {
    place: Arc<dyn Place>,
}

/// Who has compiled code in memory. As long as it has, the code takes room on disk even where its file is removed.
pub trait LoadedCode: Send + Sync {
    /// Whether nothing runs it, or is prepared to: it is not in memory, or can be let go of.
    fn is_idle(&self, component: Digest) -> bool;

    /// Lets go of it, unless something runs it by now; gives whether it is in memory no longer.
    fn let_go(&self, component: Digest) -> bool;
}

/// Where artifacts are kept; the keys of engines are checked.
trait Place: Send + Sync {
    fn room(&self, bytes: u64) -> Fut<'_, Result<Promise, NoRoom>>;

    fn put(
        &self,
        engine_key: &str,
        component: Digest,
        source: Bounded<'_>,
    ) -> Result<(), StorageError>;

    fn open_artifact(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<Artifact>, StorageError>;

    fn retain_engine(&self, engine_key: &str) -> Result<(), StorageError>;

    fn retain(&self, keep: &dyn Fn(&str, Digest) -> bool) -> Result<(), StorageError>;

    /// From now on, what is kept gives way to other things where there is no room, but for what is not idle.
    fn give_way_but_for(&self, loaded: Weak<dyn LoadedCode>);
}

impl ArtifactStore {
    /// Artifacts that live as long as the process.
    pub fn in_memory() -> Self {
        Self {
            place: Arc::new(ArtifactMemory::default()),
        }
    }

    /// Keeps room for an artifact of so many bytes that is about to be made; others give way.
    ///
    /// # Errors
    /// With what is short. It may be stored nevertheless: what it comes to is seen as it is written.
    pub(crate) async fn room(&self, bytes: u64) -> Result<Promise, NoRoom> {
        self.place.room(bytes).await
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
        self.place.put(engine_key, component, Bounded::new(source))
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
        self.place.open_artifact(engine_key, component)
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
        self.place.retain_engine(engine_key)
    }

    /// Removes the artifacts of the components that `keep` does not want: what a crash left behind
    /// between the end of a version and that of its artifact. Blocks.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn retain_components(&self, keep: impl Fn(Digest) -> bool) -> Result<(), StorageError> {
        self.retain(|_, component| keep(component))
    }

    /// Has artifacts give way where something else has no room: those first that were not used for longest, and
    /// none that `loaded` has in use. They are made again when they are needed.
    pub fn give_way_but_for(&self, loaded: Weak<dyn LoadedCode>) {
        self.place.give_way_but_for(loaded);
    }

    fn retain(&self, keep: impl Fn(&str, Digest) -> bool) -> Result<(), StorageError> {
        self.place.retain(&keep)
    }
}

/// The key names a folder.
fn check_engine_key(engine_key: &str) -> Result<(), StorageError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    let fits = (1..=128).contains(&engine_key.len())
        && engine_key.bytes().all(is_plain)
        && !engine_key.starts_with('.');
    match fits {
        true => Ok(()),
        false => Err(StorageError::of(format!(
            "the engine key {engine_key:?} cannot name a folder: it takes 1 to 128 letters, digits, '-', \
             '_', '+' or '.', and no '.' first"
        ))),
    }
}
