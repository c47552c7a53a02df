//! What a host says over HTTP.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Arc, Weak};

use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::accounts::HostAccounts;
use super::in_account::InAccount;
use super::{Host, HostConfig, StartError, start_error};
use crate::contract::server::Neighbours;
use crate::contract::{
    self, Accounts, AnswerDate, Api, ConnectionThreads, DownloadKey, ExpectedAnswers, Handshakes,
    HostApi, HostNames, LogReads, Peers, RefusalLog, RequestCounts, Tls, TlsConfig, TrustedProxies,
};
use crate::domain::{AccountId, Digest};
use crate::identity::{Identities, SessionSecret, StatedQuotas};
use crate::invoker::RunGuest as _;
use crate::limits::KEYS_LOOK_INTERVAL;
use crate::sandbox::{ENGINE_VERSION, Sandboxes};
use crate::sealing::MasterKey;

/// The name of the secret that signs addresses of packages: one that a host made is good at its neighbour.
const DOWNLOAD_SECRET: &str = "downloads";

/// The name of the secret that seals sessions: one that was begun at a host is good at its neighbour, and after it was
/// started again.
const SESSION_SECRET: &str = "sessions";

/// What a host knows for its API alone.
#[derive(Clone)]
pub(super) struct Serving {
    accounts: Arc<Accounts<Sandboxes>>,
    pub(super) api: Arc<HostApi>,
    tls: Option<Arc<Tls>>,
}

impl Serving {
    /// Makes ready what is served, with all accounts that have functions or keys.
    pub(super) async fn start(
        host: &Arc<HostAccounts>,
        config: &HostConfig,
    ) -> Result<Self, StartError> {
        let own = &host.own;
        let catalog = own.catalog();
        let secret = catalog.secret(DOWNLOAD_SECRET).await.map_err(start_error)?;
        let left_bytes = own.guests.memory().left_bytes;
        let identities = match &config.keys {
            Some(path) => {
                let secret = catalog.secret(SESSION_SECRET).await.map_err(start_error)?;
                let master_key = config.master_key.clone();
                Some(known(path, SessionSecret::new(secret), master_key)?)
            }
            None => None,
        };
        let api = Arc::new(HostApi {
            engine: Digest::of(ENGINE_VERSION.as_bytes()),
            downloads: DownloadKey::new(secret),
            proxies: TrustedProxies::of(&config.trusted_proxies).map_err(start_error)?,
            identities,
            peers: Arc::new(Peers::sharing(left_bytes)),
            answers: ExpectedAnswers::default(),
            log_reads: LogReads::default(),
            refusals: RefusalLog::start(catalog.audit_log()),
            requests: RequestCounts::default(),
            jail: jail(),
            host_names: HostNames::of(&config.host_names).map_err(start_error)?,
            open_function_urls: config.open_function_urls,
        });
        let accounts = Arc::new(Accounts::of(api_of(own, &api)));
        let identities = api.identities.as_ref();
        let named = identities.map_or_else(BTreeMap::new, |identities| identities.accounts());
        let opening = Opening {
            host: Arc::downgrade(host),
            accounts: Arc::downgrade(&accounts),
            api: Arc::downgrade(&api),
            runtime: Handle::current(),
        };
        opening.open(&named, catalog.accounts().into_iter().collect());
        if let Some(identities) = &api.identities {
            identities.open_accounts_by(move |named| opening.open(&named, Vec::new()));
        }
        Ok(Self {
            accounts,
            api,
            tls: config.tls.clone().map(spoken).transpose()?,
        })
    }
}

/// Makes accounts ready to be served. It holds none of what it works on: whoever drops a host finds all of it gone.
struct Opening {
    host: Weak<HostAccounts>,
    accounts: Weak<Accounts<Sandboxes>>,
    api: Weak<HostApi>,
    runtime: Handle,
}

impl Opening {
    fn open(&self, named: &BTreeMap<AccountId, StatedQuotas>, unnamed: Vec<AccountId>) {
        let parts = (
            self.host.upgrade(),
            self.accounts.upgrade(),
            self.api.upgrade(),
        );
        let (Some(host), Some(accounts), Some(api)) = parts else {
            return;
        };
        let _in_runtime = self.runtime.enter();
        for account in host.start(named, unnamed) {
            accounts.add(api_of(&account, &api));
        }
    }
}

fn api_of(account: &InAccount, host: &Arc<HostApi>) -> Api<Sandboxes> {
    Api {
        account: account.account.clone(),
        catalog: Arc::clone(account.catalog()),
        invoker: Arc::clone(&account.invoker),
        events: account.events.clone(),
        deployer: Arc::clone(&account.deployer),
        logs: Arc::clone(&account.logs),
        provisioner: Arc::clone(&account.provisioner),
        host: Arc::clone(host),
    }
}

impl Serving {
    /// Where connections are encrypted, if they are.
    fn handshakes(&self) -> io::Result<Option<Arc<Handshakes>>> {
        let tls = self.tls.clone();
        let started = tls.map(|tls| Handshakes::start(tls, Arc::clone(&self.api.peers)));
        Ok(started.transpose()?.map(Arc::new))
    }
}

fn no_threads(error: io::Error) -> StartError {
    start_error(format!(
        "the threads that serve connections could not be started: {error}"
    ))
}

/// Those whom the file of keys names, which is looked at again and again for as long as they are asked for.
fn known(
    path: &Path,
    secret: SessionSecret,
    master_key: Option<MasterKey>,
) -> Result<Arc<Identities>, StartError> {
    let identities = Identities::open(path.to_owned(), contract::preset, secret, master_key);
    Ok(looked_at(
        identities.map_err(start_error)?,
        Identities::look,
    ))
}

/// TLS as the owner's files have it, which are looked at in the same way.
fn spoken(config: TlsConfig) -> Result<Arc<Tls>, StartError> {
    let tls = Tls::open(config).map_err(start_error)?;
    Ok(looked_at(tls, Tls::look))
}

/// Has `look` done again and again, for as long as somebody holds what is looked at.
fn looked_at<T: Send + Sync + 'static>(made_of_files: T, look: fn(&T)) -> Arc<T> {
    let held = Arc::new(made_of_files);
    let watched = Arc::downgrade(&held);
    tokio::spawn(async move {
        let mut looks = tokio::time::interval(KEYS_LOOK_INTERVAL);
        loop {
            looks.tick().await;
            let Some(held) = watched.upgrade() else {
                return;
            };
            let looked = tokio::task::spawn_blocking(move || look(&held));
            if let Err(error) = looked.await {
                tracing::error!(%error, "files of keys or certificates could not be looked at");
            }
        }
    });
    held
}

impl Host {
    /// Serves the Lambda API and function URLs on `listener` until `shutdown` completes; then takes no
    /// more work, and returns when what runs has ended. Asynchronous events that wait stay where they
    /// are kept. Where [`HostConfig::tls`] names a certificate, connections are encrypted.
    ///
    /// Connections are served on threads of their own, one for each core.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        let threads = ConnectionThreads::start().map_err(no_threads)?;
        let tls = self.serving.handshakes().map_err(no_threads)?;
        let door = contract::door(self.accounts());
        let answerer = |caller: &_| {
            let door = door.of(caller);
            move |request| door.clone().answer(request)
        };
        let neighbours = Neighbours {
            threads: &threads,
            peers: &self.serving.api.peers,
            proxies: &self.serving.api.proxies,
            tls: tls.as_ref(),
            date: &Arc::new(AnswerDate::default()),
            requests: door.requests(),
        };
        contract::server::serve(listener, neighbours, answerer, shutdown).await;
        // What was begun on the threads ends there, also where its caller has left.
        self.close().await;
        Ok(())
    }

    /// Has the file of keys read again, as it is done anyway a second after it has changed. Where that fails, all stays as
    /// it was, and the log says why.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn reload_keys(&self) {
        if let Some(identities) = &self.serving.api.identities {
            let identities = Arc::clone(identities);
            tokio::task::spawn_blocking(move || identities.reload());
        }
    }

    /// Reads the files of [`HostConfig::tls`] again, as it is done anyway a second after one of them has changed. Where
    /// that fails, all stays as it was, and the log says why.
    pub fn reload_tls(&self) {
        if let Some(tls) = &self.serving.tls {
            tls.reload();
        }
    }

    /// The Lambda API and function URLs, for a server of your own. Functions are told who is connected
    /// where your server adds [`ConnectInfo`](axum::extract::ConnectInfo) to the requests.
    pub fn router(&self) -> axum::Router {
        contract::router(self.accounts())
    }

    pub(super) fn accounts(&self) -> Arc<Accounts<Sandboxes>> {
        Arc::clone(&self.serving.accounts)
    }
}

/// What the jail confines, if there is one.
fn jail() -> Vec<(&'static str, bool)> {
    #[cfg(feature = "jail")]
    let parts = crate::jail::parts_of_this_process();
    #[cfg(not(feature = "jail"))]
    let parts = Vec::new();
    parts
}
