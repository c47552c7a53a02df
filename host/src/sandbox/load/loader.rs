//! From stored artifacts to functions that can be instantiated.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::deployer::Rejection;
use crate::domain::Digest;
use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::reach::guest_state::GuestState;
use crate::storage::{Artifact, ArtifactStore};

/// Loads artifacts for one engine.
pub(in crate::sandbox) struct Loader {
    pub(in crate::sandbox) engine: Engine,
    pub(in crate::sandbox) engine_key: String,
    pub(in crate::sandbox) linker: Linker<GuestState>,
    pub(in crate::sandbox) artifacts: Arc<ArtifactStore>,
}

impl Loader {
    /// The function of `component`; `None` where there is no artifact of it, or only a damaged one.
    /// Blocks: the artifact is mapped and taken apart, and hashed as a whole where it has been touched.
    ///
    /// # Errors
    /// When the artifact is what was compiled and the engine does not take it.
    pub(in crate::sandbox) fn load(&self, component: Digest) -> Result<Option<Loaded>, Rejection> {
        let artifact = self
            .artifacts
            .open(&self.engine_key, component)
            .map_err(|error| Rejection::of_host(error.to_string()))?;
        let Some(artifact) = artifact else {
            return Ok(None);
        };
        let loaded = map(&self.engine, &artifact)
            .and_then(|component| Loaded::link(&self.linker, &component))
            .map_err(|error| {
                Rejection::of_code(format!("The component cannot be run here: {error:#}."))
            })?;
        Ok(Some(loaded))
    }
}

#[expect(
    unsafe_code,
    reason = "loading compiled code is running it: the store has just found that this is the very \
              file that our own compiler wrote, and nobody else writes into the data directory"
)]
fn map(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<Component> {
    match artifact {
        // By descriptor, so that what is mapped is the file that was verified.
        #[cfg(feature = "storage")]
        Artifact::File { file, .. } => unsafe {
            Component::deserialize_file(engine, format!("/proc/self/fd/{}", file.as_raw_fd()))
        },
        Artifact::Memory(bytes) => unsafe { Component::deserialize(engine, bytes) },
    }
}
