//! Content addressed by its SHA-256.

use bytes::Bytes;

use super::{Fut, NoRoom, Promise, StorageError};
use crate::domain::{DataFigures, Digest};

/// Where content is kept under its digest.
pub trait Content: Send + Sync + 'static {
    /// Stores `content`, whose digest is `digest`; returns when it is durable. Whoever stores it has counted the
    /// digest already, so that it is not counted again.
    ///
    /// Content that is there already is written again: that mends what was damaged.
    fn put(&self, digest: Digest, content: Bytes) -> Fut<'_, Result<(), StorageError>>;

    /// The content of `digest`, verified; `None` where there is none. An error where it is not what was stored.
    fn get(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StorageError>>;

    /// Removes content; that there is none is fine.
    fn remove(&self, digest: Digest) -> Fut<'_, Result<(), StorageError>>;

    /// All digests there are.
    fn digests(&self) -> Fut<'_, Result<Vec<Digest>, StorageError>>;

    /// Keeps room for content of so many bytes where this is kept, if there is some for what is made of it `beside`
    /// that as well. What can be made again gives way. Asked before anything is stored, and, without content, before
    /// anything refers to it.
    fn room(
        &self,
        _content: Option<(Digest, u64)>,
        _beside: u64,
    ) -> Fut<'_, Result<Promise, NoRoom>> {
        Box::pin(async { Ok(Promise::default()) })
    }

    /// What there is where this is kept, if that is bounded.
    fn figures(&self) -> Fut<'_, Option<DataFigures>> {
        Box::pin(async { None })
    }

    /// What says that content which nothing refers to is to be kept, if something does.
    fn orphans_kept_by(&self) -> Fut<'_, Result<Option<String>, StorageError>> {
        Box::pin(async { Ok(None) })
    }
}
