//! The component of a version, from the package that was stored when it was deployed.

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::{Code, Digest};
use crate::package;
use crate::storage::{ContentStore, StorageError};

/// Where a component comes from when its artifact is missing or damaged.
pub trait ComponentSource: Send + Sync + 'static {
    /// The bytes of `code.component`, verified. Blocks, for as long as unpacking takes.
    ///
    /// # Errors
    /// When the package is gone or damaged.
    fn component(&self, code: &Code) -> Result<Bytes, StorageError>;
}

/// Components out of stored packages.
pub struct StoredComponents(pub Arc<ContentStore>);

impl ComponentSource for StoredComponents {
    fn component(&self, code: &Code) -> Result<Bytes, StorageError> {
        let digest = code.package;
        let package = self.0.get(digest)?.ok_or_else(|| {
            StorageError(format!(
                "the package {digest} is gone from the data directory; deploy the function again"
            ))
        })?;
        let unusable = |problem: String| {
            StorageError(format!(
                "the stored package {digest} holds no component any more: {problem}; deploy the function \
                 again"
            ))
        };
        let wasm = package::wasm_of(&package).map_err(|error| unusable(error.0))?;
        match Digest::of(&wasm) == code.component {
            true => Ok(wasm),
            false => Err(unusable("another file in it is taken for it".into())),
        }
    }
}
