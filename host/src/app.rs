//! The one place where the parts are put together: configuration → host → serve → drain.

#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod stages;
#[cfg(feature = "storage")]
mod in_data_dir;
#[cfg(feature = "jail")]
pub(crate) mod prepared;
#[cfg(feature = "server")]
mod serving;
mod stores;

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::deployer::{
    ComponentSource, Deployer, InitCause, InitOutcome, InitReport, StoredComponents,
};
use crate::domain::{Account, Ending, FunctionName, HostFolder, HostSecret};
use crate::events::{Events, EventsConfig, EventsParts, SystemClock};
#[cfg(feature = "server")]
use crate::invoker::RunGuest as _;
use crate::invoker::platform_log::{Initialization, render_initialization};
use crate::invoker::{Gate, Invoker, Provisioner};
use crate::limits;
use crate::logs::{Entry, LogKeeper};
use crate::sandbox::{CompileIsolation, Interface, Interfaces, Sandboxes, SandboxesConfig};
use crate::storage::TmpFolders;
use stores::Opened;
pub use stores::Storage;
#[cfg(test)]
pub(crate) use stores::Stores;

/// What a host is made of.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The account and region that the host plays.
    pub account: Account,
    /// Where functions are kept.
    pub storage: Storage,
    /// What a data directory may take, in bytes; a share of its file system where nothing is said.
    pub data_bytes_max: Option<u64>,
    /// Where components are compiled. In this process by default, which suits trusted functions only.
    pub compile: CompileIsolation,
    /// What functions may import besides WASI, provided by the program that embeds the host. With any, a
    /// host compiles in this process: see [`with_interface`](Self::with_interface).
    pub interfaces: Interfaces,
    /// Whether code that `sparkler compile` made is taken in the place of a component. Such code runs as a
    /// part of this process, outside of the sandbox if whoever made it wanted that: only for hosts whose
    /// every deployer may do what the host may.
    pub trust_artifacts: bool,
    /// Invocations that may run at once.
    pub concurrency_max: u32,
    /// Whether function URLs whose `AuthType` is `NONE` are open to everybody without a permission in the
    /// resource policy, which AWS asks for.
    pub open_function_urls: bool,
    /// The names of this host, without ports, under which its API may be asked, besides addresses and the names
    /// below `localhost`. A web page can have a name of its own lead to this machine; what asks under a name that
    /// is not listed is refused. Function URLs have names of their own.
    pub host_names: Vec<String>,
    /// Addresses of proxies in front of this host, or networks such as `10.0.0.0/8`, whose word counts for who a
    /// caller is and which scheme it uses: what they say in `X-Forwarded-For` and `X-Forwarded-Proto`, or in
    /// `Forwarded`. Nobody else's does.
    pub trusted_proxies: Vec<String>,
    /// The file of keys, where callers have to say who they are: each request is then signed as AWS's clients sign
    /// it. Without one, whoever reaches the host may do everything.
    pub keys: Option<PathBuf>,
    /// How asynchronous events are retried, and where messages about them go.
    pub events: EventsConfig,
    /// Whether guests may send HTTP requests to everybody, private addresses included, and it is noted
    /// which rules they would need. For trusted functions only.
    pub learn_http: bool,
    /// Folders of this machine that functions may ask for, by name. They are opened when the host starts.
    pub folders: Vec<HostFolder>,
    /// Secrets that functions may refer to, by name. They are read when the host starts.
    pub secrets: Vec<HostSecret>,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            account: Account::default(),
            storage: Storage::default(),
            data_bytes_max: None,
            compile: CompileIsolation::InProcess,
            interfaces: Interfaces::default(),
            trust_artifacts: false,
            concurrency_max: limits::CONCURRENT_INVOCATIONS_MAX,
            open_function_urls: false,
            host_names: Vec::new(),
            trusted_proxies: Vec::new(),
            keys: None,
            events: EventsConfig::default(),
            learn_http: false,
            folders: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

impl HostConfig {
    /// Adds an interface that functions may import, such as `acme:text/dictionary@1.0.0`, in the place of
    /// another of that name.
    ///
    /// The name is what a component's import says, version included. The namespaces `wasi:` and `sparkler:`
    /// belong to the host. Whether a component's idea of a function is that of this program is checked when
    /// it is loaded.
    ///
    /// With interfaces of its own, a host compiles in its own process: the process that it would start for
    /// that knows none of this one's functions. Then nothing bounds what the compiler uses; where components
    /// come from strangers, compile them elsewhere first, as the guide to embedding shows.
    ///
    /// ```
    /// use sparkler::{Caller, HostConfig};
    ///
    /// let config = HostConfig::default().with_interface("acme:text/dictionary@1.0.0", |dictionary| {
    ///     dictionary.function("lookup", |caller: &Caller, (word,): (String,)| {
    ///         caller.log(&format!("{} looks up {word}", caller.function()));
    ///         Ok((word.len() as u32,))
    ///     });
    /// });
    /// ```
    #[must_use]
    pub fn with_interface(mut self, name: &str, define: impl FnOnce(&mut Interface)) -> Self {
        let mut interface = Interface::default();
        define(&mut interface);
        self.interfaces.insert(name, interface);
        self
    }

    fn check(&self) -> Result<(), StartError> {
        self.interfaces.check().map_err(start_error)?;
        if let Some(bytes) = self
            .data_bytes_max
            .filter(|bytes| *bytes < limits::DATA_BYTES_MIN)
        {
            return Err(StartError(format!(
                "a data directory cannot work with {bytes} bytes: give it {} at least",
                limits::DATA_BYTES_MIN
            )));
        }
        let compiles_elsewhere = matches!(self.compile, CompileIsolation::Child { .. });
        match compiles_elsewhere && !self.interfaces.is_empty() {
            true => Err(StartError(
                "a host with interfaces of its own compiles in its own process, since another process knows \
                 none of its functions: set `compile` to `CompileIsolation::InProcess`"
                    .into(),
            )),
            false => Ok(()),
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
    guests: Arc<Sandboxes>,
    invoker: Arc<Invoker<Sandboxes>>,
    deployer: Arc<Deployer<Sandboxes>>,
    logs: Arc<LogKeeper>,
    provisioner: Arc<Provisioner<Sandboxes>>,
    events: Events<Sandboxes>,
    #[cfg(feature = "server")]
    serving: serving::Serving,
}

impl Host {
    /// Opens the storage, starts the engine, takes up what an earlier run left unfinished.
    ///
    /// # Errors
    /// When the data directory is in use, unwritable or damaged, or the engine cannot start.
    pub async fn start(config: HostConfig) -> Result<Self, StartError> {
        Self::start_in(config, None).await
    }

    /// Starts, with a place for the temporary files of functions that was made before.
    async fn start_in(config: HostConfig, tmp: Option<TmpFolders>) -> Result<Self, StartError> {
        config.check()?;
        let parts = Opened::of(&config, tmp).map_err(start_error)?;
        let stores = parts.stores;
        let catalog = Catalog::open(stores.journal, &config.account.owner()).await;
        let catalog = Arc::new(catalog.map_err(start_error)?);
        #[cfg(feature = "storage")]
        if let Some(data_dir) = parts.data_dir {
            data_dir.move_on().map_err(start_error)?;
        }
        #[cfg(feature = "server")]
        let serving = serving::Serving::of(&catalog, &config).await?;
        let components: Arc<dyn ComponentSource> =
            Arc::new(StoredComponents(Arc::clone(&stores.content)));
        // What a crash left behind, between an artifact and the change that would have used it.
        parts
            .artifacts
            .retain_components(|component| catalog.uses_component(component))
            .map_err(start_error)?;
        let sandboxes = Sandboxes::start(SandboxesConfig {
            account: config.account.clone(),
            concurrency_max: config.concurrency_max,
            isolation: config.compile,
            interfaces: config.interfaces,
            trusts_artifacts: config.trust_artifacts,
            artifacts: parts.artifacts,
            components,
            learn_http: config.learn_http,
            tmp: parts.tmp,
            data_memory_bytes: parts.memory_bytes,
            folders: config.folders,
            secrets: config.secrets,
        })
        .map_err(start_error)?;
        let guests = Arc::new(sandboxes);
        #[cfg(feature = "server")]
        let serving = serving.within(guests.memory().left_bytes);
        let deployer = Arc::new(Deployer::new(
            config.account.clone(),
            Arc::clone(&catalog),
            stores.content,
            stores.leases,
            Arc::clone(&guests),
        ));
        let initialized = Arc::clone(&parts.logs);
        deployer.observe_initializations(move |report| initialized.keep(log_entry(&report)));
        deployer.recover().await.map_err(start_error)?;
        let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
        let gate = Gate::new(config.concurrency_max);
        let invoker = Arc::new(Invoker::new(
            config.account.clone(),
            Arc::clone(&catalog),
            Arc::clone(&guests),
            gate,
            Arc::clone(&parts.logs),
        ));
        let events = Events::start(EventsParts {
            account: config.account.clone(),
            catalog,
            invoker: Arc::clone(&invoker),
            log: stores.events,
            concurrency_max: config.concurrency_max,
            config: config.events,
            clock: Arc::new(SystemClock::default()),
        });
        Ok(Self {
            account: config.account,
            guests,
            invoker,
            deployer,
            logs: parts.logs,
            provisioner,
            events,
            #[cfg(feature = "server")]
            serving,
        })
    }

    /// Takes no more work, and returns when what runs has ended and its logs are written. Asynchronous events
    /// that wait stay where they are kept.
    pub async fn close(&self) {
        self.events.stop();
        self.invoker.drain().await;
        self.events.drained().await;
        let logs = Arc::clone(&self.logs);
        // The last lines are written before the process may end.
        if let Err(error) = tokio::task::spawn_blocking(move || logs.flush()).await {
            tracing::error!(%error, "the last logs could not be written");
        }
    }

    /// Creates, changes and deletes functions.
    pub(crate) fn deployer(&self) -> &Arc<Deployer<Sandboxes>> {
        &self.deployer
    }

    /// What functions wrote.
    pub(crate) fn logs(&self) -> &Arc<LogKeeper> {
        &self.logs
    }

    /// Asynchronous events.
    pub(crate) fn events(&self) -> &Events<Sandboxes> {
        &self.events
    }

    /// Keeps sandboxes ready.
    pub(crate) fn provisioner(&self) -> &Arc<Provisioner<Sandboxes>> {
        &self.provisioner
    }

    /// Runs functions.
    pub(crate) fn invoker(&self) -> &Arc<Invoker<Sandboxes>> {
        &self.invoker
    }

    /// What functions run in.
    pub(crate) fn guests(&self) -> &Arc<Sandboxes> {
        &self.guests
    }

    /// The rules for HTTP requests that functions need, by function, where
    /// [`HostConfig::learn_http`] asks for them.
    pub fn learned_http(&self) -> Vec<(FunctionName, Vec<String>)> {
        self.guests.learned_http()
    }

    /// The account and region that this host plays.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// The initialization of a version, as its log tells it.
fn log_entry(report: &InitReport) -> Entry {
    let InitReport {
        version,
        started,
        initialized,
    } = report;
    let (status, remark) = match &initialized.outcome {
        InitOutcome::Taken(_) => (Ending::Success, None),
        InitOutcome::Impossible(reason) => (Ending::Success, Some(reason.as_str())),
        InitOutcome::Failed(failure) => match failure.cause {
            InitCause::TimedOut => (Ending::Timeout, Some(failure.reason.as_str())),
            InitCause::OutOfMemory | InitCause::Failed => {
                (Ending::Error, Some(failure.reason.as_str()))
            }
        },
    };
    let rendered = render_initialization(&Initialization {
        version,
        started: *started,
        duration: initialized.duration,
        log: &initialized.log,
        status,
        remark,
    });
    Entry {
        version: Arc::clone(version),
        started: *started,
        ended: rendered.ended,
        text: rendered.text,
        head_bytes: rendered.head_bytes,
    }
}

fn start_error(error: impl std::fmt::Display) -> StartError {
    StartError(error.to_string())
}
