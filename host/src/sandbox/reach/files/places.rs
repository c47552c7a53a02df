//! What one guest holds open, counted: each is a descriptor of the host's process or a buffer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use tokio::runtime::Handle;

use super::host_files::HostFiles;
use super::mount::Mount;
use super::tmp::Tmp;
use super::tmp_space::Amount;
use crate::limits;

/// The files of one guest, made when it first asks which folders there are.
pub(in crate::sandbox) struct GuestFiles {
    host: Arc<HostFiles>,
    tmp: Arc<Mount>,
    open: AtomicUsize,
}

impl GuestFiles {
    /// Nothing is open, and there is no folder for `/tmp` before it is used.
    pub(in crate::sandbox) fn new(host: &Arc<HostFiles>, tmp_bytes_max: u64) -> Arc<Self> {
        let bound = Amount {
            bytes: tmp_bytes_max,
            entries: limits::TMP_ENTRIES_MAX,
        };
        Arc::new(Self {
            host: Arc::clone(host),
            tmp: Arc::new(Mount::Tmp(Tmp::new(host, bound))),
            open: AtomicUsize::new(0),
        })
    }

    pub(super) fn tmp(&self) -> &Arc<Mount> {
        &self.tmp
    }

    pub(super) fn host(&self) -> &HostFiles {
        &self.host
    }

    pub(super) fn elsewhere(&self) -> &Handle {
        &self.host.elsewhere
    }
}

/// The right to hold one more thing open, given back when it is dropped.
pub(super) struct OpenPlace(Arc<GuestFiles>);

impl OpenPlace {
    /// # Errors
    /// Where the guest, or all of them, hold as much open as they may.
    pub(super) fn take(guest: &Arc<GuestFiles>) -> io::Result<Self> {
        let taken = Self(Arc::clone(guest));
        let of_guest = guest.open.fetch_add(1, Ordering::Relaxed);
        let of_all = guest.host.open.fetch_add(1, Ordering::Relaxed);
        if of_guest >= limits::GUEST_FILES_OPEN_MAX {
            return Err(Errno::MFILE.into());
        }
        if of_all >= guest.host.open_max {
            return Err(Errno::NFILE.into());
        }
        Ok(taken)
    }

    pub(super) fn guest(&self) -> &Arc<GuestFiles> {
        &self.0
    }
}

impl Drop for OpenPlace {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.host.open.fetch_sub(1, Ordering::Relaxed);
    }
}
