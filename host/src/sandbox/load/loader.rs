//! From stored artifacts to functions that can be instantiated.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::deployer::Rejection;
use crate::domain::Digest;
use crate::sandbox::engine::compiled::{self, Figures};
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
            .and_then(|(component, figures)| Loaded::link(&self.linker, &component, figures))
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
fn map(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<(Component, Figures)> {
    let cut_short = || wasmtime::Error::msg("the compiled code is cut short");
    match artifact {
        #[cfg(feature = "storage")]
        Artifact::File { file, .. } => {
            let figures = figures_of(file)?.ok_or_else(cut_short)?;
            // By descriptor, so that what is mapped is the file that was verified.
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            let component = unsafe { Component::deserialize_file(engine, path) };
            Ok((component?, figures))
        }
        Artifact::Memory(bytes) => {
            let (code, figures) = compiled::split(bytes).ok_or_else(cut_short)?;
            let component = unsafe { Component::deserialize(engine, code) };
            Ok((component?, figures))
        }
    }
}

/// What stands behind the code in a file.
#[cfg(feature = "storage")]
fn figures_of(file: &std::fs::File) -> std::io::Result<Option<Figures>> {
    use std::os::unix::fs::FileExt as _;
    let mut last = [0; compiled::FIGURES_BYTES];
    let bytes = file.metadata()?.len();
    let Some(start) = bytes.checked_sub(last.len() as u64) else {
        return Ok(None);
    };
    file.read_exact_at(&mut last, start)?;
    Ok(Figures::read(&last))
}
