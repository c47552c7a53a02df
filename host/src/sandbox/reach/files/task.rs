//! The package of a function, which its guests read at `/var/task`.
//!
//! Nothing of it lies in a file system: a file is unpacked when it is opened, into memory that counts for its guest, so
//! no name of a package is ever one of the host's.

use std::io;
use std::sync::{Arc, OnceLock};

use rustix::io::Errno;

use crate::package::{SourceEntry, Sources};

/// The package of a function.
pub(in crate::sandbox) struct Task {
    sources: OnceLock<Arc<Sources>>,
    load: Option<Box<dyn Fn() -> io::Result<Arc<Sources>> + Send + Sync>>,
}

/// What a path is, from the package's own folder on.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) entry: SourceEntry,
}

impl Task {
    #[cfg(any(test, feature = "compiler"))]
    pub(super) fn of(sources: Sources) -> Self {
        Self {
            sources: Arc::new(sources).into(),
            load: None,
        }
    }

    pub(super) fn from(
        load: impl Fn() -> io::Result<Arc<Sources>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            sources: OnceLock::new(),
            load: Some(Box::new(load)),
        }
    }

    /// The files. Blocks where they were not looked at before.
    pub(super) fn sources(&self) -> io::Result<&Arc<Sources>> {
        if let (None, Some(load)) = (self.sources.get(), &self.load) {
            let loaded = load()?;
            // Others may have loaded the same meanwhile.
            let _ = self.sources.set(loaded);
        }
        Ok(self.sources.get().ok_or(Errno::IO)?)
    }

    /// What there is at `path`, which begins in `folder`. There are no links, so that names alone say where it leads.
    pub(super) fn find(&self, folder: &str, path: &str) -> io::Result<Found> {
        let sources = self.sources()?;
        if path.starts_with('/') {
            return Err(Errno::PERM.into());
        }
        let mut at = folder.to_owned();
        let mut entry = entry(sources, &at)?;
        for part in path.split('/') {
            if part.is_empty() || part == "." {
                continue;
            }
            if !matches!(entry, SourceEntry::Folder { .. }) {
                return Err(Errno::NOTDIR.into());
            }
            if part == ".." {
                if at.is_empty() {
                    return Err(Errno::PERM.into());
                }
                at.truncate(at.rfind('/').unwrap_or_default());
            } else {
                if !at.is_empty() {
                    at.push('/');
                }
                at.push_str(part);
            }
            entry = self::entry(sources, &at)?;
        }
        let names_folder = path.ends_with('/');
        match entry {
            SourceEntry::File { .. } if names_folder => Err(Errno::NOTDIR.into()),
            entry => Ok(Found { path: at, entry }),
        }
    }
}

fn entry(sources: &Sources, path: &str) -> io::Result<SourceEntry> {
    Ok(sources.entry(path).ok_or(Errno::NOENT)?)
}
