//! The interpreters that are in memory: each once, however many functions run on it.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::Component;

use crate::domain::{Digest, SharedLock};
use crate::runtimes::{base_key, code_key};
use crate::sandbox::engine::compiled::Figures;

/// The code of interpreters, by their digests. There are as many as a host's owner has prepared.
#[derive(Default)]
pub(in crate::sandbox) struct LoadedInterpreters {
    loaded: SharedLock<HashMap<Digest, Arc<(Component, Figures)>>>,
}

impl LoadedInterpreters {
    pub(super) fn get(&self, interpreter: Digest) -> Option<Arc<(Component, Figures)>> {
        self.loaded.read().get(&interpreter).cloned()
    }

    /// Keeps one, unless it is there already; gives the one that is there.
    pub(super) fn put(
        &self,
        interpreter: Digest,
        code: (Component, Figures),
    ) -> Arc<(Component, Figures)> {
        let mut loaded = self.loaded.write();
        Arc::clone(loaded.entry(interpreter).or_insert_with(|| Arc::new(code)))
    }

    /// Whether this is the code of one of them, or the state that one starts from.
    pub(super) fn has(&self, key: Digest) -> bool {
        let loaded = self.loaded.read();
        loaded
            .keys()
            .any(|it| [code_key(*it), base_key(*it)].contains(&key))
    }
}
