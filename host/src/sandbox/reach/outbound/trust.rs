//! Whom a TLS connection trusts: the roots of the system, or those that are built in where it has none.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use wasmtime_wasi_http::Error;

/// The configuration of TLS, read from the system when it is first needed.
#[derive(Default)]
pub(super) struct Trust(OnceCell<Arc<ClientConfig>>);

impl Trust {
    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let made = self.0.get_or_try_init(|| async {
            // From files, so not on a thread that serves.
            match spawn_blocking(config).await {
                Ok(Ok(config)) => Ok(Arc::new(config)),
                Ok(Err(_)) | Err(_) => Err(Error::ConfigurationError),
            }
        });
        made.await.cloned()
    }
}

fn config() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    let mut config = builder
        .with_root_certificates(roots())
        .with_no_client_auth();
    // A session that is taken up again would tell a server that two functions run on one host.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The variables `SSL_CERT_FILE` and `SSL_CERT_DIR` of the host take the place of the system's roots.
fn roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::warn!(
            errors = ?found.errors,
            "this system has no root certificates; requests of guests trust those that are built in"
        );
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
