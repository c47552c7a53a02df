//! The one place where the parts are put together: configuration → host → serve → drain.

#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod stages;
mod accounts;
mod in_account;
#[cfg(feature = "storage")]
mod in_data_dir;
#[cfg(feature = "jail")]
pub(crate) mod prepared;
#[cfg(feature = "server")]
mod serving;
mod stores;

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalog::{Catalog, Journal, SealedJournal};
#[cfg(feature = "server")]
use crate::contract::TlsConfig;
use crate::deployer::{ComponentSource, Deployer, StoredComponents};
use crate::domain::{Account, FunctionName, HostFolder, HostSecret};
use crate::events::{Events, EventsConfig};
use crate::invoker::{Invoker, Provisioner};
use crate::limits;
use crate::logs::LogKeeper;
use crate::runtimes::Runtimes;
use crate::sandbox::{CompileIsolation, Interface, Interfaces, Sandboxes, SandboxesConfig};
use crate::sealing::MasterKey;
use crate::storage::TmpFolders;
use accounts::HostAccounts;
use in_account::{InAccount, Shared};
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
    /// The key under which what is kept of functions is sealed, their variables among it, and under which secrets of the
    /// file of keys may be. Without one, both are kept as they are, in files that only their owner may read.
    pub master_key: Option<MasterKey>,
    /// The certificate under which [`Host::serve`] speaks HTTPS. Without one, it speaks HTTP.
    #[cfg(feature = "server")]
    pub tls: Option<TlsConfig>,
    /// How asynchronous events are retried, and where messages about them go.
    pub events: EventsConfig,
    /// Whether guests may send HTTP requests to everybody, private addresses included, and it is noted
    /// which rules they would need. For trusted functions only.
    pub learn_http: bool,
    /// Folders of this machine that functions may ask for, by name. They are opened when the host starts.
    pub folders: Vec<HostFolder>,
    /// Secrets that functions may refer to, by name. They are read when the host starts.
    pub secrets: Vec<HostSecret>,
    /// The folder of the interpreters that run sources, which `sparkler runtimes prepare` fills. Without one, a host
    /// takes components alone.
    pub runtimes: Option<PathBuf>,
    /// Has the program's allocator give back what it keeps for the calling thread. It is called on each thread of long
    /// guests, where that is so much that guests could not have what they may.
    pub give_back_memory: Option<fn()>,
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
            master_key: None,
            #[cfg(feature = "server")]
            tls: None,
            events: EventsConfig::default(),
            learn_http: false,
            folders: Vec::new(),
            secrets: Vec::new(),
            runtimes: None,
            give_back_memory: None,
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
    accounts: Arc<HostAccounts>,
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
        let journal = match config.master_key.clone() {
            Some(key) => sealed(stores.journal, key).await?,
            None => stores.journal,
        };
        let catalog = Catalog::open(journal, &config.account.owner()).await;
        let catalog = Arc::new(catalog.map_err(start_error)?);
        #[cfg(feature = "storage")]
        if let Some(data_dir) = &parts.data_dir {
            data_dir.move_on().map_err(start_error)?;
        }
        let components: Arc<dyn ComponentSource> =
            Arc::new(StoredComponents(Arc::clone(&stores.content)));
        let runtimes = config
            .runtimes
            .clone()
            .map(Runtimes::in_folder)
            .unwrap_or_default();
        // What a crash left behind, between an artifact and the change that would have used it.
        parts
            .artifacts
            .retain_components(|component| {
                catalog.uses_component(component) || runtimes.keeps(component)
            })
            .map_err(start_error)?;
        let sandboxes = Sandboxes::start(SandboxesConfig {
            account: config.account.clone(),
            concurrency_max: config.concurrency_max,
            isolation: config.compile.clone(),
            interfaces: config.interfaces.clone(),
            trusts_artifacts: config.trust_artifacts,
            runtimes: runtimes.clone(),
            artifacts: parts.artifacts,
            components,
            learn_http: config.learn_http,
            give_back_memory: config.give_back_memory,
            tmp: parts.tmp,
            data_memory_bytes: parts.memory_bytes,
            folders: config.folders.clone(),
            secrets: config.secrets.clone(),
        })
        .map_err(start_error)?;
        let guests = Arc::new(sandboxes);
        let deployer = Deployer::new(
            config.account.clone(),
            Arc::clone(&catalog),
            stores.content,
            stores.leases,
            Arc::clone(&guests),
        );
        let shared = Shared {
            events: stores.events,
            events_config: config.events.clone(),
            concurrency_max: config.concurrency_max,
            #[cfg(feature = "storage")]
            data_dir: parts.data_dir,
        };
        let account = config.account.clone();
        let own = InAccount::start(
            account,
            &shared,
            deployer,
            guests,
            parts.logs,
            config.events.clone(),
        );
        own.deployer.recover().await.map_err(start_error)?;
        let accounts = Arc::new(HostAccounts::new(own, shared));
        Ok(Self {
            #[cfg(feature = "server")]
            serving: serving::Serving::start(&accounts, &config).await?,
            accounts,
        })
    }

    /// Takes no more work, and returns when what runs has ended and its logs are written. Asynchronous events
    /// that wait stay where they are kept.
    pub async fn close(&self) {
        self.accounts.close().await;
        #[cfg(feature = "server")]
        self.serving.api.refusals.flush().await;
    }

    /// Creates, changes and deletes functions.
    pub(crate) fn deployer(&self) -> &Arc<Deployer<Sandboxes>> {
        &self.accounts.own.deployer
    }

    /// What functions wrote.
    pub(crate) fn logs(&self) -> &Arc<LogKeeper> {
        &self.accounts.own.logs
    }

    /// Asynchronous events.
    pub(crate) fn events(&self) -> &Events<Sandboxes> {
        &self.accounts.own.events
    }

    /// Keeps sandboxes ready.
    pub(crate) fn provisioner(&self) -> &Arc<Provisioner<Sandboxes>> {
        &self.accounts.own.provisioner
    }

    /// Runs functions.
    pub(crate) fn invoker(&self) -> &Arc<Invoker<Sandboxes>> {
        &self.accounts.own.invoker
    }

    /// What functions run in.
    pub(crate) fn guests(&self) -> &Arc<Sandboxes> {
        &self.accounts.own.guests
    }

    /// The rules for HTTP requests that functions need, by function, where
    /// [`HostConfig::learn_http`] asks for them.
    pub fn learned_http(&self) -> Vec<(FunctionName, Vec<String>)> {
        self.accounts.own.guests.learned_http()
    }

    /// The account and region that this host plays.
    pub fn account(&self) -> &Account {
        &self.accounts.own.account
    }
}

async fn sealed(journal: Arc<dyn Journal>, key: MasterKey) -> Result<Arc<dyn Journal>, StartError> {
    let sealed = SealedJournal::open(journal, Arc::new(key)).await;
    Ok(Arc::new(sealed.map_err(start_error)?))
}

fn start_error(error: impl std::fmt::Display) -> StartError {
    StartError(error.to_string())
}
