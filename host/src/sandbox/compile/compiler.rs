//! The host's side of compiling: hands wasm to the compiler, keeps what comes back, and takes in what was
//! compiled elsewhere where the host's owner trusts it.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::choice::compiler;
use super::compiling::{Code, Compilation, Compile, failed, within_time};
use super::isolation::CompileIsolation;
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Digest, Version};
use crate::limits;
use crate::package::Precompiled;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::storage::ArtifactStore;

/// Checks and compiles components, a few at a time.
pub(in crate::sandbox) struct Compiler {
    compile: Box<dyn Compile>,
    engine_key: String,
    artifacts: Arc<ArtifactStore>,
    /// Whether code that was compiled elsewhere is taken in.
    trusts_artifacts: bool,
    turns: Turns,
}

/// What a compiler is made of.
pub(in crate::sandbox) struct CompilerConfig {
    pub(in crate::sandbox) isolation: CompileIsolation,
    pub(in crate::sandbox) interfaces: Interfaces,
    pub(in crate::sandbox) engine_key: String,
    pub(in crate::sandbox) artifacts: Arc<ArtifactStore>,
    /// Whether code that was compiled elsewhere is taken in.
    pub(in crate::sandbox) trusts_artifacts: bool,
}

/// Who checks, who waits and who compiles.
struct Turns {
    checking: Semaphore,
    compiling: Semaphore,
    /// In megabytes.
    waiting: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let megabytes = limits::WAITING_COMPONENTS_BYTES_MAX / MEGABYTE;
        Self {
            checking: Semaphore::new(limits::COMPILATIONS_MAX),
            compiling: Semaphore::new(limits::COMPILATIONS_MAX),
            waiting: Arc::new(Semaphore::new(
                usize::try_from(megabytes).unwrap_or(usize::MAX),
            )),
        }
    }
}

const MEGABYTE: u64 = 1024 * 1024;

/// A component that was checked; its compilation begins when it is asked for.
pub struct Accepted {
    digest: Digest,
    work: Work,
    _waiting: Option<OwnedSemaphorePermit>,
}

enum Work {
    Compile(Box<dyn Compilation>),
    /// It was compiled elsewhere.
    Keep(Bytes),
    /// It was compiled here before.
    Nothing,
}

impl Accepted {
    /// A component of which there is compiled code already.
    pub(in crate::sandbox) fn known(digest: Digest) -> Self {
        Self {
            digest,
            work: Work::Nothing,
            _waiting: None,
        }
    }

    /// Whether there is nothing to be done for it.
    pub(in crate::sandbox) fn is_known(&self) -> bool {
        matches!(self.work, Work::Nothing)
    }

    /// Which component it is.
    pub(in crate::sandbox) fn component(&self) -> Digest {
        self.digest
    }
}

impl Compiler {
    pub(in crate::sandbox) fn new(config: CompilerConfig) -> Self {
        Self {
            compile: compiler(config.isolation, config.interfaces),
            engine_key: config.engine_key,
            artifacts: config.artifacts,
            trusts_artifacts: config.trusts_artifacts,
            turns: Turns::default(),
        }
    }

    /// Checks `wasm`.
    pub(in crate::sandbox) async fn accept(
        &self,
        digest: Digest,
        wasm: Bytes,
    ) -> Result<Accepted, Rejection> {
        let waiting = Arc::clone(&self.turns.waiting)
            .acquire_many_owned(megabytes(wasm.len()))
            .await
            .map_err(failed)?;
        let _turn = self.turns.checking.acquire().await.map_err(failed)?;
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
        let work = match Precompiled::is_one(&wasm) {
            true => Work::Keep(self.admit(wasm)?),
            false => Work::Compile(self.compile.check(wasm, deadline).await?),
        };
        Ok(Accepted {
            digest,
            work,
            _waiting: Some(waiting),
        })
    }

    /// Compiles it when its turn comes, and stores the artifact.
    pub(in crate::sandbox) async fn finish(&self, accepted: Accepted) -> Result<(), Rejection> {
        let Accepted {
            digest,
            work,
            _waiting,
        } = accepted;
        let _turn = self.turns.compiling.acquire().await.map_err(failed)?;
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
        match work {
            Work::Nothing => Ok(()),
            Work::Keep(code) => self.store(digest, Box::new(io::Cursor::new(code))).await,
            Work::Compile(mut compilation) => {
                let deadline = compilation.can_be_ended().then_some(deadline);
                within_time(deadline, async {
                    let artifact = compilation.artifact().await?;
                    self.store(digest, artifact).await
                })
                .await
            }
        }
    }

    /// Initializes a version for a snapshot.
    pub(in crate::sandbox) async fn initialize(
        &self,
        account: &Account,
        version: &Version,
        wasm: Bytes,
    ) -> Result<Initialized, Rejection> {
        if Precompiled::is_one(&wasm) {
            return Ok(Initialized::impossible(
                "There is no snapshot of code that was compiled elsewhere. Upload the component.",
            ));
        }
        let _turn = self.turns.compiling.acquire().await.map_err(failed)?;
        self.compile.initialize(account, version, wasm).await
    }

    /// The code in what was compiled elsewhere. Compiled code is run as it is, outside of any sandbox if it
    /// wants to be: nobody but the host's owner can say that it is trusted.
    fn admit(&self, file: Bytes) -> Result<Bytes, Rejection> {
        if !self.trusts_artifacts {
            return Err(Rejection::of_code(
                "The file holds compiled code, which this host does not take: it would run as a part of the \
                 host, outside of the sandbox, if whoever made it wanted that. Upload the component \
                 instead, or have the host's owner start it with --trust-artifacts.",
            ));
        }
        let precompiled =
            Precompiled::read(&file).map_err(|error| Rejection::of_code(error.to_string()))?;
        match precompiled.engine == self.engine_key {
            true => Ok(precompiled.code),
            false => Err(Rejection::of_code(format!(
                "The code was compiled for the engine {}, and this host has {}. Compile it again with \
                 `sparkler compile` of this host's version, on the same kind of machine.",
                precompiled.engine, self.engine_key
            ))),
        }
    }

    async fn store(&self, digest: Digest, mut artifact: Code) -> Result<(), Rejection> {
        let (artifacts, key) = (Arc::clone(&self.artifacts), self.engine_key.clone());
        spawn_blocking(move || artifacts.put(&key, digest, &mut artifact))
            .await
            .map_err(failed)?
            .map_err(|error| {
                Rejection::of_host(format!("The compiled code could not be kept: {error}"))
            })
    }
}

/// What a component counts for while it waits.
fn megabytes(bytes: usize) -> u32 {
    let bytes = bytes as u64 + limits::WAITING_COMPONENT_BYTES_MIN;
    u32::try_from(bytes.div_ceil(MEGABYTE)).unwrap_or(u32::MAX)
}
