//! The one place where the parts are put together: configuration → host → serve → drain.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::catalog::{Catalog, Journal, MemoryJournal, SqliteJournal};
use crate::contract::{self, Api, BodyMemory, DownloadKey};
use crate::deployer::{ComponentSource, Deployer, StoredComponents};
use crate::domain::{Account, Digest};
use crate::events::{Events, EventsConfig, EventsParts, SystemClock};
use crate::invoker::{Gate, Invoker};
use crate::limits;
use crate::sandbox::{CompileIsolation, ENGINE_VERSION, Sandboxes, SandboxesConfig};
use crate::storage::{ArtifactStore, ContentStore, DataDir};

/// Where functions are kept.
#[derive(Clone, Debug, Default)]
pub enum Storage {
    /// In memory: gone when the host is.
    #[default]
    Ephemeral,
    /// In a directory, which is created if it is missing. One host at a time may use it.
    DataDir(PathBuf),
}

/// What a host is made of.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The account and region that the host plays.
    pub account: Account,
    /// Where functions are kept.
    pub storage: Storage,
    /// Where components are compiled. In this process by default, which suits trusted functions only.
    pub compile: CompileIsolation,
    /// Invocations that may run at once.
    pub concurrency_max: u32,
    /// How asynchronous events are retried, and where messages about them go.
    pub events: EventsConfig,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            account: Account::default(),
            storage: Storage::default(),
            compile: CompileIsolation::InProcess,
            concurrency_max: limits::CONCURRENT_INVOCATIONS_MAX,
            events: EventsConfig::default(),
        }
    }
}

/// The host could not be started; the text says what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

/// A running host: functions can be deployed to it and invoked, in process and over HTTP.
///
/// A clone is another handle to the same host.
#[derive(Clone)]
pub struct Host {
    account: Account,
    invoker: Arc<Invoker<Sandboxes>>,
    deployer: Arc<Deployer<Sandboxes>>,
    events: Events<Sandboxes>,
    /// Holds the lock of the data directory for as long as any handle lives.
    _data_dir: Option<Arc<DataDir>>,
}

impl Host {
    /// Opens the storage, starts the engine, takes up what an earlier run left unfinished.
    ///
    /// # Errors
    /// When the data directory is in use, unwritable or damaged, or the engine cannot start.
    pub async fn start(config: HostConfig) -> Result<Self, StartError> {
        let parts = Parts::open(&config.storage)?;
        let catalog = Arc::new(Catalog::open(parts.journal).map_err(start_error)?);
        let components: Arc<dyn ComponentSource> =
            Arc::new(StoredComponents(Arc::clone(&parts.packages)));
        // What a crash left behind, between an artifact and the change that would have used it.
        parts
            .artifacts
            .retain_components(|component| catalog.uses_component(component))
            .map_err(start_error)?;
        let sandboxes = Sandboxes::start(SandboxesConfig {
            account: config.account.clone(),
            concurrency_max: config.concurrency_max,
            isolation: config.compile,
            artifacts: parts.artifacts,
            components,
        })
        .map_err(start_error)?;
        let guests = Arc::new(sandboxes);
        let deployer = Arc::new(Deployer::new(
            config.account.clone(),
            Arc::clone(&catalog),
            parts.packages,
            Arc::clone(&guests),
        ));
        deployer.recover().await.map_err(start_error)?;
        let gate = Gate::new(config.concurrency_max);
        let invoker = Invoker::new(config.account.clone(), Arc::clone(&catalog), guests, gate);
        let invoker = Arc::new(invoker);
        let events = Events::start(EventsParts {
            account: config.account.clone(),
            catalog,
            invoker: Arc::clone(&invoker),
            data_dir: parts.data_dir.as_deref(),
            concurrency_max: config.concurrency_max,
            config: config.events,
            clock: Arc::new(SystemClock::default()),
        })
        .map_err(start_error)?;
        Ok(Self {
            account: config.account,
            invoker,
            deployer,
            events,
            _data_dir: parts.data_dir,
        })
    }

    /// Serves the Lambda API on `listener` until `shutdown` completes; then takes no more work, and
    /// returns when what runs has ended. Asynchronous events that wait stay where they are kept.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) {
        contract::server::serve(listener, self.router(), shutdown).await;
        self.events.stop();
        self.invoker.drain().await;
        self.events.drained().await;
    }

    /// The Lambda API, for a server of your own.
    pub fn router(&self) -> axum::Router {
        contract::router(Api {
            account: self.account.clone(),
            catalog: Arc::clone(self.deployer.catalog()),
            invoker: Arc::clone(&self.invoker),
            events: self.events.clone(),
            deployer: Arc::clone(&self.deployer),
            engine: Digest::of(ENGINE_VERSION.as_bytes()),
            downloads: DownloadKey::random(),
            bodies: BodyMemory::default(),
        })
    }

    /// Creates, changes and deletes functions.
    pub fn deployer(&self) -> &Arc<Deployer<Sandboxes>> {
        &self.deployer
    }

    /// Runs functions.
    pub fn invoker(&self) -> &Arc<Invoker<Sandboxes>> {
        &self.invoker
    }

    /// Runs functions later.
    pub fn events(&self) -> &Events<Sandboxes> {
        &self.events
    }

    /// The account and region that this host plays.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// The storage, opened.
struct Parts {
    data_dir: Option<Arc<DataDir>>,
    journal: Box<dyn Journal>,
    packages: Arc<ContentStore>,
    artifacts: Arc<ArtifactStore>,
}

impl Parts {
    fn open(storage: &Storage) -> Result<Self, StartError> {
        match storage {
            Storage::Ephemeral => Ok(Self {
                data_dir: None,
                journal: Box::new(MemoryJournal),
                packages: Arc::new(ContentStore::in_memory()),
                artifacts: Arc::new(ArtifactStore::in_memory()),
            }),
            Storage::DataDir(path) => {
                let data_dir = DataDir::open(path).map_err(start_error)?;
                Ok(Self {
                    journal: Box::new(SqliteJournal::open(&data_dir).map_err(start_error)?),
                    packages: Arc::new(
                        ContentStore::in_dir(&data_dir, "packages").map_err(start_error)?,
                    ),
                    artifacts: Arc::new(ArtifactStore::in_dir(&data_dir).map_err(start_error)?),
                    data_dir: Some(Arc::new(data_dir)),
                })
            }
        }
    }
}

fn start_error(error: impl std::fmt::Display) -> StartError {
    StartError(error.to_string())
}
