//! Content in memory: it lives as long as this does, and hosts that share it share their content.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::content::Content;
use super::{Fut, StorageError};
use crate::domain::Digest;

/// Content in memory.
#[derive(Debug, Default)]
pub struct MemoryContent(Mutex<HashMap<Digest, Bytes>>);

impl MemoryContent {
    fn contents(&self) -> MutexGuard<'_, HashMap<Digest, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content for MemoryContent {
    fn put(&self, digest: Digest, content: Bytes) -> Fut<'_, Result<(), StorageError>> {
        self.contents().insert(digest, content);
        Box::pin(async { Ok(()) })
    }

    fn get(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StorageError>> {
        let found = self.contents().get(&digest).cloned();
        Box::pin(async { Ok(found) })
    }

    fn remove(&self, digest: Digest) -> Fut<'_, Result<(), StorageError>> {
        self.contents().remove(&digest);
        Box::pin(async { Ok(()) })
    }

    fn digests(&self) -> Fut<'_, Result<Vec<Digest>, StorageError>> {
        let digests = self.contents().keys().copied().collect();
        Box::pin(async { Ok(digests) })
    }
}
