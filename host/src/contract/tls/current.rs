//! TLS as the files have it now: they are read again when they change.

use std::sync::Arc;

use rustls::ServerConfig;

use super::config::TlsConfig;
use super::files;
use crate::domain::{Lock, SharedLock};
use crate::owner_files::{Stamps, are_outdated};

/// Why TLS cannot be spoken with these files.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be spoken: {reason}")]
pub(crate) struct TlsError {
    reason: String,
    /// The files that were tried.
    files: Stamps,
}

/// TLS as the files have it now.
pub(crate) struct Tls {
    named: TlsConfig,
    current: SharedLock<Arc<Current>>,
    /// One at a time reads the files.
    reading: Lock<()>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// The files that it was made of; or later ones that nothing could be made of, which are tried again when one of
    /// them changes.
    files: Stamps,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Where one of them cannot be read, is damaged, or does not fit the others.
    pub(crate) fn open(named: TlsConfig) -> Result<Self, TlsError> {
        let current = Current::read(&named)?;
        Ok(Self {
            named,
            current: SharedLock::new(Arc::new(current)),
            reading: Lock::default(),
        })
    }

    /// What connections that are made now get.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().config)
    }

    /// Reads the files again where they have changed.
    pub(crate) fn look(&self) {
        let current = Arc::clone(&self.current.read());
        if are_outdated(&current.files) {
            self.reload();
        }
    }

    /// Reads the files again. Where that fails, all stays as it was, and the log says why.
    pub(crate) fn reload(&self) {
        let _reading = self.reading.lock();
        let next = match Current::read(&self.named) {
            Ok(next) => {
                tracing::info!("the certificate for TLS was read again");
                next
            }
            Err(error) => {
                tracing::error!(%error, "the certificate for TLS stays as it was");
                Current {
                    config: self.config(),
                    files: error.files,
                }
            }
        };
        *self.current.write() = Arc::new(next);
    }
}

impl Current {
    fn read(named: &TlsConfig) -> Result<Self, TlsError> {
        let mut files = Stamps::new();
        match files::read(named, &mut files) {
            Ok(config) => Ok(Self {
                config: Arc::new(config),
                files,
            }),
            Err(reason) => Err(TlsError { reason, files }),
        }
    }
}
