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
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::charge::Charge;
use crate::sandbox::vitals::Vitals;

/// The files of one guest, made when it first asks which folders there are.
pub(in crate::sandbox) struct GuestFiles {
    host: Arc<HostFiles>,
    /// What is held for them comes out of that.
    budget: Arc<Budget>,
    tmp: Arc<Mount>,
    open: AtomicUsize,
}

impl GuestFiles {
    /// Nothing is open, and there is no folder for `/tmp` before it is used.
    pub(in crate::sandbox) fn new(
        host: &Arc<HostFiles>,
        vitals: &Arc<Vitals>,
        tmp_bytes_max: u64,
    ) -> Arc<Self> {
        let budget = vitals.budget();
        let bound = Amount {
            bytes: tmp_bytes_max,
            entries: limits::TMP_ENTRIES_MAX,
        };
        Arc::new(Self {
            host: Arc::clone(host),
            budget: Arc::clone(budget),
            tmp: Arc::new(match &host.tmp {
                Some(_) => Mount::Tmp(Tmp::new(host, bound)),
                None => Mount::Noted(Arc::clone(vitals)),
            }),
            open: AtomicUsize::new(0),
        })
    }

    pub(super) fn tmp(&self) -> &Arc<Mount> {
        &self.tmp
    }

    pub(super) fn host(&self) -> &HostFiles {
        &self.host
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    pub(super) fn elsewhere(&self) -> &Handle {
        &self.host.elsewhere
    }
}

/// The right to hold one more thing open, given back when it is dropped.
pub(super) struct OpenPlace {
    guest: Arc<GuestFiles>,
    /// What the system keeps for it.
    _charge: Charge,
}

impl OpenPlace {
    /// # Errors
    /// Where the guest, or all of them, hold as much open as they may and no idle one gives way, or where there is no
    /// memory left for it.
    pub(super) fn take(guest: &Arc<GuestFiles>) -> io::Result<Self> {
        let charge = Charge::take(&guest.budget, limits::GUEST_FILE_BYTES);
        let charge = charge.map_err(|_| Errno::NOMEM)?;
        if !take_one(&guest.open, limits::GUEST_FILES_OPEN_MAX) {
            return Err(Errno::MFILE.into());
        }
        while !take_one(&guest.host.open, guest.host.open_max) {
            if !guest.host.give_way() {
                guest.open.fetch_sub(1, Ordering::Relaxed);
                return Err(Errno::NFILE.into());
            }
        }
        Ok(Self {
            guest: Arc::clone(guest),
            _charge: charge,
        })
    }

    pub(super) fn guest(&self) -> &Arc<GuestFiles> {
        &self.guest
    }
}

/// Counts one more, unless there are so many.
fn take_one(count: &AtomicUsize, most: usize) -> bool {
    let fits = count.fetch_add(1, Ordering::Relaxed) < most;
    if !fits {
        count.fetch_sub(1, Ordering::Relaxed);
    }
    fits
}

impl Drop for OpenPlace {
    fn drop(&mut self) {
        self.guest.open.fetch_sub(1, Ordering::Relaxed);
        self.guest.host.open.fetch_sub(1, Ordering::Relaxed);
    }
}
