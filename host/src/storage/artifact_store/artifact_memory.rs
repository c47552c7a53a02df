//! Artifacts in memory.

use std::collections::HashMap;
use std::sync::Weak;

use bytes::Bytes;

use super::artifact::{Artifact, Bounded};
use super::{LoadedCode, Place};
use crate::domain::{Digest, Lock};
use crate::storage::{Fut, NoRoom, Promise, StorageError};

/// By the key of the engine and the component.
#[derive(Default)]
pub(super) struct ArtifactMemory(Lock<HashMap<(String, Digest), Bytes>>);

impl Place for ArtifactMemory {
    fn room(&self, _bytes: u64) -> Fut<'_, Result<Promise, NoRoom>> {
        Box::pin(async { Ok(Promise::default()) })
    }

    fn put(
        &self,
        engine_key: &str,
        component: Digest,
        mut source: Bounded<'_>,
    ) -> Result<(), StorageError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = source.next()? {
            bytes.extend_from_slice(chunk);
        }
        let mut artifacts = self.0.lock();
        artifacts.insert((engine_key.into(), component), bytes.into());
        Ok(())
    }

    fn open_artifact(
        &self,
        engine_key: &str,
        component: Digest,
    ) -> Result<Option<Artifact>, StorageError> {
        let artifacts = self.0.lock();
        let found = artifacts.get(&(engine_key.into(), component)).cloned();
        Ok(found.map(Artifact::Memory))
    }

    fn retain_engine(&self, engine_key: &str) -> Result<(), StorageError> {
        self.retain(&|engine, _| engine == engine_key)
    }

    fn retain(&self, keep: &dyn Fn(&str, Digest) -> bool) -> Result<(), StorageError> {
        let mut artifacts = self.0.lock();
        artifacts.retain(|(engine, component), _| keep(engine, *component));
        Ok(())
    }
    /// Nothing else takes room where this is kept.
    fn give_way_but_for(&self, _loaded: Weak<dyn LoadedCode>) {}
}
