//! Content in memory: it lives as long as this does, and hosts that share it share their content.

use std::collections::HashMap;

use bytes::Bytes;

use super::content::Content;
use super::{Fut, StorageError};
use crate::domain::{Digest, Lock};

/// Content in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryContent(Lock<HashMap<Digest, Bytes>>);

impl Content for MemoryContent {
    fn put(&self, digest: Digest, content: Bytes) -> Fut<'_, Result<(), StorageError>> {
        // Of its own: what was given may be part of something larger, or be charged to whoever sent it.
        let content = Bytes::copy_from_slice(&content);
        self.0.lock().insert(digest, content);
        Box::pin(async { Ok(()) })
    }

    fn get(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StorageError>> {
        let found = self.0.lock().get(&digest).cloned();
        Box::pin(async { Ok(found) })
    }

    fn remove(&self, digest: Digest) -> Fut<'_, Result<(), StorageError>> {
        self.0.lock().remove(&digest);
        Box::pin(async { Ok(()) })
    }

    fn digests(&self) -> Fut<'_, Result<Vec<Digest>, StorageError>> {
        let digests = self.0.lock().keys().copied().collect();
        Box::pin(async { Ok(digests) })
    }
}
