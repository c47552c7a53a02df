//! The component of a version, from the package that was stored when it was deployed.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::domain::{Code, Digest};
use crate::package;
use crate::storage::{Content, Fut, StorageError};

/// Where a component comes from when its artifact is missing or damaged.
pub trait ComponentSource: Send + Sync + 'static {
    /// The bytes of `code.component`, verified; of sources, and of the state of such, the package itself. An error where
    /// the package is gone or damaged.
    fn component<'a>(&'a self, code: &'a Code) -> Fut<'a, Result<Bytes, StorageError>>;
}

/// Components out of stored packages.
pub(crate) struct StoredComponents(pub Arc<dyn Content>);

impl ComponentSource for StoredComponents {
    fn component<'a>(&'a self, code: &'a Code) -> Fut<'a, Result<Bytes, StorageError>> {
        Box::pin(async {
            let digest = code.package;
            let package = self.0.get(digest).await?.ok_or_else(|| {
                StorageError::of(format!(
                    "the package {digest} is gone from the data directory; deploy the function again"
                ))
            })?;
            if code.interpreter.is_some() {
                return Ok(package);
            }
            let component = code.component;
            let found = spawn_blocking(move || component_of(&package, component)).await;
            found.unwrap_or_else(|panic| Err(panic.to_string())).map_err(|problem| {
                StorageError::of(format!(
                    "the stored package {digest} holds no component any more: {problem}; deploy the \
                     function again"
                ))
            })
        })
    }
}

/// Unpacks a package, for as long as that takes.
fn component_of(package: &Bytes, component: Digest) -> Result<Bytes, String> {
    let wasm = package::wasm_of(package).map_err(|error| error.0)?;
    match Digest::of(&wasm) == component {
        true => Ok(wasm),
        false => Err("another file in it is taken for it".into()),
    }
}
