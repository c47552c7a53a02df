//! The host's side of interpreters: each is compiled once, and imports the functions that it runs.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Compiler, NO_CONCURRENCY, component};
use crate::deployer::{ComponentSource, InitOutcome, Initialized, Lane, Rejection};
use crate::domain::language::Language;
use crate::domain::{Account, Code, Digest, Named as _, Version};
use crate::limits::ARTIFACT_BYTES_OF_COMPONENT_BYTE;
use crate::runtimes::{base_key, code_key};
use crate::sandbox::compile::compiling::{Step, Stop, failed};
use crate::sandbox::compile::derivation::{Derivation, Imported, Interpreter, Part};
use crate::sandbox::compile::interpreters::unreadable;
use crate::sandbox::engine::concurrency::Concurrency;
use crate::storage::{Artifact, ArtifactStore, StorageError};

impl Compiler {
    /// The interpreter that new code of a language runs on.
    ///
    /// # Errors
    /// Where there is none, with what brings it.
    pub(in crate::sandbox) fn interpreter(&self, language: Language) -> Result<Digest, Rejection> {
        let prepared = self.interpreters.runtimes().prepared(language);
        let prepared = prepared.map_err(unreadable)?;
        prepared.map(|prepared| prepared.component).ok_or_else(|| {
            let (title, name) = (language.title(), language.name());
            Rejection::of_code(format!(
                "This host has no interpreter for {title} yet, which sources need. Have its owner run `sparkler runtimes \
                 prepare {name}` once, or start it with `sparkler serve --runtimes {name}`; or upload a component, which \
                 `sparkler build` makes."
            ))
        })
    }

    /// An interpreter by itself, with nothing that it runs.
    pub(in crate::sandbox) fn interpreted(&self, language: Language) -> Result<Code, Rejection> {
        let interpreter = self.interpreter(language)?;
        Ok(Code {
            package: interpreter,
            package_bytes: 0,
            component: interpreter,
            reuse: 0,
            interpreter: Some(interpreter),
        })
    }

    /// Whether this is an interpreter that stays, whatever functions there are.
    pub(in crate::sandbox) fn is_interpreter(&self, component: Digest) -> bool {
        self.interpreters.runtimes().has(component)
    }

    /// Compiles the interpreter of `code`, unless that was done.
    pub(super) async fn prepare(&self, lane: &Lane, code: &Code) -> Result<(), Rejection> {
        let interpreter = interpreter_of(code);
        let turn = self.interpreters.turn(interpreter);
        let _turn = turn.lock().await;
        if self.is_compiled(interpreter).await? {
            return Ok(());
        }
        let wasm = self.interpreters.component(interpreter).await?;
        for (part, key) in [
            (Part::Base, base_key(interpreter)),
            (Part::Code, code_key(interpreter)),
        ] {
            self.derive(lane, Derivation::Part(part), wasm.clone(), key)
                .await?;
        }
        Ok(())
    }

    /// Compiles a packed state.
    pub(super) async fn compile_state(
        &self,
        lane: &Lane,
        code: &Code,
        packed: Bytes,
    ) -> Result<(), Rejection> {
        self.prepare(lane, code).await?;
        let wasm = self.interpreters.component(interpreter_of(code)).await?;
        let derivation = Derivation::State {
            interpreter_bytes: wasm.len(),
        };
        let both = [wasm, packed].concat().into();
        self.derive(lane, derivation, both, code.component).await
    }

    async fn derive(
        &self,
        lane: &Lane,
        derivation: Derivation,
        wasm: Bytes,
        key: Digest,
    ) -> Result<(), Rejection> {
        let (queues, bytes) = (&self.queues, wasm.len() as u64);
        let derive = |meter| -> Step<'_, ()> {
            let wasm = wasm.clone();
            Box::pin(async move {
                let room = bytes.saturating_mul(ARTIFACT_BYTES_OF_COMPONENT_BYTE);
                let _on_disk = self.artifacts.room(room).await.ok();
                let artifact = self.compile.derive(derivation, wasm, meter).await?;
                self.store(key, artifact).await.map_err(Stop::from)
            })
        };
        queues
            .in_turn(&queues.compilations, lane, bytes, derive)
            .await
    }

    /// Has the interpreter of a version import it when its turn comes, and keeps what is compiled of the state.
    pub(super) async fn import(
        &self,
        (account, concurrency): (&Account, &Concurrency),
        lane: &Lane,
        version: &Version,
        source: Arc<dyn ComponentSource>,
    ) -> Result<Initialized, Rejection> {
        self.prepare(lane, &version.code).await?;
        let import = |meter| -> Step<'_, Imported> {
            let source = Arc::clone(&source);
            Box::pin(async move {
                // Nor is anything read before its turn.
                let interpreter = self.artifacts_of(interpreter_of(&version.code)).await?;
                let interpreter = interpreter
                    .ok_or_else(|| unreadable("it was gone as soon as it was written"))?;
                let package = component(&source, &version.code).await?;
                self.compile
                    .import(account, version, interpreter, package, meter)
                    .await
            })
        };
        let imported = self.counted(concurrency, lane, version, import).await?;
        let Some(Imported {
            initialized,
            artifact,
        }) = imported
        else {
            return Ok(Initialized::impossible(NO_CONCURRENCY));
        };
        if let InitOutcome::Taken(packed) = &initialized.outcome {
            let state = Digest::of(packed);
            self.store(state, Box::new(Cursor::new(artifact))).await?;
        }
        Ok(initialized)
    }

    /// Whether all that is compiled of an interpreter is there.
    async fn is_compiled(&self, interpreter: Digest) -> Result<bool, Rejection> {
        let (artifacts, engine) = (Arc::clone(&self.artifacts), self.engine_key.clone());
        let looked = spawn_blocking(move || {
            for key in [code_key(interpreter), base_key(interpreter)] {
                if artifacts.open(&engine, key)?.is_none() {
                    return Ok(false);
                }
            }
            Ok::<_, StorageError>(true)
        });
        looked.await.map_err(failed)?.map_err(unreadable)
    }

    /// What was compiled of an interpreter; `None` where not all of it is there.
    async fn artifacts_of(&self, interpreter: Digest) -> Result<Option<Interpreter>, Rejection> {
        let (artifacts, engine) = (Arc::clone(&self.artifacts), self.engine_key.clone());
        let read = spawn_blocking(move || {
            let code = read(&artifacts, &engine, code_key(interpreter))?;
            let base = read(&artifacts, &engine, base_key(interpreter))?;
            Ok::<_, StorageError>(code.zip(base))
        });
        let read = read.await.map_err(failed)?.map_err(unreadable)?;
        Ok(read.map(|(code, base)| Interpreter {
            digest: interpreter,
            code,
            base,
        }))
    }
}

fn interpreter_of(code: &Code) -> Digest {
    code.interpreter.unwrap_or(code.component)
}

/// Compiled code, as a whole.
fn read(
    artifacts: &ArtifactStore,
    engine_key: &str,
    key: Digest,
) -> Result<Option<Bytes>, StorageError> {
    Ok(match artifacts.open(engine_key, key)? {
        None => None,
        Some(Artifact::Memory(bytes)) => Some(bytes),
        #[cfg(feature = "storage")]
        Some(Artifact::File { path, mut file }) => {
            let mut bytes = Vec::new();
            let read = file.read_to_end(&mut bytes);
            read.map_err(|error| StorageError::of(format!("{}: {error}", path.display())))?;
            Some(bytes.into())
        }
    })
}
