//! What a host says over HTTP.

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{Host, HostConfig, StartError, start_error};
use crate::catalog::Catalog;
use crate::contract::server::Neighbours;
use crate::contract::{
    self, AnswerDate, Api, ConnectionThreads, DownloadKey, ExpectedAnswers, Handshakes, HostNames,
    LogReads, Peers, RequestCounts, Tls, TlsConfig, TrustedProxies,
};
use crate::domain::Digest;
use crate::identity::Identities;
use crate::limits::KEYS_LOOK_INTERVAL;
use crate::sandbox::{ENGINE_VERSION, Sandboxes};

/// The name of the secret that signs addresses of packages: one that a host made is good at its neighbour.
const DOWNLOAD_SECRET: &str = "downloads";

/// What a host knows for its API alone.
#[derive(Clone)]
pub(super) struct Serving {
    downloads: DownloadKey,
    host_names: HostNames,
    proxies: TrustedProxies,
    peers: Arc<Peers>,
    open_function_urls: bool,
    identities: Option<Arc<Identities>>,
    tls: Option<Arc<Tls>>,
}

impl Serving {
    pub(super) async fn of(catalog: &Catalog, config: &HostConfig) -> Result<Self, StartError> {
        let secret = catalog.secret(DOWNLOAD_SECRET).await.map_err(start_error)?;
        Ok(Self {
            downloads: DownloadKey::new(secret),
            host_names: HostNames::of(&config.host_names).map_err(start_error)?,
            peers: Arc::default(),
            proxies: TrustedProxies::of(&config.trusted_proxies).map_err(start_error)?,
            open_function_urls: config.open_function_urls,
            identities: config.keys.as_deref().map(known).transpose()?,
            tls: config.tls.clone().map(spoken).transpose()?,
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

impl Serving {
    /// Where connections are encrypted, if they are.
    fn handshakes(&self) -> io::Result<Option<Arc<Handshakes>>> {
        let tls = self.tls.clone();
        let started = tls.map(|tls| Handshakes::start(tls, Arc::clone(&self.peers)));
        Ok(started.transpose()?.map(Arc::new))
    }
}

fn no_threads(error: io::Error) -> StartError {
    start_error(format!(
        "the threads that serve connections could not be started: {error}"
    ))
}

/// Those whom the file of keys names, which is looked at again and again for as long as they are asked for.
fn known(path: &Path) -> Result<Arc<Identities>, StartError> {
    let identities = Identities::open(path.to_owned(), contract::preset).map_err(start_error)?;
    Ok(looked_at(identities, Identities::look))
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
        let door = contract::door(self.api());
        let answerer = |caller: &_| {
            let door = door.of(caller);
            move |request| door.clone().answer(request)
        };
        let neighbours = Neighbours {
            threads: &threads,
            peers: &self.serving.peers,
            proxies: &self.serving.proxies,
            tls: tls.as_ref(),
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
