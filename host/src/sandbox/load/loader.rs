//! From stored artifacts to functions that can be instantiated.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Module};

use super::interpreters::LoadedInterpreters;
use crate::deployer::Rejection;
use crate::domain::{Code, Digest};
use crate::runtimes::{base_key, code_key};
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
    pub(in crate::sandbox) interpreters: Arc<LoadedInterpreters>,
}

impl Loader {
    /// The function of this code; `None` where there is no artifact of it, or only a damaged one.
    /// Blocks: the artifact is mapped and taken apart, and hashed as a whole where it has been touched.
    ///
    /// # Errors
    /// When the artifact is what was compiled and the engine does not take it.
    pub(in crate::sandbox) fn load(&self, code: &Code) -> Result<Option<Loaded>, Rejection> {
        if let Some(interpreter) = code.interpreter {
            return self.load_state(code, interpreter);
        }
        let Some(artifact) = self.artifact(code.component)? else {
            return Ok(None);
        };
        let loaded = map(&self.engine, &artifact)
            .and_then(|(component, figures)| Loaded::link(&self.linker, &component, figures));
        loaded.map(Some).map_err(cannot_run)
    }

    /// An interpreter on the state of a function, or on its own.
    fn load_state(&self, code: &Code, interpreter: Digest) -> Result<Option<Loaded>, Rejection> {
        let state = match code.is_sources() {
            true => base_key(interpreter),
            false => code.component,
        };
        let Some(component) = self.interpreter(interpreter)? else {
            return Ok(None);
        };
        let Some(artifact) = self.artifact(state)? else {
            return Ok(None);
        };
        let loaded = map_module(&self.engine, &artifact)
            .and_then(|state| Loaded::link_state(&self.linker, &component, state));
        loaded.map(Some).map_err(cannot_run)
    }

    fn interpreter(
        &self,
        interpreter: Digest,
    ) -> Result<Option<Arc<(Component, Figures)>>, Rejection> {
        if let Some(loaded) = self.interpreters.get(interpreter) {
            return Ok(Some(loaded));
        }
        let Some(artifact) = self.artifact(code_key(interpreter))? else {
            return Ok(None);
        };
        let loaded = map(&self.engine, &artifact).map_err(cannot_run)?;
        Ok(Some(self.interpreters.put(interpreter, loaded)))
    }

    fn artifact(&self, key: Digest) -> Result<Option<Artifact>, Rejection> {
        let opened = self.artifacts.open(&self.engine_key, key);
        opened.map_err(|error| Rejection::of_host(error.to_string()))
    }
}

fn cannot_run(error: wasmtime::Error) -> Rejection {
    Rejection::of_code(format!("The component cannot be run here: {error:#}."))
}

#[cfg_attr(
    feature = "storage",
    expect(
        unsafe_code,
        reason = "loading compiled code is running it: the store has just found that this is the very \
              file that our own compiler wrote, and nobody else writes into the data directory"
    )
)]
fn map(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<(Component, Figures)> {
    match artifact {
        #[cfg(feature = "storage")]
        Artifact::File { file, .. } => {
            let figures = figures_of(file)?.ok_or_else(compiled::cut_short)?;
            // By descriptor, so that what is mapped is the file that was verified.
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            let component = unsafe { Component::deserialize_file(engine, path) };
            Ok((component?, figures))
        }
        Artifact::Memory(bytes) => compiled::component(engine, bytes),
    }
}

/// A core module, as [`map`] has components.
#[cfg_attr(feature = "storage", expect(unsafe_code, reason = "as `map`"))]
fn map_module(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<(Module, Figures)> {
    match artifact {
        #[cfg(feature = "storage")]
        Artifact::File { file, .. } => {
            let figures = figures_of(file)?.ok_or_else(compiled::cut_short)?;
            let module = unsafe { Module::deserialize_open_file(engine, file.try_clone()?) };
            Ok((module?, figures))
        }
        Artifact::Memory(bytes) => compiled::module(engine, bytes),
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
