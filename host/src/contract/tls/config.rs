//! Which files TLS is spoken with.

use std::path::PathBuf;

use crate::owner_files::folders_of;

/// How a host speaks TLS: with files in PEM. They are looked at again while it runs; when they change, connections that
/// are made from then on get the new ones.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// The host's certificate, with those that stand between it and the authority which clients trust.
    pub certificate: PathBuf,
    /// Its key, a file that nobody but its owner may read.
    pub key: PathBuf,
    /// Authorities of which one has to vouch for the certificate that each client shows. Without, clients are asked for
    /// none.
    pub client_authorities: Option<PathBuf>,
}

impl TlsConfig {
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.certificate, &self.key]
            .into_iter()
            .chain(&self.client_authorities)
    }

    /// The folders of its files: others may take their places by renaming.
    pub(crate) fn needs(&self) -> impl Iterator<Item = PathBuf> {
        self.files().flat_map(|path| folders_of(path))
    }
}
