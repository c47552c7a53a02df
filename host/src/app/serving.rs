//! What a host says over HTTP.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{Host, HostConfig, StartError, start_error};
use crate::catalog::Catalog;
use crate::contract::server::Neighbours;
use crate::contract::{
    self, AnswerDate, Api, ConnectionThreads, DownloadKey, ExpectedAnswers, HostNames, LogReads,
    Peers, RequestCounts, TrustedProxies,
};
use crate::domain::Digest;
use crate::identity::{Identities, SessionSecret};
use crate::limits::KEYS_LOOK_INTERVAL;
use crate::sandbox::{ENGINE_VERSION, Sandboxes};

/// The name of the secret that signs addresses of packages: one that a host made is good at its neighbour.
const DOWNLOAD_SECRET: &str = "downloads";

/// The name of the secret that seals sessions: one that was begun at a host is good at its neighbour, and after it was
/// started again.
const SESSION_SECRET: &str = "sessions";

/// What a host knows for its API alone.
#[derive(Clone)]
pub(super) struct Serving {
    downloads: DownloadKey,
    host_names: HostNames,
    proxies: TrustedProxies,
    peers: Arc<Peers>,
    open_function_urls: bool,
    identities: Option<Arc<Identities>>,
}

impl Serving {
    pub(super) async fn of(catalog: &Catalog, config: &HostConfig) -> Result<Self, StartError> {
        let secret = catalog.secret(DOWNLOAD_SECRET).await.map_err(start_error)?;
        let identities = match &config.keys {
            Some(path) => {
                let secret = catalog.secret(SESSION_SECRET).await.map_err(start_error)?;
                Some(known(path, SessionSecret::new(secret))?)
            }
            None => None,
        };
        Ok(Self {
            downloads: DownloadKey::new(secret),
            host_names: HostNames::of(&config.host_names).map_err(start_error)?,
            peers: Arc::default(),
            proxies: TrustedProxies::of(&config.trusted_proxies).map_err(start_error)?,
            open_function_urls: config.open_function_urls,
            identities,
        })
    }

    /// The same, of a host for which its guests leave so much memory.
    pub(super) fn within(self, memory_bytes: u64) -> Self {
        Self {
            peers: Arc::new(Peers::sharing(memory_bytes)),
            ..self
        }
    }
}

/// Those whom the file of keys names, which is looked at again and again for as long as they are asked for.
fn known(path: &Path, secret: SessionSecret) -> Result<Arc<Identities>, StartError> {
    let identities = Identities::open(path.to_owned(), contract::preset, secret);
    let identities = Arc::new(identities.map_err(start_error)?);
    let watched = Arc::downgrade(&identities);
    tokio::spawn(async move {
        let mut looks = tokio::time::interval(KEYS_LOOK_INTERVAL);
        loop {
            looks.tick().await;
            let Some(identities) = watched.upgrade() else {
                return;
            };
            let looked = tokio::task::spawn_blocking(move || identities.look());
            if let Err(error) = looked.await {
                tracing::error!(%error, "the file of keys could not be looked at");
            }
        }
    });
    Ok(identities)
}

impl Host {
    /// Serves the Lambda API and function URLs on `listener` until `shutdown` completes; then takes no
    /// more work, and returns when what runs has ended. Asynchronous events that wait stay where they
    /// are kept.
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
        let threads = ConnectionThreads::start().map_err(|error| {
            start_error(format!(
                "the threads that serve connections could not be started: {error}"
            ))
        })?;
        let door = contract::door(self.api());
        let answerer = |caller: &_| {
            let door = door.of(caller);
            move |request| door.clone().answer(request)
        };
        let neighbours = Neighbours {
            threads: &threads,
            peers: &self.serving.peers,
            proxies: &self.serving.proxies,
            date: &Arc::new(AnswerDate::default()),
            requests: door.requests(),
        };
        contract::server::serve(listener, neighbours, answerer, shutdown).await;
        // What was begun on the threads ends there, also where its caller has left.
        self.close().await;
        Ok(())
    }

    /// Reads the file of keys again, as it is done anyway a second after it has changed. Where that fails, all stays as it
    /// was, and the log says why.
    pub fn reload_keys(&self) {
        if let Some(identities) = &self.serving.identities {
            identities.reload();
        }
    }

    /// The Lambda API and function URLs, for a server of your own. Functions are told who is connected
    /// where your server adds [`ConnectInfo`](axum::extract::ConnectInfo) to the requests.
    pub fn router(&self) -> axum::Router {
        contract::router(self.api())
    }

    pub(super) fn api(&self) -> Api<Sandboxes> {
        Api {
            account: self.account.clone(),
            catalog: Arc::clone(self.deployer.catalog()),
            invoker: Arc::clone(&self.invoker),
            events: self.events.clone(),
            deployer: Arc::clone(&self.deployer),
            logs: Arc::clone(&self.logs),
            provisioner: Arc::clone(&self.provisioner),
            engine: Digest::of(ENGINE_VERSION.as_bytes()),
            downloads: self.serving.downloads.clone(),
            proxies: self.serving.proxies.clone(),
            peers: Arc::clone(&self.serving.peers),
            answers: ExpectedAnswers::default(),
            log_reads: LogReads::default(),
            requests: RequestCounts::default(),
            jail: jail(),
            host_names: self.serving.host_names.clone(),
            open_function_urls: self.serving.open_function_urls,
            identities: self.serving.identities.clone(),
        }
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
