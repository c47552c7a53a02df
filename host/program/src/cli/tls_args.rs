//! How a server is encrypted: the options for that.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use sparkler::TlsConfig;

use super::output;

/// Options of TLS.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Serve HTTPS with this certificate, a file in PEM that begins with the host's own and goes on with those
    /// between it and its authority. It is read again when it changes
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_TLS_CERT",
        help_heading = "HTTPS",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,

    /// The certificate's key, in PEM, which nobody but the file's owner may read
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_TLS_KEY",
        help_heading = "HTTPS",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,

    /// Serve only clients that show a certificate for which one of these authorities vouches, and tell function URLs
    /// who they are
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_TLS_CLIENT_CA",
        help_heading = "HTTPS",
        requires = "tls_cert"
    )]
    tls_client_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// What the host is told of it.
    pub(super) fn config(&self) -> Option<TlsConfig> {
        Some(TlsConfig {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
            client_authorities: self.tls_client_ca.clone(),
        })
    }

    /// What an address of the server begins with.
    pub(super) fn scheme(&self) -> &'static str {
        match &self.tls_cert {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Says what others can read on the way to an address like this one.
    pub(super) fn warn(&self, address: SocketAddr) {
        if self.tls_cert.is_none() && !address.ip().is_loopback() {
            output::warning(&format!(
                "{address} is served without encryption: whoever is on the way can read requests, answers and \
                 signatures. Name a certificate with --tls-cert and --tls-key, or have a proxy on this machine encrypt."
            ));
        }
    }
}
